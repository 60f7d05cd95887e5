"""What a team has set, in a few lines, and where to change it."""

from collections.abc import Iterator

from livesop_bot.domain.team_settings import TeamSettings
from livesop_bot.views.blocks import Message, channel, context, line, message, percent, section

_NAMED = 10


def settings_summary(own: TeamSettings) -> Message:
    """Say what differs from how LiveSOP was set up, and that the Home tab changes it."""
    rows = list(_rows(own))
    text = "\n".join(f"•  {row}" for row in rows) or "Nothing: all is as LiveSOP was set up."
    return message(
        "LiveSOP's settings",
        [
            section(f"*Set by this team*\n{text}"),
            context(
                "All settings, and how to change them, are in LiveSOP's Home tab under *Settings*; "
                "changing takes an admin."
            ),
        ],
    )


def _rows(own: TeamSettings) -> Iterator[str]:
    if own.auto_threshold is not None:
        yield f"SOPs may start by themselves from {percent(own.auto_threshold)} on"
    if own.propose_threshold is not None:
        yield f"SOPs are proposed from {percent(own.propose_threshold)} on"
    if own.channels:
        yield f"Listens only in {_named([channel(one) for one in own.channels])}"
    if own.admins:
        yield f"{len(own.admins)} admins beside the workspace's own"
    if own.operators:
        yield f"{len(own.operators)} operators or groups of them may approve"
    if own.remind_after_hours is not None:
        yield f"Reminds after {own.remind_after_hours} hours"
    if own.retention_days is not None:
        yield f"Forgets messages after {own.retention_days} days"
    if own.daily_token_budget is not None:
        yield f"{own.daily_token_budget:,} tokens a day for the model"
    if own.weekly_digest and own.digest_channel:
        yield f"Weekly digest in {channel(own.digest_channel)}"
    if own.daily_summary:
        yield f"Daily summary for admins ({line(own.time_zone, 60)})"


def _named(names: list[str]) -> str:
    left = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {left} more" if left > 0 else "")
