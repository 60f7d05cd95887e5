-- name: insert_opening
-- Asks for a run's first message in a channel, once for each command. $1: team; $2: channel; $3: workflow; $4: what it is about; $5: by whom; $6: what Slack calls the command. Gives its id, or nothing.
INSERT INTO remarks (team_id, kind, channel_id, workflow_id, about, asked_by, request)
VALUES ($1, 'opening', $2, $3, $4, $5, $6)
ON CONFLICT (team_id, request) DO NOTHING
RETURNING id;

-- name: insert_answer
-- Asks for the answer to a question, once. $1: team; $2: channel; $3: thread ts; $4: the question's signal; $5: who asked. Gives its id, or nothing.
INSERT INTO remarks (team_id, kind, channel_id, thread_ts, signal_id, asked_by)
VALUES ($1, 'answer', $2, $3, $4, $5)
ON CONFLICT (signal_id) DO NOTHING
RETURNING id;

-- name: claim_remark
-- A remark that is to be posted; cancelled if the question was deleted and nobody tried yet. $1: id. Gives it, and for how many seconds it has not been tried; nothing if there is nothing to post.
WITH found AS (
    SELECT r.*, extract(epoch FROM now() - r.post_tried_at)::float8 AS quiet,
        r.post_state = 'planned' AND s.deleted_at IS NOT NULL AS void
    FROM remarks AS r
    LEFT JOIN raw_signals AS s ON s.id = r.signal_id
    WHERE r.id = $1 AND r.post_state IN ('planned', 'trying')
    FOR NO KEY UPDATE OF r
), cancelled AS (
    UPDATE remarks SET post_state = 'cancelled'
    FROM found WHERE remarks.id = found.id AND found.void
)
SELECT * FROM found WHERE void IS NOT TRUE;

-- name: begin_remark
-- Notes that a remark is posted now, unless somebody else tried since. $1: id; $2: when it was tried last (null: not yet). Gives when this try began, or nothing.
UPDATE remarks SET post_state = 'trying', post_tried_at = now()
WHERE id = $1 AND post_state IN ('planned', 'trying') AND post_tried_at IS NOT DISTINCT FROM $2
RETURNING post_tried_at;

-- name: set_remark_planned
-- Notes that Slack surely did not post a remark, so that it need not be asked. $1: id; $2: when that try began.
UPDATE remarks SET post_state = 'planned', post_tried_at = NULL
WHERE id = $1 AND post_state = 'trying' AND post_tried_at = $2;

-- name: set_remark_posted
-- Notes that a remark is in Slack, and forgets what it was about. $1: id; $2: the message's ts. Gives its id, or nothing if that was noted before.
UPDATE remarks SET post_state = 'posted', post_ts = $2, about = ''
WHERE id = $1 AND post_state IN ('planned', 'trying')
RETURNING id;

-- name: set_remark_failed
-- Notes that a remark will not be posted, unless somebody else tried since. $1: id; $2: when it was tried last (null: not yet); $3: why, for people.
UPDATE remarks SET post_state = 'failed', post_error = $3, about = ''
WHERE id = $1 AND post_state IN ('planned', 'trying') AND post_tried_at IS NOT DISTINCT FROM $2;

-- name: cancel_remark
-- Notes that there is nothing to say. $1: id.
UPDATE remarks SET post_state = 'cancelled', about = ''
WHERE id = $1 AND post_state IN ('planned', 'trying');

-- name: unposted_remarks
-- Remarks that have waited suspiciously long; they are queued again unless they are. $1: how long (interval); $2: how many at most.
SELECT id FROM remarks
WHERE post_state IN ('planned', 'trying') AND created_at < now() - $1::interval
ORDER BY created_at LIMIT $2;

-- name: insert_known_signal
-- Stores a message that a person points at, unless it is known. $1: event id; $2: team; $3: external id; $4: channel; $5: message ts; $6: thread ts; $7: author; $8: whether that is a bot; $9: text; $10: permalink; $11: when it was written.
INSERT INTO raw_signals (
    event_id, team_id, source, external_id, channel_id, message_ts, thread_ts, author_id,
    author_is_bot, text, permalink, occurred_at, received_at, state
) VALUES ($1, $2, 'slack', $3, $4, $5, $6, $7, $8, $9, $10, $11, now(), 'evaluated')
ON CONFLICT DO NOTHING;

-- name: hold_message
-- Locks a Slack message's signal. $1: team; $2: external id ('channel:ts').
SELECT * FROM raw_signals
WHERE team_id = $1 AND source = 'slack' AND external_id = $2
FOR NO KEY UPDATE;

-- name: workflow_by_id
-- One SOP at its newest version, archived or not. $1: team; $2: id.
SELECT w.id, w.version, v.definition, w.paused_at IS NOT NULL AS paused
FROM workflows AS w
JOIN workflow_versions AS v ON v.workflow_id = w.id AND v.version = w.version
WHERE w.team_id = $1 AND w.id = $2;

-- name: remove_evaluation
-- Takes back an evaluation of this transaction. $1: id.
DELETE FROM evaluations WHERE id = $1;
