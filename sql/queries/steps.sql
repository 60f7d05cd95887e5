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
-- Writes steps as they now stand. $1: run id; a column each, one row a step: $2: ids; $3: states; $4: chosen; $5: details; $6: links (null: none); $7: by whom (null: LiveSOP).
UPDATE run_steps AS s
SET state = i.state,
    chosen = i.chosen,
    detail = i.detail,
    link = i.link,
    changed_by = i.changed_by,
    changed_at = now(),
    opened_at = CASE
        WHEN i.state IN ('bypassed', 'cancelled') THEN s.opened_at
        ELSE coalesce(s.opened_at, now())
    END
FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
    AS i (step_id, state, chosen, detail, link, changed_by)
WHERE s.run_id = $1 AND s.step_id = i.step_id;

-- name: write_run
-- Writes a run's state after a change that people should see. $1: run id; $2: state; $3: by whom it was started (null: as before); $4: by whom it was ended (null: LiveSOP); $5: why it ended. Gives its new version.
UPDATE runs
SET state = $2,
    started_by = coalesce($3, started_by),
    ended_at = CASE WHEN $2 IN ('proposed', 'running') THEN NULL ELSE coalesce(ended_at, now()) END,
    ended_by = coalesce($4, ended_by),
    ended_why = CASE WHEN $5 = '' THEN ended_why ELSE $5 END,
    face_version = face_version + 1
WHERE id = $1
RETURNING face_version;
