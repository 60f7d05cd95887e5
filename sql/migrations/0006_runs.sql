-- Runs that are carried out: their steps, and the ledger of what they do outside.

ALTER TABLE runs
    DROP CONSTRAINT runs_state_check,
    DROP CONSTRAINT runs_check,
    ADD CONSTRAINT runs_state_check CHECK (
        state IN ('proposed', 'running', 'done', 'cancelled', 'dismissed', 'expired')
    ),
    -- Null: LiveSOP itself.
    ADD COLUMN started_by text,
    ADD COLUMN started_at timestamptz,
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
-- Runs from before were shown once. Their steps were for people alone, so none of those under way
-- is carried out now.
UPDATE runs SET face_shown = 1, face_at = created_at WHERE post_state = 'posted';
UPDATE runs
SET state = 'cancelled', ended_at = now(), ended_why = 'LiveSOP did not carry out steps yet.',
    post_state = CASE WHEN post_state = 'planned' THEN 'cancelled' ELSE post_state END
WHERE state = 'running';

-- What Auto-Pilot started lately, for the limit of a team; what is open, for expiry and the sweep.
CREATE INDEX runs_started_lately ON runs (team_id, started_at)
    WHERE started_by IS NULL AND started_at IS NOT NULL;
CREATE INDEX runs_open ON runs (created_at) WHERE state IN ('proposed', 'running');

-- Versions keep their content; their stored form gains what steps can say since.
UPDATE workflow_versions
SET definition = jsonb_set(definition, '{steps}', coalesce((
    SELECT jsonb_agg('{"approvers": [], "undo_s": null}' || step ORDER BY position)
    FROM jsonb_array_elements(definition -> 'steps') WITH ORDINALITY AS s (step, position)
), '[]'));

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
    -- Its effect is there already, or may be, from an earlier run for the same message: it is done
    -- again only when a person says so.
    repeats boolean NOT NULL DEFAULT false,
    PRIMARY KEY (run_id, step_id),
    UNIQUE (run_id, position),
    CHECK (state IN ('blocked', 'bypassed', 'cancelled') OR opened_at IS NOT NULL)
);
-- What waits for people, for reminders.
CREATE INDEX run_steps_waiting ON run_steps (changed_at)
    WHERE state = 'waiting' AND reminded_at IS NULL;

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
    -- A person said that it may be done although it was, or may have been, done before.
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
-- How a step fared lately, for the breaker.
CREATE INDEX actions_of_step ON actions (workflow_id, step_id, changed_at DESC)
    WHERE state IN ('trying', 'done', 'failed', 'unknown');
CREATE INDEX actions_of_signal ON actions (signal_id);

-- The breaker: while a step's pause is open, Auto-Pilot leaves the step to people. What waits for it
-- stands in one card, in the thread of the run in which it began. A person ends it.
CREATE TABLE pauses (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    team_id text NOT NULL REFERENCES teams,
    workflow_id bigint NOT NULL REFERENCES workflows,
    step_id text NOT NULL,
    -- The run whose thread has the card.
    run_id bigint NOT NULL REFERENCES runs,
    reason text NOT NULL,
    began_at timestamptz NOT NULL DEFAULT now(),
    kept_by text,
    ended_at timestamptz,
    ended_by text,
    idempotency_key uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    card_version integer NOT NULL DEFAULT 1 CHECK (card_version > 0),
    card_shown integer NOT NULL DEFAULT 0,
    card_ts text,
    -- Until when the card is left alone: somebody shows it, or just did.
    card_at timestamptz,
    CHECK ((ended_at IS NULL) = (ended_by IS NULL)),
    CHECK (card_shown BETWEEN 0 AND card_version)
);
CREATE UNIQUE INDEX pauses_open_once ON pauses (workflow_id, step_id) WHERE ended_at IS NULL;
-- Since when a step's attempts count anew.
CREATE INDEX pauses_of_step ON pauses (workflow_id, step_id, ended_at DESC);

-- What waits for a pause to end.
ALTER TABLE run_steps ADD COLUMN pause_id bigint REFERENCES pauses;
CREATE INDEX run_steps_paused ON run_steps (pause_id) WHERE pause_id IS NOT NULL;
-- Cards that show an old state, for the sweep.
CREATE INDEX pauses_unshown ON pauses (id) WHERE card_shown < card_version;
