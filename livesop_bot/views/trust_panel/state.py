"""What a panel is about and what it is to show: it travels with the modal, and comes back with
every press in it, so that no process has to remember."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from livesop_bot.domain.evaluations import Evaluation
from livesop_bot.domain.explanation import About, Explanation, OfRun, OfSignal
from livesop_bot.domain.knowledge import PastCase
from livesop_bot.domain.replays import NotReplayed, Replayed
from livesop_bot.domain.runs import RunId
from livesop_bot.domain.signals import ChannelId, SignalId
from livesop_bot.domain.workflows import Workflow
from livesop_bot.views.blocks import Message
from livesop_bot.views.home.tabs import HomeState

TITLE = "Why?"

_NOWHERE = ChannelId("")


class Part(StrEnum):
    """What may be too long for the panel, and then has a “… more”."""

    TEXT = "text"
    EVIDENCE = "evidence"
    REASONING = "reasoning"
    KNOWLEDGE = "knowledge"
    CASES = "cases"
    STEPS = "steps"
    HISTORY = "history"


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelState:
    """What a panel is about. `here`: the channel in which it was asked for, which those who asked
    can read; empty where it was none. `home`: what the panel lies over; None: not over Home."""

    signal: SignalId
    run: RunId | None = None
    here: ChannelId = _NOWHERE
    home: HomeState | None = None

    @property
    def about(self) -> About:
        """What is to be explained."""
        return OfSignal(self.signal) if self.run is None else OfRun(self.run)

    def metadata(self) -> str:
        """Write it down for the way through Slack, so that HomeState can be read from it, too."""
        content = {} if self.home is None else json.loads(self.home.write())
        return json.dumps(content | {"panel": [self.signal, self.run, self.here]})

    @classmethod
    def read(cls, metadata: str) -> "PanelState":
        """Read what `metadata` wrote; raises ValueError, KeyError, TypeError."""
        signal, run, here = json.loads(metadata)["panel"]
        return cls(
            signal=SignalId(int(signal)),
            run=None if run is None else RunId(int(run)),
            here=ChannelId(here),
            home=HomeState.find(metadata),
        )


class Place(StrEnum):
    """Where in the panel something can be pressed: the answer to a press stands there."""

    SWITCHES = "switches"
    VERDICT = "verdict"
    REPLAY = "replay"


@dataclass(frozen=True, slots=True)
class Notice:
    """The answer to a press, as mrkdwn."""

    place: Place
    text: str

    @classmethod
    def of(cls, place: Place, answer: Message) -> "Notice":
        """All that an answer says."""
        parts = (
            part for block in answer.blocks for part in block.get("elements", [block.get("text")])
        )
        return cls(place, "\n".join(part["text"] for part in parts) or answer.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What a press brought: an answer, or a replay that is under way or done."""

    notice: Notice | None = None
    is_replaying: bool = False
    replayed: Replayed | NotReplayed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """All that a panel shows. `may_read`: the person can read the message's channel.

    `sops`: the team's, to choose from. `cases`: like this message, and readable to the person;
    None while they are looked for. `names`: of people whom the message mentions, by their ids.
    """

    state: PanelState
    explanation: Explanation
    may_read: bool
    sops: Sequence[Workflow] = ()
    cases: Sequence[PastCase] | None = ()
    news: News = News()  # frozen
    names: Mapping[str, str] = field(default_factory=dict)

    @property
    def evaluation(self) -> Evaluation | None:
        """What was made of the message."""
        return self.explanation.evaluation

    def told(self, place: Place) -> str:
        """The answer to a press at that place; empty where there is none."""
        notice = self.news.notice
        return notice.text if notice and notice.place is place else ""
