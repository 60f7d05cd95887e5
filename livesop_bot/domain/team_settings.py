"""A team's own settings; where it has none, the environment's value counts."""

from dataclasses import dataclass, fields

from livesop_bot.domain.audit import Value


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamSettings:
    """What admins set in Slack. None: as the environment has it; for retention: keep for ever.

    `channels`: the only ones that are listened to; none named: all that LiveSOP is in.
    `external_channels` and `allowed_bots` count beside those of the environment. `operators`:
    users, or user groups (S…); none named: every member of the workspace who is no guest.
    """

    auto_threshold: float | None = None
    propose_threshold: float | None = None
    admins: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()
    remind_after_hours: int | None = None
    channels: tuple[str, ...] = ()
    external_channels: tuple[str, ...] = ()
    allowed_bots: tuple[str, ...] = ()
    retention_days: int | None = None
    daily_token_budget: int | None = None
    digest_channel: str | None = None
    weekly_digest: bool = False
    daily_summary: bool = False
    time_zone: str = "UTC"


def difference(before: TeamSettings, after: TeamSettings) -> list[str]:
    """Name the settings that differ."""
    names = [field.name for field in fields(TeamSettings)]
    return [name for name in names if getattr(before, name) != getattr(after, name)]


def recorded(settings: TeamSettings, names: list[str]) -> dict[str, Value]:
    """The named settings as the audit log keeps them; lists as their ids, with commas."""
    return {name: _value(getattr(settings, name)) for name in names}


def _value(value: float | tuple[str, ...] | str | None) -> Value:
    match value:
        case tuple():
            return ",".join(value)
        case float():
            return f"{value:g}"
        case _:
            return value
