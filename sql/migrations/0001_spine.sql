-- The spine: teams and their switches, signals, workflows, evaluations, runs.
--
-- Invariants are constraints here, so that no process, however confused, can store what must not be.

CREATE TABLE teams (
    team_id text PRIMARY KEY,
    name text NOT NULL DEFAULT '',
    -- The kill switch. A new team starts with Auto-Pilot off: nothing acts before people said so.
    autopilot boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE workflows (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    team_id text NOT NULL REFERENCES teams,
    slug text NOT NULL CHECK (slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'),
    version integer NOT NULL CHECK (version > 0),
    archived_at timestamptz,
    UNIQUE (team_id, slug)
);

-- Every change makes a new version; a version never changes.
CREATE TABLE workflow_versions (
    workflow_id bigint NOT NULL REFERENCES workflows,
    version integer NOT NULL CHECK (version > 0),
    definition jsonb NOT NULL,
    created_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workflow_id, version)
);

-- Auto-Pilot below the team: no row means off for a workflow and a step, on for a channel.
CREATE TABLE autopilot_switches (
    team_id text NOT NULL REFERENCES teams,
    scope text NOT NULL CHECK (scope IN ('workflow', 'channel', 'step')),
    -- workflow: its slug; channel: its id; step: 'slug/step'
    subject text NOT NULL,
    is_on boolean NOT NULL,
    PRIMARY KEY (team_id, scope, subject)
);

-- Who switched what, at the team or below it.
CREATE TABLE switch_history (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    team_id text NOT NULL REFERENCES teams,
    scope text NOT NULL CHECK (scope IN ('team', 'workflow', 'channel', 'step')),
    subject text NOT NULL,
    is_on boolean NOT NULL,
    changed_by text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now()
);

-- One row a message. The unique identity is what makes a redelivery, the app_mention beside the
-- message, and an edit or a deletion that comes before its original meet in the same row.
CREATE TABLE raw_signals (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    event_id text NOT NULL UNIQUE,
    team_id text NOT NULL,
    source text NOT NULL CHECK (source IN ('slack', 'import')),
    external_id text NOT NULL,
    channel_id text NOT NULL,
    message_ts text NOT NULL,
    thread_ts text,
    author_id text NOT NULL,
    author_is_bot boolean NOT NULL,
    text text NOT NULL,
    permalink text,
    occurred_at timestamptz NOT NULL,
    received_at timestamptz NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    deliveries integer NOT NULL DEFAULT 1 CHECK (deliveries > 0),
    state text NOT NULL DEFAULT 'pending'
        CHECK (state IN ('pending', 'evaluated', 'timed_out', 'failed', 'deleted')),
    revision integer NOT NULL DEFAULT 1 CHECK (revision > 0),
    edit_version text,
    deleted_at timestamptz,
    -- Fencing: whoever concludes, edits or deletes counts it up, and what was begun before is void.
    attempt integer NOT NULL DEFAULT 0 CHECK (attempt >= 0),
    UNIQUE (team_id, source, external_id),
    CHECK ((state = 'deleted') = (deleted_at IS NOT NULL)),
    CHECK (deleted_at IS NULL OR text = '')
);

CREATE TABLE evaluations (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    team_id text NOT NULL,
    signal_id bigint NOT NULL REFERENCES raw_signals,
    revision integer NOT NULL,
    cause text NOT NULL CHECK (cause IN ('signal', 'replay')),
    dry_run boolean NOT NULL,
    workflow_id bigint REFERENCES workflows,
    workflow_version integer,
    confidence double precision CHECK (confidence BETWEEN 0 AND 1),
    reasoning text NOT NULL,
    evidence text NOT NULL,
    evaluator text NOT NULL,
    verdict text NOT NULL CHECK (verdict IN ('start', 'propose', 'skip')),
    reason text NOT NULL,
    detail text NOT NULL,
    latency_ms double precision NOT NULL CHECK (latency_ms >= 0),
    created_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (workflow_id, workflow_version) REFERENCES workflow_versions (workflow_id, version),
    CHECK ((workflow_id IS NULL) = (workflow_version IS NULL)),
    CHECK (verdict = 'skip' OR workflow_id IS NOT NULL),
    CHECK (NOT dry_run OR verdict = 'skip')
);
-- A revision is judged once, however often its job is delivered; replays are asked for by people.
CREATE UNIQUE INDEX evaluations_once ON evaluations (signal_id, revision) WHERE cause = 'signal';
CREATE INDEX evaluations_of_signal ON evaluations (signal_id, id DESC);
CREATE INDEX evaluations_feed ON evaluations (team_id, id DESC);

CREATE TABLE runs (
    id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    team_id text NOT NULL,
    evaluation_id bigint NOT NULL UNIQUE REFERENCES evaluations,
    signal_id bigint NOT NULL REFERENCES raw_signals,
    workflow_id bigint NOT NULL,
    workflow_version integer NOT NULL,
    channel_id text NOT NULL,
    thread_ts text NOT NULL,
    state text NOT NULL CHECK (state IN ('proposed', 'running', 'done', 'cancelled')),
    created_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    -- The run's message in the thread: its idempotency key travels in the message's metadata.
    idempotency_key uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    post_state text NOT NULL DEFAULT 'planned'
        CHECK (post_state IN ('planned', 'trying', 'posted', 'failed', 'cancelled')),
    post_ts text,
    post_error text,
    FOREIGN KEY (workflow_id, workflow_version) REFERENCES workflow_versions (workflow_id, version),
    CHECK ((state IN ('done', 'cancelled')) = (ended_at IS NOT NULL)),
    CHECK ((post_state = 'posted') = (post_ts IS NOT NULL)),
    CHECK ((post_state = 'failed') = (post_error IS NOT NULL))
);
-- One open run a thread and workflow.
CREATE UNIQUE INDEX runs_open_once ON runs (team_id, channel_id, thread_ts, workflow_id)
    WHERE state IN ('proposed', 'running');
CREATE INDEX runs_of_signal ON runs (signal_id);

-- The sweep that finds what fell out of the queue must stay cheap however long the history is.
CREATE INDEX raw_signals_pending ON raw_signals (stored_at) WHERE state = 'pending';
CREATE INDEX runs_unposted ON runs (created_at) WHERE post_state IN ('planned', 'trying');
