"""What waits for people: proposals to decide on, and steps whose turn it is."""

from collections.abc import Sequence
from dataclasses import dataclass

from livesop_bot.domain.runs import RunId
from livesop_bot.domain.signals import ChannelId


@dataclass(frozen=True, slots=True)
class WaitingRun:
    """An open run in which something waits: itself, where it is `proposed`, or so many steps."""

    run: RunId
    channel: ChannelId
    is_proposed: bool
    steps: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingCount:
    """How much waits; `is_capped`: there is more, which was not counted."""

    runs: int = 0
    proposals: int = 0
    steps: int = 0
    is_capped: bool = False


MOST_WAITING = 100


def count(runs: Sequence[WaitingRun], *, most: int) -> WaitingCount:
    """Count what waits in runs, of which `most` at most were looked up."""
    return WaitingCount(
        runs=len(runs),
        proposals=sum(run.is_proposed for run in runs),
        steps=sum(run.steps for run in runs),
        is_capped=len(runs) >= most,
    )
