-- An SOP that is paused stays as it is and matches nothing until it is taken up again.

ALTER TABLE workflows
    ADD COLUMN paused_at timestamptz,
    ADD COLUMN paused_by text,
    ADD CONSTRAINT workflows_paused CHECK ((paused_at IS NULL) = (paused_by IS NULL)),
    -- What is archived is not paused, too: taken back, it is as it was published.
    ADD CONSTRAINT workflows_archived_or_paused CHECK (archived_at IS NULL OR paused_at IS NULL);
