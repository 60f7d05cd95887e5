-- Drafts: SOPs that people are changing and have not published yet; one an SOP, for all of them.

CREATE TABLE drafts (
    team_id text NOT NULL REFERENCES teams,
    slug text NOT NULL CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    definition jsonb NOT NULL,
    -- The version that it was made from; 0: there was none.
    base_version integer NOT NULL CHECK (base_version >= 0),
    -- Whoever saves says which revision they saw: a second person does not write over the first.
    revision integer NOT NULL DEFAULT 1 CHECK (revision > 0),
    changed_by text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (team_id, slug)
);

-- Versions keep their content; their stored form gains the thresholds that an SOP may have.
UPDATE workflow_versions
SET definition = jsonb_set(
    definition,
    '{trigger}',
    '{"propose_from": null, "auto_from": null}' || (definition -> 'trigger')
);
