-- name: hold_signal_for_verdict
-- Locks a message for a verdict; nothing if it is unknown or deleted. $1: signal id; $2: team.
SELECT id FROM raw_signals
WHERE id = $1 AND team_id = $2 AND deleted_at IS NULL
FOR NO KEY UPDATE;

-- name: replace_verdicts
-- Ends the verdicts whose place a new one takes: on the same SOP, and other answers where it is the answer (it names the SOP that fits, or says that none does). $1: signal; $2: workflow (null: any); $3: fits.
UPDATE verdicts SET replaced_at = clock_timestamp()
WHERE signal_id = $1 AND replaced_at IS NULL
    AND (
        coalesce(workflow_id, 0) = coalesce($2::bigint, 0)
        OR ($3::boolean = ($2::bigint IS NOT NULL) AND (fits OR workflow_id IS NULL))
    );

-- name: insert_verdict
-- Keeps a verdict, and counts the team's lessons up. $1: team; $2: signal; $3: revision; $4: workflow (null: any); $5: fits; $6: evaluation (null: none); $7: by whom.
WITH counted AS (
    UPDATE teams SET lessons_version = lessons_version + 1 WHERE team_id = $1
)
INSERT INTO verdicts (team_id, signal_id, revision, workflow_id, fits, evaluation_id, given_by)
VALUES ($1, $2, $3, $4, $5, $6, $7);

-- name: forget_verdicts
-- Removes the verdicts on deleted messages, so that nothing is learned from them any more. $1: signal ids.
WITH gone AS (
    DELETE FROM verdicts WHERE signal_id = ANY($1::bigint[]) RETURNING team_id
)
UPDATE teams SET lessons_version = lessons_version + 1
WHERE team_id IN (SELECT team_id FROM gone);

-- name: outdate_lessons
-- Notes that messages with verdicts read differently now. $1: signal ids.
UPDATE teams SET lessons_version = lessons_version + 1
WHERE team_id IN (
    SELECT team_id FROM verdicts WHERE signal_id = ANY($1::bigint[]) AND replaced_at IS NULL
);

-- name: lessons_version
-- A number that grows whenever there is something else to learn; nothing for an unknown team. $1: team.
SELECT lessons_version FROM teams WHERE team_id = $1;

-- name: lessons
-- What a team's verdicts teach: the newest of each SOP, and of messages that none fits; texts only of those that the caller lacks. $1: team; $2: how many each; $3: ids that it has.
WITH newest AS (
    SELECT v.id, v.workflow_id, v.fits, v.text
    FROM workflows AS w
    CROSS JOIN LATERAL (
        SELECT v.id, v.workflow_id, v.fits, s.text
        FROM verdicts AS v
        JOIN raw_signals AS s ON s.id = v.signal_id AND s.revision = v.revision
        WHERE v.team_id = w.team_id AND v.workflow_id = w.id AND v.replaced_at IS NULL
        ORDER BY v.id DESC
        LIMIT $2
    ) AS v
    WHERE w.team_id = $1 AND w.archived_at IS NULL
    UNION ALL
    (
        SELECT v.id, v.workflow_id, v.fits, s.text
        FROM verdicts AS v
        JOIN raw_signals AS s ON s.id = v.signal_id AND s.revision = v.revision
        WHERE v.team_id = $1 AND v.workflow_id IS NULL AND v.replaced_at IS NULL AND NOT v.fits
        ORDER BY v.id DESC
        LIMIT $2
    )
)
SELECT newest.id, workflow_id, fits, CASE WHEN known.id IS NULL THEN text END AS text
FROM newest
LEFT JOIN unnest($3::bigint[]) AS known (id) ON known.id = newest.id
ORDER BY newest.id;

-- name: labelled_signals
-- The newest verdicts of a team that still hold, with their messages, newest first. $1: team; $2: how many.
SELECT v.signal_id, s.channel_id, s.text, v.fits, w.slug
FROM verdicts AS v
JOIN raw_signals AS s ON s.id = v.signal_id AND s.revision = v.revision
LEFT JOIN workflows AS w ON w.id = v.workflow_id
WHERE v.team_id = $1 AND v.replaced_at IS NULL
ORDER BY v.id DESC
LIMIT $2;

-- name: past_matches
-- What matched since a time, counted by all that matters for a start, with what people said of it. Newest judgement of each message; no replays, no dry runs; not what the gate skipped for its channel or its thread. $1: team; $2: since; $3: thresholds from 0.5, ascending; $4: slug (null: all); $5: how many of each SOP at most, the newest (null: all). Gives `reached` as the threshold's position from 1.
WITH counted AS (
    SELECT
        e.workflow_id,
        e.workflow_version,
        width_bucket(e.confidence, $3::double precision[]) AS reached,
        e.stand_in <> '' AS stand_in,
        e.caution <> '' AS caution,
        CASE
            WHEN said.is_right THEN 'right'
            WHEN said.is_wrong THEN 'wrong'
            ELSE 'not'
        END AS marked,
        count(*) AS matches
    FROM workflows AS w
    CROSS JOIN LATERAL (
        SELECT * FROM evaluations
        WHERE workflow_id = w.id AND created_at >= $2
            AND cause = 'signal' AND NOT dry_run AND confidence >= 0.5
        ORDER BY created_at DESC
        LIMIT $5
    ) AS e
    CROSS JOIN LATERAL (
        SELECT
            bool_or(v.fits AND v.workflow_id = e.workflow_id) AS is_right,
            bool_or(
                CASE
                    WHEN v.workflow_id IS NULL OR v.workflow_id = e.workflow_id THEN NOT v.fits
                    ELSE v.fits
                END
            ) AS is_wrong
        FROM verdicts AS v
        WHERE v.signal_id = e.signal_id AND v.revision = e.revision AND v.replaced_at IS NULL
    ) AS said
    WHERE w.team_id = $1 AND ($4::text IS NULL OR w.slug = $4)
        AND e.confidence >= ($3::double precision[])[1]
        AND e.reason NOT IN ('other_channel', 'duplicate_run')
        AND NOT EXISTS (
            SELECT FROM evaluations AS later
            WHERE later.signal_id = e.signal_id AND later.id > e.id AND later.cause = 'signal'
        )
    GROUP BY 1, 2, 3, 4, 5, 6
)
SELECT counted.*, v.definition
FROM counted
JOIN workflow_versions AS v
    ON v.workflow_id = counted.workflow_id AND v.version = counted.workflow_version;
