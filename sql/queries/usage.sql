-- name: reserve_tokens
-- Takes tokens from a team's budget of today (UTC) before a call, if so many are left. $1: team; $2: tokens; $3: the day's budget where the team does not set it. Gives the day that they were taken from, or nothing.
WITH budget AS (
    SELECT coalesce(
        (SELECT daily_token_budget FROM team_settings WHERE team_id = $1), $3::bigint
    ) AS tokens
)
INSERT INTO model_usage AS u (team_id, day, reserved_tokens)
SELECT $1, (now() AT TIME ZONE 'UTC')::date, $2::bigint
FROM budget
WHERE $2::bigint <= budget.tokens
ON CONFLICT (team_id, day) DO UPDATE
SET reserved_tokens = u.reserved_tokens + $2::bigint
WHERE u.reserved_tokens + u.prompt_tokens + u.completion_tokens + $2::bigint
    <= (SELECT tokens FROM budget)
RETURNING day;

-- name: settle_tokens
-- Gives reserved tokens back after a call, and notes those that it took. $1: team; $2: the day; $3: reserved tokens; $4: calls that were answered (0 or 1); $5, $6: prompt and completion tokens; $7: cost in US dollars.
UPDATE model_usage
SET reserved_tokens = reserved_tokens - $3::bigint,
    calls = calls + $4::integer,
    prompt_tokens = prompt_tokens + $5::bigint,
    completion_tokens = completion_tokens + $6::bigint,
    cost_usd = cost_usd + $7::double precision
WHERE team_id = $1 AND day = $2::date;

-- name: usage_today
-- What a team's calls of the model took today (UTC), those under way at their most. $1: team. Gives tokens and cost in US dollars; nothing where there was no call.
SELECT reserved_tokens + prompt_tokens + completion_tokens AS tokens, cost_usd
FROM model_usage
WHERE team_id = $1 AND day = (now() AT TIME ZONE 'UTC')::date;
