-- name: plan_again
-- Plans a step's action anew, where it was planned before and surely is not under way. $1: run; $2: step; $3: request; $4: by Auto-Pilot; $5: a person said again; $6: undo window (interval). Gives its id and when it is due, or nothing.
UPDATE actions
SET state = 'planned', request = $3, by_autopilot = $4, again = again OR $5,
    due_at = now() + $6::interval, error = '', changed_at = now()
WHERE run_id = $1 AND step_id = $2 AND state IN ('failed', 'unknown', 'cancelled')
RETURNING id, due_at;

-- name: plan_action
-- Plans a step's action, unless it was planned or done for this signal before. $1: team; $2: run; $3: step; $4: signal; $5: workflow; $6: kind; $7: request; $8: by Auto-Pilot; $9: a person said again; $10: undo window (interval). Gives its id and when it is due, or nothing.
INSERT INTO actions (
    team_id, run_id, step_id, signal_id, workflow_id, kind, request, by_autopilot, again, due_at
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, now() + $10::interval)
ON CONFLICT DO NOTHING
RETURNING id, due_at;

-- name: same_effect
-- The newest action of other runs that has, or may have, the effect that this step would have. $1: signal; $2: workflow; $3: step; $4: the run that asks.
SELECT state, receipt FROM actions
WHERE signal_id = $1 AND workflow_id = $2 AND step_id = $3 AND run_id <> $4
    AND state IN ('planned', 'trying', 'done', 'unknown')
ORDER BY id DESC LIMIT 1;

-- name: run_of_action
-- The run that an action belongs to. $1: action id.
SELECT run_id FROM actions WHERE id = $1;

-- name: action_by_id
-- An action, with the seconds until it is due (less than none: it is). $1: action id.
SELECT
    step_id,
    state,
    by_autopilot,
    again,
    attempts,
    request,
    idempotency_key,
    extract(epoch FROM due_at - now())::float8 AS wait
FROM actions
WHERE id = $1;

-- name: claim_action
-- Claims an action: from now on it may have happened. $1: action id. Gives the number of the attempt, since when it may have happened, and for how many seconds it has not been tried.
WITH found AS (
    SELECT id, tried_at, again FROM actions
    WHERE id = $1 AND state IN ('planned', 'trying')
    FOR UPDATE
)
UPDATE actions AS a
SET state = 'trying', attempts = attempts + 1, changed_at = now(),
    -- What was planned surely had not happened, unless a person had it planned again.
    tried_at = CASE WHEN a.state = 'trying' THEN a.tried_at ELSE now() END
FROM found
WHERE a.id = found.id
RETURNING attempts, extract(epoch FROM now() - a.tried_at)::float8 AS quiet,
    CASE WHEN found.again THEN coalesce(found.tried_at, a.tried_at) ELSE a.tried_at END AS tried_at;

-- name: begin_attempt
-- Notes that an attempt does it now: what was done before surely was not, and is looked for no more. $1: action id; $2: attempt. Gives the id, or nothing if another attempt was begun, or it was concluded.
UPDATE actions SET tried_at = now() WHERE id = $1 AND attempts = $2 AND state = 'trying'
RETURNING id;

-- name: conclude_action
-- Notes how an attempt ended. Another one that was begun since knows better, unless it was done: that stays true. $1: action id; $2: attempt; $3: state; $4: receipt (null: none); $5: error; $6: how long until the next try (interval; null: none). Gives the step.
UPDATE actions
SET state = $3, receipt = $4, error = $5, changed_at = now(),
    due_at = CASE WHEN $6::interval IS NULL THEN due_at ELSE now() + $6::interval END
WHERE id = $1 AND (
    attempts = $2 AND state = 'trying'
    OR $3 = 'done' AND state IN ('planned', 'trying', 'unknown')
)
RETURNING step_id;

-- name: settle_action
-- Notes what a person, or the end of the run, made of an action that is not under way. $1: run; $2: step; $3: state ('cancelled': taken back; 'done': somebody saw that it happened); $4: receipt (null: none). Gives its id, or nothing.
UPDATE actions SET state = $3, receipt = $4, changed_at = now()
WHERE run_id = $1 AND step_id = $2 AND state IN ('planned', 'failed', 'unknown')
RETURNING id;

-- name: receipts_of_run
-- What the run's actions left behind. $1: run.
SELECT step_id, receipt FROM actions WHERE run_id = $1 AND state = 'done';

