-- name: team_settings
-- A team's own settings; nothing where it has none. $1: team.
SELECT
    auto_threshold, propose_threshold, admins, operators, remind_after_hours, channels,
    external_channels, allowed_bots, retention_days, daily_token_budget, digest_channel,
    weekly_digest, daily_summary, time_zone
FROM team_settings
WHERE team_id = $1;

-- name: set_team_settings
-- Stores a team's own settings. $1: team; $2, $3: thresholds to start and to propose; $4: admins; $5: operators; $6: hours to a reminder; $7: channels; $8: shared channels; $9: bots; $10: days that are kept; $11: tokens a day; $12: channel of the digest; $13, $14: digest and summary on; $15: time zone.
INSERT INTO team_settings (
    team_id, auto_threshold, propose_threshold, admins, operators, remind_after_hours, channels,
    external_channels, allowed_bots, retention_days, daily_token_budget, digest_channel,
    weekly_digest, daily_summary, time_zone
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
ON CONFLICT (team_id) DO UPDATE SET
    auto_threshold = excluded.auto_threshold,
    propose_threshold = excluded.propose_threshold,
    admins = excluded.admins,
    operators = excluded.operators,
    remind_after_hours = excluded.remind_after_hours,
    channels = excluded.channels,
    external_channels = excluded.external_channels,
    allowed_bots = excluded.allowed_bots,
    retention_days = excluded.retention_days,
    daily_token_budget = excluded.daily_token_budget,
    digest_channel = excluded.digest_channel,
    weekly_digest = excluded.weekly_digest,
    daily_summary = excluded.daily_summary,
    time_zone = excluded.time_zone;

-- name: is_time_zone
-- Whether there is a time zone of that name. $1: an IANA name.
SELECT EXISTS (SELECT FROM pg_timezone_names WHERE name = $1 AND name !~ '^posix');
