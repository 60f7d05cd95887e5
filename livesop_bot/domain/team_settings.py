"""A team's own settings; where it has none, the environment's value counts."""

from dataclasses import dataclass, fields, replace

from livesop_bot.domain.audit import Value
from livesop_bot.domain.decisions import Limits


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

    def limits(self, default: Limits) -> Limits:
        """The thresholds of the gate, given those of the environment."""
        return replace(
            default,
            propose=_or(self.propose_threshold, default.propose),
            auto=_or(self.auto_threshold, default.auto),
        )


def _or(own: float | None, default: float) -> float:
    return default if own is None else own


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What counts where a team set nothing, and what only the environment says.

    `model`: the one that judges; None: the local evaluator alone, which otherwise `stands_in` for
    it, or does not. `jira_project`: None: none.
    """

    limits: Limits
    admins: tuple[str, ...] = ()
    allowed_bots: tuple[str, ...] = ()
    external_channels: bool = False
    remind_after_hours: int = 4
    daily_token_budget: int = 0
    model: str | None = None
    stands_in: bool = True
    jira_project: str | None = None


@dataclass(frozen=True, slots=True)
class UsedToday:
    """What a team's calls of the model took today (UTC); those under way count at their most."""

    tokens: int = 0
    cost_usd: float = 0.0


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
