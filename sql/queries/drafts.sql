-- name: draft
-- The draft of an SOP. $1: team; $2: slug.
SELECT slug, definition, base_version, revision, changed_by, changed_at
FROM drafts
WHERE team_id = $1 AND slug = $2;

-- name: drafts_of_team
-- A team's drafts without their content, the last changed first. $1: team.
SELECT slug, definition ->> 'title' AS title, base_version, changed_by, changed_at
FROM drafts
WHERE team_id = $1
ORDER BY changed_at DESC, slug;

-- name: insert_draft
-- Begins a draft, unless there is one. $1: team; $2: slug; $3: definition; $4: the version it is made from; $5: by whom. Gives its row, or nothing.
INSERT INTO drafts (team_id, slug, definition, base_version, changed_by)
VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (team_id, slug) DO NOTHING
RETURNING slug, definition, base_version, revision, changed_by, changed_at;

-- name: update_draft
-- Saves a draft, if it is still at the revision that was seen. $1: team; $2: slug; $3: revision; $4: definition; $5: by whom. Gives its row, or nothing.
UPDATE drafts
SET definition = $4, revision = revision + 1, changed_by = $5, changed_at = now()
WHERE team_id = $1 AND slug = $2 AND revision = $3
RETURNING slug, definition, base_version, revision, changed_by, changed_at;

-- name: delete_draft
-- Deletes a draft, if it is still at the revision that was seen. $1: team; $2: slug; $3: revision. Gives its content, or nothing.
DELETE FROM drafts WHERE team_id = $1 AND slug = $2 AND revision = $3 RETURNING definition;