-- name: requests_of_run
-- What the run's actions send that are planned or under way. $1: run.
SELECT step_id, request FROM actions WHERE run_id = $1 AND state IN ('planned', 'trying');

-- name: hold_team_for_claim
-- Keeps a team's switches as they are until a claim is stored, and lets Auto-Pilot claim one action at a time, so that the breaker counts right. $1: team.
SELECT team_id FROM teams WHERE team_id = $1 FOR NO KEY UPDATE;

-- name: planned_by_autopilot
-- What Auto-Pilot planned and nobody claimed yet. $1: team; $2: behind which action; $3: how many at most.
SELECT a.id, a.run_id, a.step_id, r.channel_id, w.slug
FROM actions AS a
JOIN runs AS r ON r.id = a.run_id
JOIN workflows AS w ON w.id = a.workflow_id
WHERE a.team_id = $1 AND a.state = 'planned' AND a.by_autopilot AND a.id > $2
ORDER BY a.id LIMIT $3;

-- name: hold_runs
-- Locks runs in their order. $1: run ids.
SELECT id FROM runs WHERE id = ANY($1::bigint[]) ORDER BY id FOR NO KEY UPDATE;

-- name: halt_actions
-- Takes back actions that nobody claimed meanwhile, and leaves their steps to people; their jobs go. (Runs are locked already.) A column each, one row an action: $1: ids; $2: why. Gives the runs with their new versions, and the steps of each.
WITH halted AS (
    UPDATE actions AS a SET state = 'cancelled', changed_at = now()
    FROM unnest($1::bigint[], $2::text[]) AS i (id, why)
    WHERE a.id = i.id AND a.state = 'planned' AND a.by_autopilot
    RETURNING a.id, a.run_id, a.step_id, i.why
), stepped AS (
    UPDATE run_steps AS s
    SET state = 'waiting', detail = h.why, link = NULL, changed_by = NULL, changed_at = now()
    FROM halted AS h
    WHERE s.run_id = h.run_id AND s.step_id = h.step_id
), dropped AS (
    DELETE FROM pgqueuer AS q USING halted AS h
    WHERE q.dedupe_key = 'act:' || h.id AND q.status = 'queued'
)
UPDATE runs AS r SET face_version = face_version + 1
WHERE r.id IN (SELECT run_id FROM halted)
RETURNING r.id, r.face_version, r.post_state,
    ARRAY(SELECT h.step_id FROM halted AS h WHERE h.run_id = r.id ORDER BY h.id) AS steps;

-- name: overdue_actions
-- Actions that have waited suspiciously long; they are queued again unless they are. $1: how long (interval); $2: how many at most.
SELECT id FROM actions
WHERE state IN ('planned', 'trying') AND due_at < now() - $1::interval
ORDER BY due_at LIMIT $2;

-- name: how_step_fared
-- How often Auto-Pilot tried a step lately, and how its last attempts ended, newest first; both since its last pause ended. $1: workflow; $2: step; $3: how far back to count (interval); $4: how many outcomes.
WITH since AS (
    SELECT coalesce(max(ended_at), '-infinity') AS at FROM pauses
    WHERE workflow_id = $1 AND step_id = $2
)
SELECT
    (
        SELECT count(*) FROM actions, since
        WHERE workflow_id = $1 AND step_id = $2 AND state IN ('trying', 'done', 'failed', 'unknown')
            AND changed_at > now() - $3::interval AND by_autopilot
            AND tried_at > greatest(now() - $3::interval, since.at)
    ) AS acted,
    ARRAY(
        SELECT state FROM actions, since
        WHERE workflow_id = $1 AND step_id = $2 AND state IN ('done', 'failed', 'unknown')
            AND changed_at > since.at
        ORDER BY changed_at DESC LIMIT $4
    ) AS outcomes;

-- name: forget_requests
-- Removes what stood in a message from the actions for it, if it was deleted; those under way need theirs until they end. $1: signal.
UPDATE actions AS a
SET request = a.request || '{"preview": "", "body": {}}',
    receipt = a.receipt || '{"note": "", "response": {}}'
FROM raw_signals AS s
WHERE s.id = $1 AND s.deleted_at IS NOT NULL
    AND a.signal_id = s.id AND a.state <> 'trying' AND a.request -> 'body' <> '{}';
