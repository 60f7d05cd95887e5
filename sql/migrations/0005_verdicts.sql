-- What people say of judgements: that an SOP fits a message, or does not. The message's text is not
-- copied: it is read from its signal, and goes with it.

-- Counted up whenever what there is to learn changes, so that evaluators know what they learned last.
ALTER TABLE teams ADD COLUMN lessons_version bigint NOT NULL DEFAULT 0;

-- A verdict can only name an SOP of its own team.
ALTER TABLE workflows ADD UNIQUE (id, team_id);

-- Every word is kept, with who said it and when; the newest on a signal and an SOP counts.
CREATE TABLE verdicts (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    team_id text NOT NULL REFERENCES teams,
    signal_id bigint NOT NULL REFERENCES raw_signals,
    -- The text that was meant: after an edit nothing is learned from it any more.
    revision integer NOT NULL CHECK (revision > 0),
    -- Null: any SOP. Fits: one does, which was not named. Does not fit: none does.
    workflow_id bigint,
    fits boolean NOT NULL,
    -- The evaluation that it answers, if any.
    evaluation_id bigint REFERENCES evaluations,
    given_by text NOT NULL CHECK (given_by <> ''),
    given_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    -- When a later word took its place.
    replaced_at timestamptz CHECK (replaced_at >= given_at),
    FOREIGN KEY (workflow_id, team_id) REFERENCES workflows (id, team_id)
);
CREATE UNIQUE INDEX verdicts_once ON verdicts (signal_id, coalesce(workflow_id, 0))
    WHERE replaced_at IS NULL;
-- A message calls for one SOP, or for none: there are no two answers to that.
CREATE UNIQUE INDEX verdicts_one_answer ON verdicts (signal_id)
    WHERE replaced_at IS NULL AND fits = (workflow_id IS NOT NULL);
CREATE INDEX verdicts_of_signal ON verdicts (signal_id);
CREATE INDEX verdicts_newest ON verdicts (team_id, workflow_id, id DESC) WHERE replaced_at IS NULL;

-- What matched, by time: from it follows what other thresholds would have started.
CREATE INDEX evaluations_matched ON evaluations (team_id, created_at)
    WHERE workflow_id IS NOT NULL AND cause = 'signal' AND NOT dry_run;
