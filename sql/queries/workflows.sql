-- name: current_workflows
-- A team's SOPs at their newest versions; definitions only of versions that the caller lacks. $1: team; $2, $3: ids and versions that it has.
SELECT
    w.id,
    w.version,
    w.paused_at IS NOT NULL AS paused,
    CASE WHEN known.id IS NULL THEN v.definition END AS definition
FROM workflows AS w
JOIN workflow_versions AS v ON v.workflow_id = w.id AND v.version = w.version
LEFT JOIN unnest($2::bigint[], $3::integer[]) AS known (id, version)
    ON known.id = w.id AND known.version = w.version
WHERE w.team_id = $1 AND w.archived_at IS NULL
ORDER BY w.slug;

-- name: workflow_by_slug
-- One SOP at its newest version, unless it is archived. $1: team; $2: slug.
SELECT w.id, w.version, w.paused_at IS NOT NULL AS paused, v.definition
FROM workflows AS w
JOIN workflow_versions AS v ON v.workflow_id = w.id AND v.version = w.version
WHERE w.team_id = $1 AND w.slug = $2 AND w.archived_at IS NULL;

-- name: hold_workflow
-- Makes room for a new SOP, or locks the one there is for a new version. $1: team; $2: slug. Gives its id, its version as others committed it, and whether it is archived or paused.
INSERT INTO workflows AS w (team_id, slug, version) VALUES ($1, $2, 1)
ON CONFLICT (team_id, slug) DO UPDATE SET version = w.version
RETURNING w.id, w.version, w.archived_at IS NOT NULL AS archived, w.paused_at IS NOT NULL AS paused;

-- name: insert_workflow
-- Makes room for a new SOP, unless there is one of that slug. $1: team; $2: slug. Gives its id, or nothing.
INSERT INTO workflows (team_id, slug, version) VALUES ($1, $2, 1)
ON CONFLICT (team_id, slug) DO NOTHING
RETURNING id;

-- name: version_definition
-- The definition of one version. $1: workflow id; $2: version.
SELECT definition FROM workflow_versions WHERE workflow_id = $1 AND version = $2;

-- name: insert_version
-- Stores a version. $1: workflow id; $2: version; $3: definition; $4: by whom.
INSERT INTO workflow_versions (workflow_id, version, definition, created_by)
VALUES ($1, $2, $3, $4);

-- name: set_version
-- Makes a version the newest, and takes an archived SOP back. $1: workflow id; $2: version.
UPDATE workflows SET version = $2, archived_at = NULL WHERE id = $1;

-- name: has_workflows
-- Whether a team ever had an SOP, archived ones included. $1: team.
SELECT EXISTS (SELECT FROM workflows WHERE team_id = $1);

-- name: workflow_versions
-- All versions of an SOP, newest first. $1: team; $2: slug.
SELECT v.version, v.definition, v.created_by, v.created_at
FROM workflows AS w
JOIN workflow_versions AS v ON v.workflow_id = w.id
WHERE w.team_id = $1 AND w.slug = $2
ORDER BY v.version DESC;

-- name: archived_workflows
-- A team's archived SOPs at their newest versions, the last archived first. $1: team; $2: how many; $3: how many before them are left out.
SELECT w.id, w.version, false AS paused, v.definition
FROM workflows AS w
JOIN workflow_versions AS v ON v.workflow_id = w.id AND v.version = w.version
WHERE w.team_id = $1 AND w.archived_at IS NOT NULL
ORDER BY w.archived_at DESC, w.id
LIMIT $2 OFFSET $3;

-- name: hold_workflow_by_slug
-- Locks an SOP that there is, for who changes its state. $1: team; $2: slug. Gives its id, version, and whether it is archived or paused.
SELECT id, version, archived_at IS NOT NULL AS archived, paused_at IS NOT NULL AS paused
FROM workflows
WHERE team_id = $1 AND slug = $2
FOR NO KEY UPDATE;

-- name: newest_version
-- The version of an SOP that is in use. $1: workflow id.
SELECT version FROM workflows WHERE id = $1;

-- name: pause_workflow
-- Pauses an SOP. $1: workflow id; $2: by whom.
UPDATE workflows SET paused_at = now(), paused_by = $2 WHERE id = $1;

-- name: resume_workflow
-- Takes a paused SOP up again. $1: workflow id.
UPDATE workflows SET paused_at = NULL, paused_by = NULL WHERE id = $1;

-- name: archive_workflow
-- Archives an SOP, paused or not. $1: workflow id.
UPDATE workflows SET archived_at = now(), paused_at = NULL, paused_by = NULL WHERE id = $1;

-- name: taken_slugs
-- Every slug of a team's SOPs and drafts, archived ones included. $1: team.
SELECT slug FROM workflows WHERE team_id = $1
UNION
SELECT slug FROM drafts WHERE team_id = $1;

-- name: switch_off_subjects
-- Switches off what is on among an SOP and its steps. $1: team; $2: scopes; $3: subjects of those scopes. Gives scope and subject of what was on.
UPDATE autopilot_switches AS s SET is_on = false
FROM unnest($2::text[], $3::text[]) AS wanted (scope, subject)
WHERE s.team_id = $1 AND s.scope = wanted.scope AND s.subject = wanted.subject AND s.is_on
RETURNING s.scope, s.subject;

-- name: version_lines
-- The newest versions of an SOP without their content, newest first. $1: team; $2: slug; $3: how many.
SELECT v.version, v.definition ->> 'title' AS title, v.created_by, v.created_at
FROM workflows AS w
JOIN workflow_versions AS v ON v.workflow_id = w.id
WHERE w.team_id = $1 AND w.slug = $2
ORDER BY v.version DESC
LIMIT $3;

-- name: workflow_version
-- The content of one version of an SOP. $1: team; $2: slug; $3: version.
SELECT v.definition
FROM workflows AS w
JOIN workflow_versions AS v ON v.workflow_id = w.id
WHERE w.team_id = $1 AND w.slug = $2 AND v.version = $3;
