-- name: hold_run
-- Locks a run for a change. $1: run id. Gives its state.
SELECT state FROM runs WHERE id = $1 FOR NO KEY UPDATE;

-- name: steps_of_run
-- A run's steps in their order, each with when its action is due (null: none planned). $1: run id.
SELECT
    s.step_id,
    s.state,
    s.chosen,
    s.detail,
    s.link,
    s.changed_by,
    s.changed_at,
    s.repeats,
    s.pause_id,
    CASE WHEN a.state = 'planned' THEN a.due_at END AS due_at
FROM run_steps AS s
LEFT JOIN actions AS a ON a.run_id = s.run_id AND a.step_id = s.step_id
WHERE s.run_id = $1
ORDER BY s.position;

-- name: insert_steps
-- Gives a run its steps, all blocked. $1: run id; $2: step ids in their order.
INSERT INTO run_steps (run_id, step_id, position, state)
SELECT $1, step_id, ordinal - 1, 'blocked'
FROM unnest($2::text[]) WITH ORDINALITY AS s (step_id, ordinal);

-- name: write_steps
-- Writes steps as they now stand. $1: run id; a column each, one row a step: $2: ids; $3: states; $4: chosen; $5: details; $6: links (null: none); $7: by whom (null: LiveSOP); $8: whether they repeat an effect; $9: pauses that they wait for (null: none).
UPDATE run_steps AS s
SET state = i.state,
    chosen = i.chosen,
    detail = i.detail,
    link = i.link,
    changed_by = i.changed_by,
    changed_at = now(),
    repeats = i.repeats,
    pause_id = i.pause_id,
    opened_at = CASE
        WHEN i.state IN ('bypassed', 'cancelled') THEN s.opened_at
        ELSE coalesce(s.opened_at, now())
    END
FROM unnest(
    $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::boolean[],
    $9::bigint[]
) AS i (step_id, state, chosen, detail, link, changed_by, repeats, pause_id)
WHERE s.run_id = $1 AND s.step_id = i.step_id;

-- name: write_run
-- Writes a run's state after a change that people should see; the message of one that ends before it was posted is not posted. $1: run id; $2: state; $3: whether it starts now; $4: by whom it was started (null: Auto-Pilot, or as before); $5: by whom it was ended (null: LiveSOP); $6: why it ended. Gives how far its message is, and its new version.
UPDATE runs
SET state = $2,
    started_at = CASE WHEN $3 THEN now() ELSE started_at END,
    started_by = coalesce($4, started_by),
    ended_at = CASE WHEN $2 IN ('proposed', 'running') THEN NULL ELSE coalesce(ended_at, now()) END,
    ended_by = coalesce($5, ended_by),
    ended_why = CASE WHEN $6 = '' THEN ended_why ELSE $6 END,
    post_state = CASE
        WHEN post_state = 'planned' AND $2 NOT IN ('proposed', 'running', 'done') THEN 'cancelled'
        ELSE post_state
    END,
    face_version = face_version + 1
WHERE id = $1
RETURNING post_state, face_version;

-- name: waiting_steps
-- Steps of runs under way that have waited for people so long that they are reminded, once; after no time at all: never. $1: how long where the team does not say (interval); $2: how many at most.
SELECT s.run_id, s.step_id
FROM run_steps AS s
JOIN runs AS r ON r.id = s.run_id
LEFT JOIN team_settings AS t ON t.team_id = r.team_id
CROSS JOIN LATERAL (
    SELECT coalesce(make_interval(hours => t.remind_after_hours), $1::interval) AS remind_after
) AS team
WHERE s.state = 'waiting' AND s.reminded_at IS NULL
    AND s.changed_at < now() - team.remind_after AND team.remind_after > interval '0'
    AND r.state = 'running' AND r.post_state = 'posted'
ORDER BY s.changed_at LIMIT $2;

-- name: set_reminded
-- Notes that people were reminded of a step. $1: run id; $2: step.
UPDATE run_steps SET reminded_at = now() WHERE run_id = $1 AND step_id = $2;

-- name: stale_runs
-- Open runs in which nothing but people was waited for, for so long that they end: proposals, and runs none of whose steps moved. $1: how long (interval); $2: how many at most.
SELECT r.id FROM runs AS r
WHERE r.state IN ('proposed', 'running') AND r.created_at < now() - $1::interval
    AND NOT EXISTS (
        SELECT FROM run_steps AS s
        WHERE s.run_id = r.id
            AND (s.state IN ('planned', 'trying') OR s.changed_at > now() - $1::interval)
    )
ORDER BY r.created_at LIMIT $2;

-- name: unstarted_runs
-- Runs that should have their steps by now; they are queued again unless they are. $1: how long (interval); $2: how many at most.
SELECT r.id FROM runs AS r
WHERE r.state = 'running' AND r.created_at < now() - $1::interval
    AND NOT EXISTS (SELECT FROM run_steps AS s WHERE s.run_id = r.id)
ORDER BY r.created_at LIMIT $2;

-- name: open_runs_of_signal
-- The open runs for a message. $1: signal.
SELECT id FROM runs WHERE signal_id = $1 AND state IN ('proposed', 'running') ORDER BY id;
