"""Takes out of a message what reads like an instruction to LiveSOP, before anything judges it."""

import asyncio
from dataclasses import replace

from livesop_bot.domain.evaluations import Judgement
from livesop_bot.evaluation.evaluator import Evaluator, Question
from livesop_bot.evaluation.injection import defuse

CAUTION = "part of the message reads like an instruction to LiveSOP"
_AT_ONCE = 2_000
"""Characters that are looked through in a few milliseconds; more would hold up the event loop."""


class DefusingEvaluator:
    """Has the rest of the message judged, and lets nothing start where there was such a part."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.name = evaluator.name
        self._evaluator = evaluator

    async def evaluate(self, question: Question) -> Judgement:
        """Judge what is left; what is quoted stands in the message as it was."""
        signal = question.signal
        long = len(signal.text) > _AT_ONCE
        defused = await asyncio.to_thread(defuse, signal.text) if long else defuse(signal.text)
        if not defused.removed:
            return await self._evaluator.evaluate(question)
        judgement = await self._evaluator.evaluate(
            replace(question, signal=replace(signal, text=defused.text))
        )
        return replace(
            judgement,
            # A span across a part that was taken out is in no message.
            evidence=judgement.evidence if judgement.evidence in signal.text else "",
            fields={name: v for name, v in judgement.fields.items() if v in signal.text},
            caution=CAUTION,
        )
