-- name: waiting_for_people
-- What waits for a team's people, the longest first: proposals (step_id null), and steps to do, to approve, or to look after. $1: team; $2: how many at most.
SELECT
    r.id AS run_id, r.channel_id, sig.permalink, v.definition, s.step_id, s.state,
    coalesce(s.changed_at, r.created_at) AS since
FROM runs AS r
JOIN raw_signals AS sig ON sig.id = r.signal_id
JOIN workflow_versions AS v ON v.workflow_id = r.workflow_id AND v.version = r.workflow_version
LEFT JOIN run_steps AS s ON s.run_id = r.id AND s.state IN ('waiting', 'failed', 'unknown')
WHERE r.team_id = $1 AND r.state IN ('proposed', 'running')
    AND (r.state = 'proposed' OR s.step_id IS NOT NULL)
ORDER BY since, r.id, s.position
LIMIT $2;

-- name: count_waiting
-- How many proposals and steps wait for a team's people. $1: team.
SELECT count(*)
FROM runs AS r
LEFT JOIN run_steps AS s ON s.run_id = r.id AND s.state IN ('waiting', 'failed', 'unknown')
WHERE r.team_id = $1 AND r.state IN ('proposed', 'running')
    AND (r.state = 'proposed' OR s.step_id IS NOT NULL);
