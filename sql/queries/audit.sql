-- name: append_audit
-- Appends to a team's audit log, in the caller's transaction; the table numbers, dates and chains the rows. $1: team; a column each, one row an entry: $2: actors; $3: kinds; $4: subjects; $5, $6: before and after (null: nothing).
INSERT INTO audit_log (team_id, actor, kind, subject, before, after)
SELECT $1, actor, kind, subject, before, after
FROM unnest($2::text[], $3::text[], $4::text[], $5::jsonb[], $6::jsonb[])
    WITH ORDINALITY AS entry (actor, kind, subject, before, after, ordinal)
ORDER BY ordinal;

-- name: audit_rows
-- A part of a team's audit log, in order. $1: team; $2: after which number; $3: from when; $4: until before when (null: no bound); $5: how many.
SELECT team_id AS team, number, at, actor, kind, subject, before, after, previous, hash
FROM audit_log
WHERE team_id = $1 AND number > $2
    AND ($3::timestamptz IS NULL OR at >= $3) AND ($4::timestamptz IS NULL OR at < $4)
ORDER BY number
LIMIT $5;

-- name: last_audit_rows
-- The end of a team's audit log, newest first. $1: team; $2: how many.
SELECT team_id AS team, number, at, actor, kind, subject, before, after, previous, hash
FROM audit_log
WHERE team_id = $1
ORDER BY number DESC
LIMIT $2;

-- name: audit_heads
-- The last row of every team's audit log, as its head has it. No parameters.
SELECT team_id, number, hash FROM audit_heads ORDER BY team_id;

-- name: audit_head
-- The last row of a team's audit log, as its head has it; nothing if none was ever written. $1: team.
SELECT team_id, number, hash FROM audit_heads WHERE team_id = $1;

-- name: audited_teams
-- Every team that is known, or has a head or rows in the audit log. No parameters.
SELECT team_id FROM teams
UNION SELECT team_id FROM audit_heads
UNION SELECT team_id FROM audit_log
ORDER BY team_id;
