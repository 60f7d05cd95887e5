-- name: due_reports
-- Reports that are due on this day of their team, from 09:00 its time, and not planned yet. A time zone that this server does not know (any more) counts as UTC, so that it stops nobody else's. $1: now (null: the present). Gives team, kind, day, and the channel of a digest.
WITH wanted AS (
    SELECT
        t.*,
        coalesce($1::timestamptz, now()) AT TIME ZONE coalesce(z.name, 'UTC') AS local
    FROM team_settings AS t
    LEFT JOIN pg_timezone_names AS z ON z.name = t.time_zone
    WHERE weekly_digest OR daily_summary
), due AS (
    SELECT team_id, 'weekly_digest' AS kind, local::date AS day, digest_channel AS channel
    FROM wanted
    WHERE weekly_digest AND extract(isodow FROM local) = 1 AND local::time >= '09:00'
    UNION ALL
    SELECT team_id, 'daily_summary', local::date, null
    FROM wanted
    WHERE daily_summary AND local::time >= '09:00'
)
SELECT team_id, kind, day, channel FROM due
WHERE NOT EXISTS (
    SELECT FROM reports AS r
    WHERE r.team_id = due.team_id AND r.kind = due.kind AND r.day = due.day
)
ORDER BY team_id, kind;

-- name: plan_report
-- Plans a report for each recipient, unless it was planned before; the team is to be locked. $1: team; $2: kind; $3: day; $4: recipients. Gives their ids.
INSERT INTO reports (team_id, kind, day, recipient)
SELECT $1, $2, $3, recipient FROM unnest($4::text[]) AS recipient
WHERE NOT EXISTS (SELECT FROM reports WHERE team_id = $1 AND kind = $2 AND day = $3)
RETURNING id;

-- name: claim_report
-- A report that is to be posted. $1: report. Gives it, and for how many seconds it has not been tried; nothing if there is nothing to post.
SELECT id, team_id, kind, day, recipient, idempotency_key, message, created_at, tried_at,
    extract(epoch FROM now() - tried_at)::float8 AS quiet
FROM reports
WHERE id = $1 AND state IN ('planned', 'trying');

-- name: begin_report
-- Notes that a report is posted now, unless somebody else tried since. $1: report; $2: when it was tried last (null: not yet). Gives when this try began, or nothing.
UPDATE reports SET state = 'trying', tried_at = now()
WHERE id = $1 AND state IN ('planned', 'trying') AND tried_at IS NOT DISTINCT FROM $2
RETURNING tried_at;

-- name: set_report_message
-- Keeps what a report says, for every try to say the same. $1: report; $2: text and blocks.
UPDATE reports SET message = $2 WHERE id = $1 AND message IS NULL;

-- name: set_report_planned
-- Notes that Slack surely did not post a report. $1: report; $2: when that try began.
UPDATE reports SET state = 'planned', tried_at = NULL
WHERE id = $1 AND state = 'trying' AND tried_at = $2;

-- name: set_report_posted
-- Notes that a report is posted. $1: report.
UPDATE reports SET state = 'posted' WHERE id = $1 AND state IN ('planned', 'trying');

-- name: set_report_failed
-- Notes that a report will not be posted, unless somebody else tried since. $1: report; $2: when it was tried last (null: not yet); $3: why.
UPDATE reports SET state = 'failed', error = $3
WHERE id = $1 AND state IN ('planned', 'trying') AND tried_at IS NOT DISTINCT FROM $2;

-- name: failed_reports
-- Of each kind of report, those of its newest day that Slack did not take. $1: team; $2: how many at most.
SELECT kind, day, recipient, error FROM reports AS r
WHERE team_id = $1 AND state = 'failed' AND day = (
    SELECT max(day) FROM reports WHERE team_id = $1 AND kind = r.kind
)
ORDER BY kind DESC, recipient LIMIT $2;

-- name: unposted_reports
-- Reports that have waited suspiciously long; they are queued again unless they are. $1: how long (interval); $2: how many at most.
SELECT id FROM reports
WHERE state IN ('planned', 'trying') AND created_at < now() - $1::interval
ORDER BY created_at LIMIT $2;

-- name: waiting_for_people
-- How many proposals of a team wait to be started, and how many steps of its runs for people. $1: team.
SELECT
    (SELECT count(*) FROM runs WHERE team_id = $1 AND state = 'proposed') AS proposals,
    (
        SELECT count(*)
        FROM runs AS r
        JOIN run_steps AS s ON s.run_id = r.id
        WHERE r.team_id = $1 AND r.state = 'running' AND s.state = 'waiting'
    ) AS steps;
