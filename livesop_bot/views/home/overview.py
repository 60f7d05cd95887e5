"""App Home, Overview: the kill switch, how LiveSOP is doing, and what it decided last."""

from collections.abc import Iterator, Sequence

from livesop_bot.domain.evaluations import Cause, Evaluation
from livesop_bot.domain.signals import SignalState
from livesop_bot.views.autopilot import headline, meaning
from livesop_bot.views.blocks import (
    Block,
    actions,
    button,
    channel,
    confirm,
    context,
    date,
    divider,
    header,
    line,
    link,
    section,
)
from livesop_bot.views.health import HomeHealth, health_line
from livesop_bot.views.ids import ActionId, BlockId
from livesop_bot.views.judgement import detail_line, verdict_line

LATEST = 10
"""How many evaluations are shown."""


def overview(
    *, autopilot: bool, is_admin: bool, health: HomeHealth, latest: Sequence[Evaluation]
) -> list[Block]:
    """Show the tab as `is_admin` may use it."""
    return [
        *_kill_switch(autopilot=autopilot, is_admin=is_admin),
        context(health_line(health)),
        divider(),
        header("Latest evaluations"),
        *(_feed(latest[:LATEST]) if latest else _nothing_yet()),
    ]


def _kill_switch(*, autopilot: bool, is_admin: bool) -> Iterator[Block]:
    refresh = button(ActionId.HOME_REFRESH, "Refresh")
    yield header(headline(is_on=autopilot))
    yield section(meaning(is_on=autopilot))
    if autopilot:
        off = button(ActionId.AUTOPILOT_OFF, "Switch off for everybody", style="danger")
        yield actions(BlockId.KILL_SWITCH, off, refresh)
        yield context("Everybody may switch it off; switching it on again takes an admin.")
    elif is_admin:
        ask = confirm(
            title="Switch Auto-Pilot on?",
            text="SOPs that are switched on will start by themselves when LiveSOP is sure. "
            "Everybody can switch it off again at any time.",
            yes="Switch on",
        )
        on = button(ActionId.AUTOPILOT_ON, "Switch on", confirm=ask)
        yield actions(BlockId.KILL_SWITCH, on, refresh)
        yield context("Only admins can switch it on; everybody may switch it off again.")
    else:
        yield actions(BlockId.KILL_SWITCH, refresh)
        yield context("An admin can switch it on.")


def _nothing_yet() -> Iterator[Block]:
    yield section(
        "Nothing yet. Send a message in a channel that LiveSOP is in; "
        "invite it with `/invite @LiveSOP`."
    )


def _feed(latest: Sequence[Evaluation]) -> Iterator[Block]:
    for evaluation in latest:
        detail, why = detail_line(evaluation), line(evaluation.reasoning, 240)
        yield section("\n".join(filter(None, (verdict_line(evaluation), detail))))
        yield context("\n".join(filter(None, (why, _origin(evaluation)))))


def _origin(evaluation: Evaluation) -> str:
    signal = evaluation.signal
    deleted = signal.state is SignalState.DELETED
    parts = [
        date(evaluation.created_at),
        channel(signal.channel),
        "message deleted" if deleted else link(signal.permalink, "open message"),
    ]
    if evaluation.cause is Cause.REPLAY:
        parts.append("dry run" if evaluation.dry_run else "replay")
    return "  ·  ".join(parts)
