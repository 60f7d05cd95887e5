"""The seam between the worker and whatever judges a message."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from livesop_bot.domain.evaluations import Judgement
from livesop_bot.domain.knowledge import Passage, PastCase
from livesop_bot.domain.lessons import Lesson
from livesop_bot.domain.signals import Signal
from livesop_bot.domain.workflows import Workflow


@dataclass(frozen=True, slots=True)
class Question:
    """One message, the workflows that it may call for, and what may help to tell.

    The signal's text is masked: no evaluator, and nothing that it says, ever holds a secret.
    """

    signal: Signal
    workflows: Sequence[Workflow]
    passages: Sequence[Passage] = ()
    cases: Sequence[PastCase] = ()
    lessons: Sequence[Lesson] = ()


class Evaluator(Protocol):
    """Judges on the event loop: awaits what is slow, and never blocks.

    Raises EvaluatorAway where another try may help, EvaluatorBroken where it will not. It answers,
    and that is all: it has no way to act, so an answer that comes too late is simply dropped.
    """

    name: str

    async def evaluate(self, question: Question) -> Judgement:
        """Say which workflow the question's signal calls for, if any."""
        ...


class BlockingEvaluator(Protocol):
    """Judges in a thread of its own (see `threads.InThreads`): may block or burn CPU."""

    name: str

    def evaluate(self, question: Question) -> Judgement:
        """Say which workflow the question's signal calls for, if any."""
        ...


class Library(Protocol):
    """Looks up what may help to judge a message, within its team. Raises DatabaseAway."""

    async def passages(self, signal: Signal) -> Sequence[Passage]:
        """Give the few passages of knowledge that are nearest to the signal, best first."""
        ...

    async def cases(self, signal: Signal) -> Sequence[PastCase]:
        """Give the few earlier signals that are most like it, best first; never itself."""
        ...
