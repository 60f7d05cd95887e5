"""The same text within ten minutes is judged once: repeated alarms, pasted announcements."""

import asyncio
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace

from cachetools import TTLCache

from livesop_bot.domain.evaluations import Judgement, Usage
from livesop_bot.evaluation.evaluator import Evaluator, Question

_WINDOW = 600.0
_MOST_KEPT = 2_000


@dataclass(slots=True)
class _Shared:
    """A judgement under way, and how many wait for it."""

    task: asyncio.Task[Judgement]
    waiting: int = 0


class ReusingEvaluator:
    """Keeps judgements for `window` seconds, and lets equal questions at once share one.

    Equal are questions of one team with the same text, the same versions of the same SOPs and the
    same verdicts. A judgement that is used again cost nothing. What the library holds is not part
    of the key: a document that is added counts for a text already judged after the window at the
    latest.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        *,
        on_reused: Callable[[], object],
        window: float = _WINDOW,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.name = evaluator.name
        self._evaluator = evaluator
        self._on_reused = on_reused
        self._known: TTLCache[Hashable, Judgement] = TTLCache(_MOST_KEPT, window, clock)
        self._under_way: dict[Hashable, _Shared] = {}

    async def evaluate(self, question: Question) -> Judgement:
        """Judge, or give what was judged before. Errors are shared, and never kept."""
        key = _key(question)
        if not question.fresh and (known := self._known.get(key)) is not None:
            return self._reused(known)
        shared = None if question.fresh else self._under_way.get(key)
        is_first = shared is None
        if shared is None:
            shared = _Shared(asyncio.create_task(self._evaluator.evaluate(question)))
            self._under_way[key] = shared
        shared.waiting += 1
        try:
            # Whoever waits keeps it: an answer that comes too late for all of them is dropped.
            self._known[key] = judgement = await asyncio.shield(shared.task)
        finally:
            shared.waiting -= 1
            if not shared.waiting:
                shared.task.cancel()  # nobody waits any more; nothing where it is done
                if self._under_way.get(key) is shared:
                    del self._under_way[key]
        return judgement if is_first else self._reused(judgement)

    def _reused(self, judgement: Judgement) -> Judgement:
        self._on_reused()
        return replace(judgement, usage=Usage())


def _key(question: Question) -> Hashable:
    workflows = frozenset((workflow.id, workflow.version) for workflow in question.workflows)
    taught = len(question.lessons), tuple(question.lessons[-1:])  # a verdict counts at once
    return question.signal.team, question.signal.text, workflows, taught
