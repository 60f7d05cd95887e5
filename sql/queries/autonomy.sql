-- name: insert_shadow_decisions
-- Keeps what a person decided on steps that Auto-Pilot would have done; the first word on a step of a run counts. $1: team; $2: workflow; $3: run; $4: steps; $5: what each does (digests); $6: approved; $7: by whom.
INSERT INTO shadow_decisions (run_id, step_id, team_id, workflow_id, content, approved, decided_by)
SELECT $3, i.step_id, $1, $2, i.content, $6, $7
FROM unnest($4::text[], $5::text[]) AS i (step_id, content)
ON CONFLICT DO NOTHING;

-- name: step_autonomy
-- How steps of an SOP stand with Auto-Pilot: their switches, and the newest decisions since they, or their SOP, lost it. $1: team; $2: workflow; $3: steps; $4: what each does (digests); $5: their switches ('slug/step'); $6: how far back (interval); $7: how many decisions at most; $8: how many outcomes, newest first.
SELECT
    i.step_id,
    EXISTS (
        SELECT FROM autopilot_switches AS s
        WHERE s.team_id = $1 AND s.scope = 'step' AND s.subject = i.subject AND s.is_on
    ) AS is_on,
    lost.at AS demoted_at,
    counted.*
FROM unnest($3::text[], $4::text[], $5::text[]) AS i (step_id, content, subject)
CROSS JOIN LATERAL (
    SELECT max(d.at) AS at FROM demotions AS d
    WHERE d.workflow_id = $2 AND d.team_id = $1 AND coalesce(d.step_id, i.step_id) = i.step_id
) AS lost
CROSS JOIN LATERAL (
    SELECT
        count(*) AS decided,
        count(*) FILTER (WHERE newest.approved) AS approved,
        min(newest.decided_at) AS first,
        max(newest.decided_at) AS last,
        coalesce((array_agg(newest.approved ORDER BY newest.decided_at DESC))[:$8], '{}') AS recent
    FROM (
        SELECT d.approved, d.decided_at FROM shadow_decisions AS d
        WHERE d.workflow_id = $2 AND d.step_id = i.step_id AND d.content = i.content
            AND d.team_id = $1
            AND d.decided_at > greatest(now() - $6::interval, lost.at)
        ORDER BY d.decided_at DESC
        LIMIT $7
    ) AS newest
) AS counted;

-- name: dismissed_starts
-- How many other starts by Auto-Pilot of an SOP people dismissed lately, since it last lost its switch. $1: workflow; $2: the run that is being dismissed; $3: how far back (interval).
SELECT count(*) FROM runs
WHERE workflow_id = $1 AND id <> $2
    AND state = 'dismissed' AND started_by IS NULL AND started_at IS NOT NULL
    AND ended_at > greatest(
        now() - $3::interval,
        (SELECT max(at) FROM demotions WHERE workflow_id = $1 AND step_id IS NULL)
    );

-- name: insert_demotion
-- Notes that a switch went off by itself. $1: team; $2: workflow; $3: step (null: the SOP's switch); $4: run; $5: cause; $6: who pressed. Gives its id.
INSERT INTO demotions (team_id, workflow_id, step_id, run_id, cause, pressed_by)
VALUES ($1, $2, $3, $4, $5, $6)
RETURNING id;

-- name: demotion_by_id
-- A demotion with the thread that is told of it. $1: id.
SELECT
    d.team_id, d.workflow_id, d.step_id, d.cause, d.pressed_by, d.idempotency_key,
    d.told_at IS NOT NULL AS is_told, r.channel_id, r.thread_ts, r.workflow_version, v.definition
FROM demotions AS d
JOIN runs AS r ON r.id = d.run_id
JOIN workflow_versions AS v ON v.workflow_id = r.workflow_id AND v.version = r.workflow_version
WHERE d.id = $1;

-- name: demotion_told
-- Notes that a thread was told of a demotion. $1: id.
UPDATE demotions SET told_at = coalesce(told_at, now()) WHERE id = $1;
