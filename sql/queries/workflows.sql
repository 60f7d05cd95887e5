-- name: current_workflows
-- A team's SOPs at their newest versions; definitions only of versions that the caller lacks. $1: team; $2, $3: ids and versions that it has.
SELECT
    w.id,
    w.version,
    CASE WHEN known.id IS NULL THEN v.definition END AS definition
FROM workflows AS w
JOIN workflow_versions AS v ON v.workflow_id = w.id AND v.version = w.version
LEFT JOIN unnest($2::bigint[], $3::integer[]) AS known (id, version)
    ON known.id = w.id AND known.version = w.version
WHERE w.team_id = $1 AND w.archived_at IS NULL
ORDER BY w.slug;

-- name: workflow_by_slug
-- One SOP at its newest version, unless it is archived. $1: team; $2: slug.
SELECT w.id, w.version, v.definition
FROM workflows AS w
JOIN workflow_versions AS v ON v.workflow_id = w.id AND v.version = w.version
WHERE w.team_id = $1 AND w.slug = $2 AND w.archived_at IS NULL;

-- name: hold_workflow
-- Makes room for a new SOP, or locks the one there is for a new version. $1: team; $2: slug. Gives its id, its version as others committed it, and whether it is archived.
INSERT INTO workflows AS w (team_id, slug, version) VALUES ($1, $2, 1)
ON CONFLICT (team_id, slug) DO UPDATE SET version = w.version
RETURNING w.id, w.version, w.archived_at IS NOT NULL AS archived;

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
