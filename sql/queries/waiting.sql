-- name: waiting_runs
-- Open runs in which people are waited for, the oldest first. $1: team; $2: how many at most. Gives run, channel, whether the run itself waits (proposed), and how many steps do.
SELECT r.id, r.channel_id, r.is_proposed, w.steps
FROM (
    SELECT id, channel_id, state = 'proposed' AS is_proposed FROM runs
    WHERE team_id = $1 AND state IN ('proposed', 'running')
    ORDER BY id
) AS r
CROSS JOIN LATERAL (
    SELECT count(*) AS steps FROM run_steps
    WHERE run_id = r.id AND state IN ('waiting', 'failed', 'unknown')
) AS w
WHERE r.is_proposed OR w.steps > 0
LIMIT $2;
