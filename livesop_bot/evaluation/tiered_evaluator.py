"""Tiers: a local evaluator looks at every message, a model only at those that may call for an SOP.

The local one is there for three things: to keep what is clearly noise from the model, to stand in
for a model that is away, and to have a say before anything starts. A model alone starts nothing.
"""

from dataclasses import dataclass, replace

import structlog

from livesop_bot.domain.evaluations import Judgement
from livesop_bot.errors import EvaluatorAway, EvaluatorRefused
from livesop_bot.evaluation.evaluator import Evaluator, Library, Question
from livesop_bot.evaluation.informed_evaluator import with_citations
from livesop_bot.metrics import Metrics

log = structlog.get_logger()

CANDIDATES = 5
"""How many SOPs a model is asked about at most."""

UNBORNE = "the words of the message alone do not bear it out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """What the scores of a local evaluator mean, 0..1.

    Below `noise_below` an SOP does not come into question: low, for what is dropped here no model
    ever sees, and a message too many costs a fraction of a cent. From `agrees_from` the words of a
    message bear out what a model says; one that names an SOP all the same may have been misled.
    """

    noise_below: float
    agrees_from: float


LEXICAL = Scale(noise_below=0.05, agrees_from=0.2)
"""Of LocalEvaluator. With 75 SOPs it keeps a third of what calls for none from a model, and passes
on 88 % of the messages that call for one, all but those that share no word with it."""


class LocalTier:
    """The local evaluator alone; what it matches comes with the passages that fit."""

    def __init__(self, evaluator: Evaluator, library: Library) -> None:
        self.name = evaluator.name
        self._evaluator = evaluator
        self._library = library

    async def evaluate(self, question: Question) -> Judgement:
        """Judge locally. Raises DatabaseAway where a match cannot be looked up."""
        judgement = await self._evaluator.evaluate(question)
        return await with_citations(judgement, self._library, question.signal)


class TieredEvaluator:
    """Local first, then a model for what may call for an SOP.

    `stands_in`: whether the local judgement counts where the model gives none (away, refusing,
    budget spent); otherwise that is raised. An answer that must not be used is always raised.
    """

    def __init__(
        self,
        *,
        local: Evaluator,
        scale: Scale,
        model: Evaluator,
        library: Library,
        stands_in: bool,
        metrics: Metrics,
    ) -> None:
        self.name = model.name
        self._local = local
        self._scale = scale
        self._model = model
        self._library = library
        self._stands_in = stands_in
        self._metrics = metrics
        self._judged = 0
        self._asked = 0

    @property
    def model_share(self) -> float | None:
        """The share of messages that went on to the model since the start, 0..1."""
        return self._asked / self._judged if self._judged else None

    async def evaluate(self, question: Question) -> Judgement:
        """Judge by as few tiers as it takes."""
        first = await self._local.evaluate(question)
        self._judged += 1
        scores = {
            workflow: score for workflow, score in first.ranking if score >= self._scale.noise_below
        }
        near = sorted(scores, key=lambda workflow: -scores[workflow])[:CANDIDATES]
        if not near:
            self._metrics.evaluation_tiers.labels("local").inc()
            return first
        self._asked += 1
        candidates = [workflow for workflow in question.workflows if workflow.id in near]
        try:
            judgement = await self._model.evaluate(replace(question, workflows=candidates))
        except (EvaluatorAway, EvaluatorRefused) as error:
            if not self._stands_in:
                raise
            self._metrics.evaluation_tiers.labels("stand_in").inc()
            log.info("evaluation.stood_in", signal=question.signal.id, reason=str(error))
            stand_in = await with_citations(first, self._library, question.signal)
            return replace(stand_in, stand_in=str(error))
        self._metrics.evaluation_tiers.labels("model").inc()
        if (
            judgement.workflow is None
            or scores.get(judgement.workflow, 0) >= self._scale.agrees_from
        ):
            return judgement
        return replace(judgement, caution=judgement.caution or UNBORNE)
