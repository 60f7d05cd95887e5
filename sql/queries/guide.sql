-- name: guide
-- How far a team has come with its first steps, and how somebody wants to see the guide. $1: team; $2: person.
SELECT
    g.joined_at IS NOT NULL OR EXISTS (
        SELECT FROM raw_signals AS s
        WHERE s.team_id = t.team_id AND s.source = 'slack' AND s.channel_id ~ '^[CG]'
    ) AS channels,
    g.looked_at IS NOT NULL AS sops,
    g.tried_at IS NOT NULL OR EXISTS (
        SELECT FROM evaluations AS e WHERE e.team_id = t.team_id
    ) AS test,
    EXISTS (
        SELECT FROM autopilot_switches AS a
        WHERE a.team_id = t.team_id AND a.scope = 'step' AND a.is_on
    ) AS switch,
    coalesce(r.shown, 'whole') AS shown,
    g.greeted IS NOT NULL AS is_greeted
FROM (SELECT $1::text AS team_id) AS t
LEFT JOIN guides AS g ON g.team_id = t.team_id
LEFT JOIN guide_readers AS r ON r.team_id = t.team_id AND r.user_id = $2;

-- name: guide_fact
-- Notes that a team took a step of its guide for the first time. $1: team; $2: 'channels', 'sops' or 'test'.
INSERT INTO guides AS g (team_id, joined_at, looked_at, tried_at)
SELECT
    $1,
    CASE WHEN $2 = 'channels' THEN now() END,
    CASE WHEN $2 = 'sops' THEN now() END,
    CASE WHEN $2 = 'test' THEN now() END
ON CONFLICT (team_id) DO UPDATE
SET joined_at = coalesce(g.joined_at, excluded.joined_at),
    looked_at = coalesce(g.looked_at, excluded.looked_at),
    tried_at = coalesce(g.tried_at, excluded.tried_at);

-- name: show_guide
-- Keeps how somebody wants to see the guide. $1: team; $2: person; $3: 'whole', 'later' or 'never'.
INSERT INTO guide_readers (team_id, user_id, shown) VALUES ($1, $2, $3)
ON CONFLICT (team_id, user_id) DO UPDATE SET shown = excluded.shown;

-- name: greet
-- Makes somebody the one person of a team who is greeted, unless there is one. $1: team; $2: person. Gives the team, or nothing.
INSERT INTO guides AS g (team_id, greeted) VALUES ($1, $2)
ON CONFLICT (team_id) DO UPDATE SET greeted = excluded.greeted WHERE g.greeted IS NULL
RETURNING g.team_id;

-- name: greeting
-- The message to the person who is greeted. $1: team.
SELECT greeted, greeting, greeted_at IS NOT NULL AS is_sent FROM guides
WHERE team_id = $1 AND greeted IS NOT NULL;

-- name: greeted
-- Notes that the message to the person who is greeted was sent. $1: team.
UPDATE guides SET greeted_at = coalesce(greeted_at, now()) WHERE team_id = $1;
