-- name: fold_figures
-- Adds what was counted lately to the figures by day. $1: how many changes at most. Gives how many there were.
WITH due AS (
    SELECT id FROM figure_changes ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED
), taken AS (
    DELETE FROM figure_changes AS c USING due WHERE c.id = due.id RETURNING c.*
), of_teams AS (
    INSERT INTO daily_figures AS f (team_id, day, signals, started, actions, saved_min)
    SELECT team_id, day, sum(signals), sum(started), sum(actions), sum(saved_min)
    FROM taken
    GROUP BY team_id, day
    -- All in the same order, so that none waits for the other in a circle.
    ORDER BY team_id, day
    ON CONFLICT (team_id, day) DO UPDATE
    SET signals = f.signals + excluded.signals,
        started = f.started + excluded.started,
        actions = f.actions + excluded.actions,
        saved_min = f.saved_min + excluded.saved_min
), of_sops AS (
    INSERT INTO daily_sop_figures AS f (
        team_id, workflow_id, day, matched, started, approved, dismissed, actions, saved_min
    )
    SELECT team_id, workflow_id, day, sum(matched), sum(started), sum(approved), sum(dismissed),
        sum(actions), sum(saved_min)
    FROM taken
    WHERE workflow_id IS NOT NULL
    GROUP BY team_id, day, workflow_id
    ORDER BY team_id, day, workflow_id
    ON CONFLICT (team_id, day, workflow_id) DO UPDATE
    SET matched = f.matched + excluded.matched,
        started = f.started + excluded.started,
        approved = f.approved + excluded.approved,
        dismissed = f.dismissed + excluded.dismissed,
        actions = f.actions + excluded.actions,
        saved_min = f.saved_min + excluded.saved_min
)
SELECT count(*) FROM taken;

-- name: team_figures
-- A team's figures of the last days (UTC), today's last; one row a day. $1: team; $2: how many days.
WITH days AS (
    SELECT (now() AT TIME ZONE 'UTC')::date - back AS day FROM generate_series(0, $2::int - 1) AS back
), found AS (
    SELECT day, signals, started, actions, saved_min FROM daily_figures
    WHERE team_id = $1 AND day > (now() AT TIME ZONE 'UTC')::date - $2::int
    UNION ALL
    SELECT day, signals, started, actions, saved_min FROM figure_changes
    WHERE team_id = $1 AND day > (now() AT TIME ZONE 'UTC')::date - $2::int
)
SELECT
    day,
    coalesce(sum(signals), 0)::bigint AS signals,
    coalesce(sum(started), 0)::bigint AS started,
    coalesce(sum(actions), 0)::bigint AS actions,
    coalesce(sum(saved_min), 0)::bigint AS saved_min
FROM days
LEFT JOIN found USING (day)
GROUP BY day
ORDER BY day;

-- name: sop_figures
-- Figures of a team's SOPs in the last days (UTC), of those that have any. $1: team; $2: how many days.
SELECT
    workflow_id,
    sum(matched)::bigint AS matched,
    sum(started)::bigint AS started,
    sum(approved)::bigint AS approved,
    sum(dismissed)::bigint AS dismissed,
    sum(actions)::bigint AS actions,
    sum(saved_min)::bigint AS saved_min
FROM (
    SELECT workflow_id, matched, started, approved, dismissed, actions, saved_min
    FROM daily_sop_figures
    WHERE team_id = $1 AND day > (now() AT TIME ZONE 'UTC')::date - $2::int
    UNION ALL
    SELECT workflow_id, matched, started, approved, dismissed, actions, saved_min
    FROM figure_changes
    WHERE team_id = $1 AND day > (now() AT TIME ZONE 'UTC')::date - $2::int
        AND workflow_id IS NOT NULL
) AS found
GROUP BY workflow_id;

-- name: count_unjudged
-- How many evaluations of the last 24 hours ended without a judgement. $1: team; $2: how many are counted at most.
SELECT count(*) FROM (
    SELECT created_at FROM evaluations
    WHERE team_id = $1 AND outcome = 'unjudged'
    ORDER BY id DESC LIMIT $2
) AS newest
WHERE created_at > now() - interval '24 hours';
