"""Explanations: all that is known of one message, for people who ask why."""

from dataclasses import dataclass, field
from datetime import datetime

from livesop_bot.domain.decisions import Limits, Switches
from livesop_bot.domain.evaluations import Evaluation
from livesop_bot.domain.runs import Run, RunId
from livesop_bot.domain.signals import ChannelId, MessageTs, Signal, SignalId, UserId
from livesop_bot.domain.workflows import Workflow


@dataclass(frozen=True, slots=True)
class OfSignal:
    """Asked of a signal, by its number."""

    signal: SignalId


@dataclass(frozen=True, slots=True)
class OfRun:
    """Asked of a run: the evaluation that it came of counts, whatever was judged since."""

    run: RunId


@dataclass(frozen=True, slots=True)
class OfMessage:
    """Asked of a Slack message."""

    channel: ChannelId
    ts: MessageTs


About = OfSignal | OfRun | OfMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What somebody said of a message, and still counts: the SOP fits (`workflow`, its slug), or
    does not; without one it is about all of them."""

    workflow: str | None
    fits: bool
    by: UserId
    at: datetime
    revision: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """A message as it now is, what was made of it, and what may be done about that.

    `evaluation`: its newest that was no dry run, or the run's; None: it was not judged.
    `limits`: the team's; an SOP may have some of its own. `workflow`: the SOP that it names, at its
    current version; None: none, or it is archived. `judged`: how many evaluations there are of it,
    dry runs included.
    """

    signal: Signal
    evaluation: Evaluation | None
    limits: Limits
    run: Run | None = None
    workflow: Workflow | None = None
    switches: Switches = field(default_factory=Switches)
    said: tuple[Said, ...] = ()
    judged: int = 0
