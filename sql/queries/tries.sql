-- name: last_try
-- When somebody last tried to post a message. $1: its key. Gives that, and how many seconds ago it was; nothing if nobody did.
SELECT tried_at, extract(epoch FROM now() - tried_at)::float8 AS quiet
FROM message_tries WHERE key = $1;

-- name: begin_try
-- Notes that a message is posted now, unless somebody else tried since. $1: its key; $2: when it was tried last (null: not yet). Gives when this try began, or nothing.
INSERT INTO message_tries AS t (key, tried_at) VALUES ($1, now())
ON CONFLICT (key) DO UPDATE SET tried_at = excluded.tried_at WHERE t.tried_at = $2
RETURNING tried_at;

-- name: drop_try
-- Notes that Slack surely did not post a message, so that it need not be asked. $1: its key; $2: when that try began.
DELETE FROM message_tries WHERE key = $1 AND tried_at = $2;

-- name: prune_tries
-- Forgets tries of messages whose jobs are over. $1: how old (interval).
DELETE FROM message_tries WHERE tried_at < now() - $1::interval;
