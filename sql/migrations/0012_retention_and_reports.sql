-- Up to which signal a team's texts were forgotten. Signals are looked at in the order in which they
-- were stored, once each, so that forgetting costs no index on a table that every message writes.
CREATE TABLE forgotten (
    team_id text PRIMARY KEY REFERENCES teams,
    up_to bigint NOT NULL DEFAULT 0 CHECK (up_to >= 0)
);

-- Reports: a row for each that is due, written before it is posted.
CREATE TABLE reports (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    team_id text NOT NULL REFERENCES teams,
    kind text NOT NULL CHECK (kind IN ('weekly_digest', 'daily_summary')),
    -- The day on which it is due, in the team's time zone; a digest is due on Mondays.
    day date NOT NULL,
    -- A channel, or whom it is sent to by direct message.
    recipient text NOT NULL CHECK (recipient <> ''),
    idempotency_key uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    state text NOT NULL DEFAULT 'planned'
        CHECK (state IN ('planned', 'trying', 'posted', 'failed')),
    -- What was posted: figures go on, and a second try must say the same.
    message jsonb,
    error text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (team_id, kind, day, recipient),
    CHECK ((state = 'failed') = (error <> ''))
);
-- What is under way, for the sweep.
CREATE INDEX reports_open ON reports (created_at) WHERE state IN ('planned', 'trying');
