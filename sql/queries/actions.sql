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
-- The action of another run that has, or may have, the effect that this step would have. $1: signal; $2: workflow; $3: step; $4: the run that asks.
SELECT state, receipt FROM actions
WHERE signal_id = $1 AND workflow_id = $2 AND step_id = $3 AND run_id <> $4
    AND state IN ('planned', 'trying', 'done', 'unknown') AND NOT again;

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
    request,
    idempotency_key,
    extract(epoch FROM due_at - now())::float8 AS wait
FROM actions
WHERE id = $1;

-- name: claim_action
-- Claims an action: from now on it may have happened. $1: action id. Gives the number of the attempt, and when the first was.
UPDATE actions
SET state = 'trying', attempts = attempts + 1, tried_at = coalesce(tried_at, now()),
    changed_at = now()
WHERE id = $1 AND state IN ('planned', 'trying')
RETURNING attempts, tried_at;

-- name: conclude_action
-- Notes how an attempt ended, unless another one was begun since. $1: action id; $2: attempt; $3: state; $4: receipt (null: none); $5: error; $6: how long until the next try (interval; null: none). Gives the step.
UPDATE actions
SET state = $3, receipt = $4, error = $5, changed_at = now(),
    due_at = CASE WHEN $6::interval IS NULL THEN due_at ELSE now() + $6::interval END
WHERE id = $1 AND attempts = $2 AND state = 'trying'
RETURNING step_id;

-- name: settle_action
-- Notes what a person, or the end of the run, made of an action that is not under way. $1: run; $2: step; $3: state ('cancelled': taken back; 'done': somebody saw that it happened); $4: receipt (null: none). Gives its id, or nothing.
UPDATE actions SET state = $3, receipt = $4, changed_at = now()
WHERE run_id = $1 AND step_id = $2 AND state IN ('planned', 'failed', 'unknown')
RETURNING id;

-- name: receipts_of_run
-- What the run's actions left behind. $1: run.
SELECT step_id, receipt FROM actions WHERE run_id = $1 AND state = 'done';

-- name: hold_team_for_claim
-- Keeps the switches of a team as they are until the claim is stored. $1: team.
SELECT team_id FROM teams WHERE team_id = $1 FOR SHARE;

-- name: runs_on_autopilot
-- Runs with an action that Auto-Pilot planned and nobody claimed yet. $1: team; $2: how many at most.
SELECT DISTINCT run_id FROM actions
WHERE team_id = $1 AND state = 'planned' AND by_autopilot
LIMIT $2;

-- name: overdue_actions
-- Actions that have waited suspiciously long; they are queued again unless they are. $1: how long (interval); $2: how many at most.
SELECT id FROM actions
WHERE state IN ('planned', 'trying') AND due_at < now() - $1::interval
ORDER BY due_at LIMIT $2;

-- name: lately_of_step
-- What a step did lately, newest first. $1: workflow; $2: step; $3: since when (interval); $4: how many at most.
SELECT state FROM actions
WHERE workflow_id = $1 AND step_id = $2 AND changed_at > now() - $3::interval
    AND state IN ('done', 'failed', 'unknown', 'trying')
ORDER BY changed_at DESC LIMIT $4;
