-- A team's own settings, changed by its admins in Slack. A null means that the environment's value
-- counts (for retention_days: that everything is kept); so does a team without a row.
CREATE TABLE team_settings (
    team_id text PRIMARY KEY REFERENCES teams,
    auto_threshold double precision CHECK (auto_threshold BETWEEN 0 AND 1),
    propose_threshold double precision CHECK (propose_threshold BETWEEN 0 AND 1),
    admins text[] NOT NULL DEFAULT '{}' CHECK (cardinality(admins) <= 1000),
    -- Users and user groups; empty: every member of the workspace who is no guest.
    operators text[] NOT NULL DEFAULT '{}' CHECK (cardinality(operators) <= 1000),
    remind_after_hours integer CHECK (remind_after_hours BETWEEN 0 AND 8760),
    -- The only channels that are listened to; empty: all that LiveSOP is in.
    channels text[] NOT NULL DEFAULT '{}' CHECK (cardinality(channels) <= 1000),
    external_channels text[] NOT NULL DEFAULT '{}' CHECK (cardinality(external_channels) <= 1000),
    allowed_bots text[] NOT NULL DEFAULT '{}' CHECK (cardinality(allowed_bots) <= 1000),
    retention_days integer CHECK (retention_days BETWEEN 1 AND 36500),
    daily_token_budget bigint CHECK (daily_token_budget BETWEEN 0 AND 1000000000000),
    digest_channel text CHECK (digest_channel <> ''),
    weekly_digest boolean NOT NULL DEFAULT false,
    daily_summary boolean NOT NULL DEFAULT false,
    -- When it is 09:00 for the reports.
    time_zone text NOT NULL DEFAULT 'UTC' CHECK (time_zone <> ''),
    CHECK (propose_threshold <= auto_threshold),
    CHECK (NOT weekly_digest OR digest_channel IS NOT NULL)
);

ALTER TABLE audit_log DROP CONSTRAINT audit_log_kind_check;
ALTER TABLE audit_log ADD CONSTRAINT audit_log_kind_check CHECK (
    kind IN ('switch', 'publish', 'replay', 'refusal', 'approval', 'action', 'run', 'settings')
);
