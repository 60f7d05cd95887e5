-- name: forgetful_teams
-- Teams that keep texts for some days only. No parameters. Gives team and days.
SELECT team_id, retention_days FROM team_settings WHERE retention_days IS NOT NULL ORDER BY team_id;

-- name: hold_forgotten
-- Locks how far a team's texts were forgotten. $1: team. Gives the last signal that was looked at.
INSERT INTO forgotten AS f (team_id) VALUES ($1)
ON CONFLICT (team_id) DO UPDATE SET up_to = f.up_to
RETURNING up_to;

-- name: set_forgotten
-- Notes how far a team's texts were forgotten. $1: team; $2: signal.
UPDATE forgotten SET up_to = $2 WHERE team_id = $1;

-- name: next_to_forget
-- The next signals in the order in which they were stored, whosever they are. $1: team; $2: after which; $3: how old they may be (interval); $4: how many. Gives id, whether it is the team's and still has its text, and whether it is too young: the team's for being forgotten, another's for being passed, as one with a smaller id may not be committed yet.
SELECT
    id,
    team_id = $1 AND deleted_at IS NULL AS has_text,
    stored_at > now() - CASE WHEN team_id = $1 THEN $3::interval ELSE interval '5 minutes' END
        AS is_young
FROM raw_signals
WHERE id > $2
ORDER BY id
LIMIT $4;

-- name: forget_texts
-- Removes the texts of old signals, as if their messages had been deleted. $1: signals. Gives id and whether there are runs for it.
WITH held AS (
    SELECT id FROM raw_signals
    WHERE id = ANY($1::bigint[]) AND deleted_at IS NULL
    -- In the order of all writers, so that none waits for the other in a circle.
    ORDER BY team_id, source, external_id
    FOR UPDATE
)
UPDATE raw_signals AS s
SET text = '', state = 'deleted', deleted_at = now(), revision = s.revision + 1,
    attempt = s.attempt + 1
FROM held
WHERE s.id = held.id
RETURNING s.id, EXISTS (SELECT FROM runs WHERE runs.signal_id = s.id) AS answered;

-- name: count_to_forget
-- How many texts of a team would be forgotten, among the next signals. $1: team; $2: how old they may be (interval); $3: how many signals are looked at.
SELECT count(*) FROM (
    SELECT team_id, deleted_at, stored_at FROM raw_signals
    WHERE id > coalesce((SELECT up_to FROM forgotten WHERE team_id = $1), 0)
    ORDER BY id
    LIMIT $3
) AS next
WHERE team_id = $1 AND deleted_at IS NULL AND stored_at <= now() - $2::interval;
