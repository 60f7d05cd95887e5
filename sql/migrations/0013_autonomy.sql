-- Earned autonomy: what people decide where Auto-Pilot would have acted, and what takes its trust
-- back. And the first steps of a team: how far its guide has come.

-- A row a step and run: the step waited for a person, and but for its switch Auto-Pilot would have
-- done it. Read by the index, so many rows back and no further.
CREATE TABLE shadow_decisions (
    run_id bigint NOT NULL REFERENCES runs ON DELETE CASCADE,
    step_id text NOT NULL,
    team_id text NOT NULL REFERENCES teams,
    workflow_id bigint NOT NULL,
    -- What the step does, as a digest: one that does something else has earned nothing yet.
    content text NOT NULL,
    approved boolean NOT NULL,
    decided_by text NOT NULL CHECK (decided_by <> ''),
    decided_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (run_id, step_id),
    FOREIGN KEY (workflow_id, team_id) REFERENCES workflows (id, team_id)
);
CREATE INDEX shadow_decisions_of_step
    ON shadow_decisions (workflow_id, step_id, content, decided_at DESC) INCLUDE (approved);

-- A switch that went off by itself after a press. What was earned before it counts no more.
CREATE TABLE demotions (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    team_id text NOT NULL REFERENCES teams,
    workflow_id bigint NOT NULL,
    -- Null: the SOP's own switch.
    step_id text,
    -- The run whose thread is told, and what was pressed there.
    run_id bigint NOT NULL REFERENCES runs ON DELETE CASCADE,
    cause text NOT NULL CHECK (cause IN ('undone', 'dismissed')),
    pressed_by text NOT NULL CHECK (pressed_by <> ''),
    at timestamptz NOT NULL DEFAULT now(),
    idempotency_key uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    told_at timestamptz,
    FOREIGN KEY (workflow_id, team_id) REFERENCES workflows (id, team_id),
    CHECK ((cause = 'undone') = (step_id IS NOT NULL))
);
CREATE INDEX demotions_of_sop ON demotions (workflow_id, at DESC);
CREATE INDEX demotions_of_run ON demotions (run_id);

-- Starts by Auto-Pilot that people dismissed.
CREATE INDEX runs_dismissed_starts ON runs (workflow_id, ended_at)
    WHERE state = 'dismissed' AND started_by IS NULL AND started_at IS NOT NULL;

-- What matched, by SOP and time: so many of one SOP are read, however many the others have. A match
-- below one half never starts, whatever the threshold.
CREATE INDEX evaluations_matched_sop ON evaluations (workflow_id, created_at DESC)
    WHERE cause = 'signal' AND NOT dry_run AND confidence >= 0.5;
DROP INDEX evaluations_matched;

-- Facts of a team's first steps that are not to be seen elsewhere; the others are looked up.
CREATE TABLE guides (
    team_id text PRIMARY KEY REFERENCES teams,
    joined_at timestamptz,
    looked_at timestamptz,
    tried_at timestamptz,
    -- Who is greeted by a message: the person who opened Home first.
    greeted text CHECK (greeted <> ''),
    greeting uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    greeted_at timestamptz
);

-- How each person wants to see the guide; no row: whole.
CREATE TABLE guide_readers (
    team_id text NOT NULL REFERENCES teams,
    user_id text NOT NULL,
    shown text NOT NULL CHECK (shown IN ('whole', 'later', 'never')),
    PRIMARY KEY (team_id, user_id)
);
