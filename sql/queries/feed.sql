-- name: feed_ids
-- The newest evaluations with some outcomes. $1: team; $2: outcomes; $3: older than this id; $4: how many.
SELECT e.id
FROM unnest($2::text[]) AS o (outcome)
CROSS JOIN LATERAL (
    SELECT id FROM evaluations
    WHERE team_id = $1 AND outcome = o.outcome AND id < $3
    ORDER BY id DESC LIMIT $4
) AS e
ORDER BY e.id DESC LIMIT $4;

-- name: feed_ids_in_channel
-- As feed_ids, of messages in one channel. $1: team; $2: outcomes; $3: older than this id; $4: how many; $5: channel.
SELECT e.id
FROM unnest($2::text[]) AS o (outcome)
CROSS JOIN LATERAL (
    SELECT id FROM evaluations
    WHERE team_id = $1 AND channel_id = $5 AND outcome = o.outcome AND id < $3
    ORDER BY id DESC LIMIT $4
) AS e
ORDER BY e.id DESC LIMIT $4;

-- name: feed_ids_of_sop
-- As feed_ids, of one SOP. $1: team; $2: outcomes; $3: older than this id; $4: how many; $5: workflow id.
SELECT e.id
FROM unnest($2::text[]) AS o (outcome)
CROSS JOIN LATERAL (
    SELECT id FROM evaluations
    WHERE team_id = $1 AND workflow_id = $5 AND outcome = o.outcome AND id < $3
    ORDER BY id DESC LIMIT $4
) AS e
ORDER BY e.id DESC LIMIT $4;

-- name: feed_ids_of_sop_in_channel
-- As feed_ids, of one SOP for messages in one channel. $1: team; $2: outcomes; $3: older than this id; $4: how many; $5: workflow id; $6: channel.
SELECT e.id
FROM unnest($2::text[]) AS o (outcome)
CROSS JOIN LATERAL (
    SELECT id FROM evaluations
    WHERE team_id = $1 AND workflow_id = $5 AND channel_id = $6 AND outcome = o.outcome
        AND id < $3
    ORDER BY id DESC LIMIT $4
) AS e
ORDER BY e.id DESC LIMIT $4;

-- name: evaluations_by_id
-- Evaluations with their signals and SOPs, newest first. $1: ids.
SELECT s.*, j.*
FROM judgements AS j
JOIN raw_signals AS s ON s.id = j.signal_id
WHERE j.evaluation_id = ANY($1::bigint[])
ORDER BY j.evaluation_id DESC;

-- name: recent_signals
-- The signals of a team's latest evaluations that were not asked for, newest first; one that was judged twice comes twice. $1: team; $2: how many.
SELECT s.*
FROM evaluations AS e
JOIN raw_signals AS s ON s.id = e.signal_id
WHERE e.team_id = $1 AND e.cause = 'signal' AND s.deleted_at IS NULL
ORDER BY e.id DESC
LIMIT $2;

-- name: evaluation_of_message
-- A Slack message's signal with its latest evaluation (evaluation_id null: none yet). $1: team; $2: external id ('channel:ts').
SELECT s.*, j.*
FROM raw_signals AS s
LEFT JOIN LATERAL (
    SELECT * FROM judgements
    WHERE signal_id = s.id
    ORDER BY evaluation_id DESC
    LIMIT 1
) AS j ON true
WHERE s.team_id = $1 AND s.source = 'slack' AND s.external_id = $2;

-- name: evaluation_of_signal
-- A signal with its latest evaluation that was no dry run (evaluation_id null: none yet). $1: team; $2: signal.
SELECT s.*, j.*
FROM raw_signals AS s
LEFT JOIN LATERAL (
    SELECT * FROM judgements
    WHERE signal_id = s.id AND NOT dry_run
    ORDER BY evaluation_id DESC
    LIMIT 1
) AS j ON true
WHERE s.team_id = $1 AND s.id = $2;

-- name: feed_sops
-- SOPs that a feed may be filtered by: those that matched most in the last 30 days, and one by its slug, archived or not. $1: team; $2: how many; $3: slug or NULL. Gives slug and title.
SELECT w.slug, v.definition ->> 'title' AS title
FROM (
    (SELECT id, slug, version FROM workflows AS w
    LEFT JOIN (
        SELECT workflow_id, sum(matched) AS matched FROM daily_sop_figures
        WHERE team_id = $1 AND day > (now() AT TIME ZONE 'UTC')::date - 30
        GROUP BY workflow_id
    ) AS f ON f.workflow_id = w.id
    WHERE w.team_id = $1 AND w.archived_at IS NULL
    ORDER BY f.matched DESC NULLS LAST, w.slug
    LIMIT $2)
    UNION
    SELECT id, slug, version FROM workflows WHERE team_id = $1 AND slug = $3
) AS w
JOIN workflow_versions AS v ON v.workflow_id = w.id AND v.version = w.version
ORDER BY lower(v.definition ->> 'title'), w.slug;

-- name: sop_id
-- The id of a team's SOP, also of an archived one. $1: team; $2: slug.
SELECT id FROM workflows WHERE team_id = $1 AND slug = $2;
