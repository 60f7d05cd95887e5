-- name: ensure_team
-- Makes a team known, with Auto-Pilot off, or brings its name up to date. $1: team; $2: name (empty: leave as it is).
INSERT INTO teams AS t (team_id, name) VALUES ($1, $2)
ON CONFLICT (team_id) DO UPDATE SET name = excluded.name
WHERE excluded.name <> '' AND t.name <> excluded.name;

-- name: team_autopilot
-- Whether a team's kill switch lets anything run; nothing for an unknown team. $1: team.
SELECT autopilot FROM teams WHERE team_id = $1;

-- name: switches
-- Every switch that the gate looks at, absent ones as they count; nothing for an unknown team. $1: team; $2: workflow slug; $3: channel; $4: step subjects ('slug/step'); $5: version of a run's SOP, or null: a step of an older one that does something else than the newest one's is not what was allowed, and counts as off.
SELECT
    t.autopilot AS team,
    EXISTS (
        SELECT FROM autopilot_switches AS s
        WHERE s.team_id = t.team_id AND s.scope = 'workflow' AND s.subject = $2 AND s.is_on
    ) AS workflow,
    NOT EXISTS (
        SELECT FROM autopilot_switches AS s
        WHERE s.team_id = t.team_id AND s.scope = 'channel' AND s.subject = $3 AND NOT s.is_on
    ) AS channel,
    ARRAY(
        SELECT s.subject FROM autopilot_switches AS s
        WHERE s.team_id = t.team_id AND s.scope = 'step' AND s.subject = ANY($4::text[]) AND s.is_on
            AND NOT EXISTS (
                SELECT FROM workflows AS w
                JOIN workflow_versions AS o ON o.workflow_id = w.id AND o.version = $5::integer
                JOIN workflow_versions AS n ON n.workflow_id = w.id AND n.version = w.version
                CROSS JOIN LATERAL jsonb_array_elements(o.definition -> 'steps') AS old
                WHERE w.team_id = t.team_id AND w.slug = $2 AND w.version <> $5
                    AND s.subject = $2 || '/' || (old ->> 'id')
                    AND NOT EXISTS (
                        SELECT FROM jsonb_array_elements(n.definition -> 'steps') AS new
                        WHERE new ->> 'id' = old ->> 'id' AND new -> 'kind' = old -> 'kind'
                            AND new -> 'mode' = old -> 'mode'
                            AND new -> 'action' = old -> 'action'
                            AND new -> 'fields' = old -> 'fields'
                    )
            )
    ) AS steps,
    EXISTS (
        SELECT FROM workflows AS w
        WHERE w.team_id = t.team_id AND w.slug = $2
            AND (w.paused_at IS NOT NULL OR w.archived_at IS NOT NULL)
    ) AS paused
FROM teams AS t
WHERE t.team_id = $1;

-- name: switched_on
-- The SOPs and steps that are switched on. $1: team. Gives scope and subject.
SELECT scope, subject FROM autopilot_switches
WHERE team_id = $1 AND is_on AND scope IN ('workflow', 'step')
ORDER BY scope, subject;

-- name: channels_off
-- The channels in which Auto-Pilot is off. $1: team.
SELECT subject FROM autopilot_switches
WHERE team_id = $1 AND scope = 'channel' AND NOT is_on
ORDER BY subject;

-- name: switch
-- A switch below the team; nothing if it was never turned. $1: team; $2: scope; $3: subject.
SELECT is_on FROM autopilot_switches WHERE team_id = $1 AND scope = $2 AND subject = $3;

-- name: hold_team
-- Locks a team for who sets up its SOPs or turns its switches; held to the end of the transaction. $1: team. Gives its id, or nothing.
SELECT team_id FROM teams WHERE team_id = $1 FOR NO KEY UPDATE;

-- name: set_team_autopilot
-- Turns the kill switch of a known team. $1: team; $2: on. Gives the switch as it now stands.
UPDATE teams SET autopilot = $2 WHERE team_id = $1 RETURNING autopilot;

-- name: set_switch
-- Turns a switch below the team. $1: team; $2: scope; $3: subject; $4: on. Gives the switch as it now stands.
INSERT INTO autopilot_switches (team_id, scope, subject, is_on) VALUES ($1, $2, $3, $4)
ON CONFLICT (team_id, scope, subject) DO UPDATE SET is_on = excluded.is_on
RETURNING is_on;

-- name: known_teams
-- Every team that LiveSOP has served, by id. No parameters.
SELECT team_id, name FROM teams ORDER BY team_id;
