-- name: insert_run
-- Opens a run, unless its workflow is open in the thread already. $1: team; $2: evaluation; $3: signal; $4, $5: workflow and version; $6: channel; $7: thread ts; $8: state. Gives its id, or nothing.
INSERT INTO runs (
    team_id, evaluation_id, signal_id, workflow_id, workflow_version, channel_id, thread_ts, state,
    started_at
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, CASE WHEN $8 = 'running' THEN now() END)
ON CONFLICT (team_id, channel_id, thread_ts, workflow_id) WHERE state IN ('proposed', 'running')
DO NOTHING
RETURNING id;

-- name: claim_post
-- A run's thread message that is to be posted; cancelled if its message was deleted and nobody tried yet. $1: run id. Gives since when it may have been posted (null: it surely was not), and for how many seconds it has not been tried; nothing if there is nothing to post.
WITH found AS (
    SELECT r.id, r.post_tried_at, r.post_state = 'planned' AND s.deleted_at IS NOT NULL AS void
    FROM runs AS r
    JOIN raw_signals AS s ON s.id = r.signal_id
    WHERE r.id = $1 AND r.post_state IN ('planned', 'trying')
    FOR NO KEY UPDATE OF r
), cancelled AS (
    UPDATE runs SET post_state = 'cancelled' FROM found WHERE runs.id = found.id AND found.void
)
SELECT post_tried_at AS tried_at, extract(epoch FROM now() - post_tried_at)::float8 AS quiet
FROM found WHERE NOT void;

-- name: begin_post
-- Notes that a run's message is posted now, unless somebody else tried since. $1: run id; $2: when it was tried last (null: not yet). Gives when this try began, or nothing.
UPDATE runs SET post_state = 'trying', post_tried_at = now()
WHERE id = $1 AND post_state IN ('planned', 'trying') AND post_tried_at IS NOT DISTINCT FROM $2
RETURNING post_tried_at;

-- name: set_post_planned
-- Notes that Slack surely did not post a run's message, so that it need not be asked. $1: run id; $2: when that try began.
UPDATE runs SET post_state = 'planned', post_tried_at = NULL
WHERE id = $1 AND post_state = 'trying' AND post_tried_at = $2;

-- name: set_post_posted
-- Notes that a run's message is in its thread. $1: run id; $2: the message's ts; $3: the version that it shows. Gives the version that it should show by now.
UPDATE runs
SET post_state = 'posted', post_ts = $2, face_shown = greatest(face_shown, $3), face_at = now()
WHERE id = $1 AND post_state IN ('planned', 'trying')
RETURNING face_version;

-- name: set_post_failed
-- Notes that a run's message will not be posted, unless somebody else tried since. $1: run id; $2: when it was tried last (null: not yet); $3: why, for people.
UPDATE runs SET post_state = 'failed', post_error = $3
WHERE id = $1 AND post_state IN ('planned', 'trying') AND post_tried_at IS NOT DISTINCT FROM $2;

-- name: run_by_id
-- A run with its workflow's version, evaluation and signal. $1: run id.
SELECT
    s.*,
    r.id AS run_id,
    r.channel_id AS run_channel_id,
    r.thread_ts AS run_thread_ts,
    r.state AS run_state,
    r.idempotency_key,
    r.post_state,
    r.post_ts,
    r.started_by,
    r.ended_by,
    r.ended_why,
    r.face_version,
    j.*
FROM runs AS r
JOIN judgements AS j ON j.evaluation_id = r.evaluation_id
JOIN raw_signals AS s ON s.id = r.signal_id
WHERE r.id = $1;

-- name: face_gone
-- Notes that somebody deleted a run's message: it is not posted again. $1: run id; $2: why, for people.
UPDATE runs SET post_state = 'failed', post_ts = NULL, post_error = $2
WHERE id = $1 AND post_state = 'posted';

-- name: started_lately
-- How many runs Auto-Pilot started for a team lately. $1: team; $2: how far back (interval).
SELECT count(*) FROM runs
WHERE team_id = $1 AND started_at > now() - $2::interval AND started_by IS NULL;

-- name: unposted_runs
-- Runs whose message has waited suspiciously long; they are queued again unless they are. $1: how long (interval); $2: how many at most.
SELECT id FROM runs
WHERE post_state IN ('planned', 'trying') AND created_at < now() - $1::interval
ORDER BY created_at LIMIT $2;

-- name: claim_face
-- Holds a run's message for an update, for $3 at most. $1: run id; $2: the version that is to be shown. Gives whether it is held now, else the seconds to wait; nothing if there is nothing to show.
WITH found AS (
    SELECT id, face_at > now() AS busy, extract(epoch FROM face_at - now())::float8 AS wait
    FROM runs
    WHERE id = $1 AND post_state = 'posted' AND face_shown < $2
    FOR NO KEY UPDATE
), held AS (
    UPDATE runs SET face_at = now() + $3::interval
    FROM found
    WHERE runs.id = found.id AND found.busy IS NOT TRUE
    RETURNING runs.id
)
SELECT EXISTS (SELECT FROM held) AS held, wait FROM found;

-- name: face_shown
-- Notes which version a run's message shows, and keeps it for $3. $1: run id; $2: version.
UPDATE runs SET face_shown = greatest(face_shown, $2), face_at = now() + $3::interval WHERE id = $1;

-- name: unshown_faces
-- Runs whose message has shown an old state suspiciously long. $1: how long (interval); $2: how many at most.
SELECT id, face_version FROM runs
WHERE post_state = 'posted' AND face_shown < face_version AND face_at < now() - $1::interval
ORDER BY face_at LIMIT $2;
