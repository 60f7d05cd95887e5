"""Gives a model what the team's library and its verdicts know about a message."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from livesop_bot.domain.evaluations import Judgement
from livesop_bot.domain.knowledge import Passage, PastCase
from livesop_bot.domain.signals import Signal
from livesop_bot.evaluation.evaluator import Evaluator, Library, Question
from livesop_bot.evaluation.injection import defuse
from livesop_bot.evaluation.lessons import nearest
from livesop_bot.masking import mask_secrets

TAMPERED = "a document that it looked at reads like an instruction to LiveSOP"


class InformedEvaluator:
    """Looks up passages and past cases, picks the nearest verdicts, and has the question judged.

    They are text like the message is: secrets are masked, what reads like an instruction is taken
    out. Where that happened to a passage nothing may start on the judgement.
    """

    def __init__(self, evaluator: Evaluator, library: Library) -> None:
        self.name = evaluator.name
        self._evaluator = evaluator
        self._library = library

    async def evaluate(self, question: Question) -> Judgement:
        """Judge with what was found. Raises DatabaseAway too."""
        found, cases = await asyncio.gather(
            self._library.passages(question.signal), self._library.cases(question.signal)
        )
        passages, tampered = await asyncio.to_thread(_harmless, found)
        among = {workflow.id for workflow in question.workflows}
        told = replace(
            question,
            passages=passages,
            cases=await asyncio.to_thread(_harmless_cases, cases),
            lessons=await asyncio.to_thread(nearest, question.lessons, question.signal.text, among),
        )
        judgement = await self._evaluator.evaluate(told)
        return replace(judgement, caution=judgement.caution or TAMPERED) if tampered else judgement


async def with_citations(judgement: Judgement, library: Library, signal: Signal) -> Judgement:
    """Add the passages nearest to a message that a local evaluator matched."""
    if judgement.workflow is None:
        return judgement
    passages, _ = await asyncio.to_thread(_harmless, await library.passages(signal))
    return replace(judgement, citations=passages)


def _harmless(passages: Sequence[Passage]) -> tuple[tuple[Passage, ...], bool]:
    """Mask and defuse, in a thread; also say whether there was anything to defuse."""
    kept, tampered = [], False
    for passage in passages:
        title, text = (defuse(mask_secrets(part)) for part in (passage.title, passage.text))
        tampered = tampered or bool(title.removed or text.removed)
        kept.append(replace(passage, title=title.text, text=text.text))
    return tuple(kept), tampered


def _harmless_cases(cases: Sequence[PastCase]) -> list[PastCase]:
    return [replace(case, text=defuse(mask_secrets(case.text)).text) for case in cases]
