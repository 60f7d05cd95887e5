-- Runs that are carried out: their steps, and the ledger of what they do outside.

ALTER TABLE runs
    DROP CONSTRAINT runs_state_check,
    DROP CONSTRAINT runs_check,
    ADD CONSTRAINT runs_state_check CHECK (
        state IN ('proposed', 'running', 'done', 'cancelled', 'dismissed', 'expired')
    ),
    -- Null: LiveSOP itself.
    ADD COLUMN started_by text,
    ADD COLUMN ended_by text,
    ADD COLUMN ended_why text NOT NULL DEFAULT '',
    -- The message in the thread is the run's face: a change that people should see counts the
    -- version up. Whoever shows one holds face_at in the future meanwhile, and notes which it was;
    -- once a second is enough.
    ADD COLUMN face_version integer NOT NULL DEFAULT 1 CHECK (face_version > 0),
    ADD COLUMN face_shown integer NOT NULL DEFAULT 0 CHECK (face_shown >= 0),
    ADD COLUMN face_at timestamptz,
    ADD CONSTRAINT runs_ended CHECK (
        (state IN ('proposed', 'running')) = (ended_at IS NULL)
    ),
    ADD CONSTRAINT runs_face CHECK (face_shown <= face_version);
-- Runs from before were shown once, and had nothing to carry out.
UPDATE runs SET face_shown = 1, face_at = created_at WHERE post_state = 'posted';

-- Messages that show an old state, for the sweep.
CREATE INDEX runs_unshown ON runs (face_at)
    WHERE post_state = 'posted' AND face_shown < face_version;

CREATE TABLE run_steps (
    run_id bigint NOT NULL REFERENCES runs,
    step_id text NOT NULL,
    position integer NOT NULL CHECK (position >= 0),
    state text NOT NULL CHECK (
        state IN (
            'blocked', 'waiting', 'planned', 'trying', 'done', 'skipped', 'bypassed', 'failed',
            'unknown', 'cancelled'
        )
    ),
    chosen text NOT NULL DEFAULT '',
    -- For people: why it failed, who was asked, what came of it.
    detail text NOT NULL DEFAULT '',
    link text,
    -- Null: LiveSOP itself.
    changed_by text,
    changed_at timestamptz NOT NULL DEFAULT now(),
    opened_at timestamptz,
    reminded_at timestamptz,
    PRIMARY KEY (run_id, step_id),
    UNIQUE (run_id, position),
    CHECK (state IN ('blocked', 'bypassed', 'cancelled') OR opened_at IS NOT NULL)
);
-- What waits for people, for reminders and expiry.
CREATE INDEX run_steps_waiting ON run_steps (opened_at) WHERE state = 'waiting';

-- The ledger. A row is written, with its request as it will be sent, before anything is tried.
CREATE TABLE actions (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    team_id text NOT NULL REFERENCES teams,
    run_id bigint NOT NULL,
    step_id text NOT NULL,
    signal_id bigint NOT NULL REFERENCES raw_signals,
    workflow_id bigint NOT NULL REFERENCES workflows,
    kind text NOT NULL,
    idempotency_key uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    request jsonb NOT NULL,
    state text NOT NULL DEFAULT 'planned' CHECK (
        state IN ('planned', 'trying', 'done', 'failed', 'unknown', 'cancelled')
    ),
    -- Planned by Auto-Pilot, whose switches must still be on when it is claimed; else by a person.
    by_autopilot boolean NOT NULL,
    -- A person said that it may be done although it was done for this signal before.
    again boolean NOT NULL DEFAULT false,
    due_at timestamptz NOT NULL,
    -- When it was first tried: what a target is asked about later is not older than that.
    tried_at timestamptz,
    attempts integer NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    receipt jsonb,
    error text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (run_id, step_id) REFERENCES run_steps,
    UNIQUE (run_id, step_id),
    CHECK ((state = 'done') = (receipt IS NOT NULL)),
    CHECK ((attempts = 0) = (tried_at IS NULL))
);
-- An effect happens once for a signal, whichever of its runs comes to it.
CREATE UNIQUE INDEX actions_once ON actions (signal_id, workflow_id, step_id)
    WHERE state IN ('planned', 'trying', 'done', 'unknown') AND NOT again;
-- What is due, for the sweep; and what Auto-Pilot has planned, for the kill switch.
CREATE INDEX actions_due ON actions (due_at) WHERE state IN ('planned', 'trying');
CREATE INDEX actions_by_autopilot ON actions (team_id, workflow_id)
    WHERE state = 'planned' AND by_autopilot;
-- How often a step acted lately, and how it went: the breaker's question.
CREATE INDEX actions_of_step ON actions (workflow_id, step_id, changed_at DESC)
    WHERE state IN ('done', 'failed', 'unknown', 'trying');
