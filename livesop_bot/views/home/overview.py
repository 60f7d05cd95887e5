"""App Home, Overview: Auto-Pilot, the figures of the week, what waits, and the Live Feed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from livesop_bot.domain.evaluations import Evaluation
from livesop_bot.domain.figures import DayFigures, Strain
from livesop_bot.domain.rights import Right, Role, may
from livesop_bot.domain.signals import ChannelId
from livesop_bot.domain.waiting import WaitingCount
from livesop_bot.views.autopilot import headline, meaning, off_in
from livesop_bot.views.blocks import (
    Block,
    actions,
    button,
    confirm,
    context,
    divider,
    header,
    section,
)
from livesop_bot.views.health import HomeHealth, health_details, health_line
from livesop_bot.views.home.feed import FeedFilter, feed
from livesop_bot.views.home.figures import figures
from livesop_bot.views.ids import ActionId, BlockId
from livesop_bot.views.waiting import waits


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """What the tab shows: to whom (`role`), figures of 14 days, and a page of the feed.

    `strain` is for admins, None for others; `sops`: titles that the feed's filter offers, by slug.
    """

    role: Role
    autopilot: bool
    health: HomeHealth
    days: Sequence[DayFigures]
    waiting: WaitingCount
    strain: Strain | None = None
    feed: FeedFilter = field(default_factory=FeedFilter)
    sops: Mapping[str, str] = field(default_factory=dict)
    evaluations: Sequence[Evaluation]
    channels_off: Sequence[ChannelId] = ()


def overview(found: Overview) -> list[Block]:
    """Show the tab as somebody of that role may use it."""
    return [
        *_autopilot(found),
        divider(),
        *figures(found.days),
        *_waiting(found.waiting),
        divider(),
        *feed(found.feed, found.sops, found.evaluations),
    ]


def _autopilot(found: Overview) -> Iterator[Block]:
    yield header(f"{'🟢' if found.autopilot else '⚪'} {headline(is_on=found.autopilot)}")
    yield section(f"{meaning(is_on=found.autopilot)}{off_in(found.channels_off)}")
    buttons = [button(ActionId.HOME_REFRESH, "Refresh")]
    if found.autopilot:
        off = button(
            ActionId.AUTOPILOT_OFF,
            "Switch off for everybody",
            style="danger",
            confirm=confirm(
                title="Switch Auto-Pilot off?",
                text="Nothing starts by itself any more, and what was about to be done waits for "
                "people. Switching it on again takes an admin.",
                yes="Switch off",
                no="Leave it on",
            ),
        )
        buttons.insert(0, off)
        who = "Everybody may switch it off; switching it on again takes an admin."
    elif may(found.role, Right.SWITCH_ON):
        on = button(
            ActionId.AUTOPILOT_ON,
            "Switch on",
            style="primary",
            confirm=confirm(
                title="Switch Auto-Pilot on?",
                text="SOPs that are switched on will start by themselves when LiveSOP is sure. "
                "Everybody can switch it off again at any time.",
                yes="Switch on",
            ),
        )
        buttons.insert(0, on)
        who = "Only admins can switch it on; everybody may switch it off again."
    else:
        who = "An admin can switch it on."
    yield actions(BlockId.KILL_SWITCH, *buttons)
    yield context(who, health_line(found.health))
    if found.strain is not None:
        yield context(health_details(found.health, found.strain))


def _waiting(count: WaitingCount) -> Iterator[Block]:
    if not count.runs:
        yield context(waits(count))
        return
    row = section(waits(count))
    row["accessory"] = button(ActionId.WAITING_OPEN, "Go through them", style="primary")
    yield row
