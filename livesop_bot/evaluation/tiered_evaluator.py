"""Tiers: a local evaluator looks at every message, a model only at those that may call for an SOP.

The local one is there for three things: to keep what is clearly noise from the model, to stand in
for a model that is away, and to have a say before anything starts. A model alone starts nothing.
"""

from dataclasses import replace

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


AGREES_FROM = 0.75
"""How sure the local evaluator must be of the SOP that a model names before it may start: three
times as likely as not. Where it is less, people get a proposal. At 0.5 a message told a model that
obeyed it which of two likely SOPs to name, and that one started."""

LEXICAL_NOISE = 0.05
"""What a message scores for no SOP at least is clear noise, by the words alone. With 75 SOPs it
keeps a third of what calls for none from a model, and passes on 87 % of what calls for one."""
SEMANTIC_NOISE = 0.2
"""The same by meaning: of 75 intents it keeps 62 % of what calls for none from a model, and passes
on 98 % of what calls for one, with the right SOP among the candidates."""


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

    `noise_below`: the score of the local ranking, 0..1, below which an SOP does not come into
    question. Low, for what is dropped here no model ever sees, and a message too many costs a
    fraction of a cent. `stands_in`: whether the local judgement counts where the model gives none
    (away, refusing, budget spent); otherwise that is raised. An answer that must not be used is
    always raised.
    """

    def __init__(
        self,
        *,
        local: Evaluator,
        noise_below: float,
        model: Evaluator,
        library: Library,
        stands_in: bool,
        metrics: Metrics,
    ) -> None:
        self.name = model.name
        self._local = local
        self._noise_below = noise_below
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
            workflow: score for workflow, score in first.ranking if score >= self._noise_below
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
        agrees = first.workflow == judgement.workflow and first.confidence >= AGREES_FROM
        if judgement.workflow is None or agrees:
            return judgement
        return replace(judgement, caution=judgement.caution or UNBORNE)
