-- name: open_pause
-- The pause that a step is in, if any, and why. $1: workflow; $2: step.
SELECT id, reason FROM pauses WHERE workflow_id = $1 AND step_id = $2 AND ended_at IS NULL;

-- name: begin_pause
-- Begins a pause of a step. $1: team; $2: workflow; $3: step; $4: the run in which it begins; $5: why. Gives its id.
INSERT INTO pauses (team_id, workflow_id, step_id, run_id, reason) VALUES ($1, $2, $3, $4, $5)
RETURNING id;

-- name: turn_card
-- Has the card of a pause shown anew. $1: pause. Gives its new version.
UPDATE pauses SET card_version = card_version + 1 WHERE id = $1 RETURNING card_version;

-- name: pause_by_id
-- A pause with the run whose thread has its card. $1: pause.
SELECT
    p.id, p.team_id, p.step_id, p.reason, p.kept_by, p.ended_by, p.idempotency_key,
    p.card_version, p.card_ts, r.channel_id, r.thread_ts, v.definition
FROM pauses AS p
JOIN runs AS r ON r.id = p.run_id
JOIN workflow_versions AS v ON v.workflow_id = r.workflow_id AND v.version = r.workflow_version
WHERE p.id = $1;

-- name: claim_card
-- Holds a pause's card for an update, for $3 at most. $1: pause; $2: the version that is to be shown. Gives whether it is held now, else the seconds to wait; nothing if there is nothing to show.
WITH found AS (
    SELECT id, card_at > now() AS busy, extract(epoch FROM card_at - now())::float8 AS wait
    FROM pauses
    WHERE id = $1 AND card_shown < $2
    FOR NO KEY UPDATE
), held AS (
    UPDATE pauses SET card_at = now() + $3::interval
    FROM found
    WHERE pauses.id = found.id AND found.busy IS NOT TRUE
    RETURNING pauses.id
)
SELECT EXISTS (SELECT FROM held) AS held, wait FROM found;

-- name: waiting_for_pause
-- The runs under way with the step that waits for a pause to end, in their order. $1: pause; $2: how many at most. Gives each one's place, message, and what was about to be sent.
SELECT r.id, r.channel_id, r.thread_ts, s.author_id, s.permalink, a.request
FROM run_steps AS rs
JOIN runs AS r ON r.id = rs.run_id
JOIN actions AS a ON a.run_id = rs.run_id AND a.step_id = rs.step_id
JOIN raw_signals AS s ON s.id = r.signal_id
WHERE rs.pause_id = $1 AND rs.state = 'waiting' AND r.state = 'running'
ORDER BY r.id LIMIT $2;

-- name: end_pause
-- Ends a pause, unless other runs wait for it than somebody saw. $1: team; $2: pause; $3: by whom; $4: the runs seen. Gives its new version, and whether it ended; nothing if it had ended before.
WITH waiting AS (
    SELECT EXISTS (
        SELECT FROM run_steps AS s
        JOIN runs AS r ON r.id = s.run_id
        WHERE s.pause_id = $2 AND s.state = 'waiting' AND r.state = 'running'
            AND r.id <> ALL($4::bigint[])
    ) AS unseen
)
UPDATE pauses
SET ended_at = CASE WHEN NOT unseen THEN now() END,
    ended_by = CASE WHEN NOT unseen THEN $3 END,
    card_version = card_version + 1
FROM waiting
WHERE team_id = $1 AND id = $2 AND ended_at IS NULL
RETURNING card_version, ended_at IS NOT NULL AS ended;

-- name: keep_pause
-- Notes that somebody wants a pause to go on. $1: team; $2: pause; $3: who. Gives its new version, or nothing where it has ended.
UPDATE pauses SET kept_by = $3, card_version = card_version + 1
WHERE team_id = $1 AND id = $2 AND ended_at IS NULL
RETURNING card_version, false AS ended;

-- name: set_card_ts
-- Notes where the card of a pause is. $1: pause; $2: the message's ts.
UPDATE pauses SET card_ts = $2 WHERE id = $1;

-- name: card_shown
-- Notes which version the card of a pause shows, and keeps it for $3. $1: pause; $2: version.
UPDATE pauses SET card_shown = greatest(card_shown, $2), card_at = now() + $3::interval
WHERE id = $1;

-- name: unshown_cards
-- Pauses whose card has shown an old state suspiciously long. $1: how long (interval); $2: how many at most.
SELECT id, card_version FROM pauses
WHERE card_shown < card_version AND began_at < now() - $1::interval
ORDER BY id LIMIT $2;
