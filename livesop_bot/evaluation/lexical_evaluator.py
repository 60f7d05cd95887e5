"""The floor: a judgement from the words alone, in about a millisecond, without any model.

A message is compared with what each SOP's trigger says of itself: its example phrases, keywords
and description. It knows no synonyms and no irony; what it is sure of is worded like an example.
"""

import math
from collections.abc import Sequence, Set
from itertools import pairwise
from threading import Lock

from cachetools import LRUCache

from livesop_bot.domain.evaluations import Judgement
from livesop_bot.domain.workflows import Workflow, WorkflowId
from livesop_bot.evaluation.evaluator import Question
from livesop_bot.evaluation.vocabulary import Likeness, Vocabulary
from livesop_bot.evaluation.words import Word, sentences

TEXT_LIMIT = 4_000
"""Characters of a message that are looked at, from its beginning; it keeps long ones quick."""
MATCH_FROM = 0.35
"""The confidence below which no SOP is named at all."""
_EVIDENCE_LIMIT = 200
_KEPT_INDEXES = 64


class LexicalEvaluator:
    """Judges by words. Safe to use from several threads."""

    name = "local-lexical"

    def __init__(self) -> None:
        self._lock = Lock()
        self._vocabularies: LRUCache[tuple[tuple[WorkflowId, int], ...], Vocabulary] = LRUCache(
            _KEPT_INDEXES
        )

    def evaluate(self, question: Question) -> Judgement:
        """Say which workflow the signal calls for, if any; looks at TEXT_LIMIT characters."""
        text = question.signal.text[:TEXT_LIMIT]
        vocabulary = self._vocabulary(question.workflows)
        ranked = vocabulary.ranked(windows(text))
        if not ranked:
            return self._none(0.0, "No SOP fits: the message shares no telling words with any.")
        best = ranked[0]
        confidence = _confidence(ranked)
        workflow = question.workflows[best.position]
        ranking = tuple((question.workflows[r.position].id, min(1.0, r.score)) for r in ranked)
        if confidence < MATCH_FROM:
            return self._none(
                confidence,
                f"No SOP fits; the nearest is {workflow.title} ({confidence:.0%}).",
                ranking,
            )
        return Judgement(
            workflow=workflow.id,
            confidence=confidence,
            reasoning=_reasoning(workflow, best),
            evaluator=self.name,
            evidence=_evidence(text, best.window, best.matched),
            ranking=ranking,
        )

    def _none(
        self, confidence: float, reasoning: str, ranking: tuple[tuple[WorkflowId, float], ...] = ()
    ) -> Judgement:
        return Judgement(
            workflow=None,
            confidence=confidence,
            reasoning=reasoning,
            evaluator=self.name,
            ranking=ranking,
        )

    def _vocabulary(self, workflows: Sequence[Workflow]) -> Vocabulary:
        key = tuple((workflow.id, workflow.version) for workflow in workflows)
        with self._lock:
            known = self._vocabularies.get(key)
        if known is None:
            known = Vocabulary([workflow.definition for workflow in workflows])
            with self._lock:
                self._vocabularies[key] = known
        return known


def windows(text: str) -> list[list[Word]]:
    """Each sentence and each pair of neighbours: a long message is as clear as its best part."""
    found = list(sentences(text))
    pairs = [a + b for a, b in pairwise(found)]
    return found + pairs


def _confidence(ranked: Sequence[Likeness]) -> float:
    best = ranked[0].score
    second = ranked[1].score if len(ranked) > 1 else 0.0
    doubt = max(0.0, second / best - 0.6) if best else 0.0
    return round(min(0.99, best * (1 - 0.5 * doubt)), 3)


def _reasoning(workflow: Workflow, likeness: Likeness) -> str:
    trigger = workflow.definition.trigger
    parts = []
    if likeness.keywords:
        named = [f"“{trigger.keywords[n]}”" for n in likeness.keywords[:4]]
        parts.append(f"names its keyword{'s' if named[1:] else ''} {', '.join(named)}")
    if likeness.example is not None:
        parts.append(f"is closest to its example “{trigger.examples[likeness.example]}”")
    if not parts:
        parts.append("uses the words of its description")
    return f"The message fits {workflow.title}: it {', and '.join(parts)}."


def _evidence(text: str, window: Sequence[Word], matched: Set[str]) -> str:
    """The span with the most matched words for its length, cut from the text as it stands."""
    hits = [word for word in window if word.stem in matched]
    best, best_worth = hits[:1], 0.0
    for first in range(len(hits)):
        seen: set[str] = set()
        for last in range(first, len(hits)):
            length = hits[last].end - hits[first].start
            if length > _EVIDENCE_LIMIT:
                break
            seen.add(hits[last].stem)
            worth = len(seen) / math.sqrt(length + 20)
            if worth > best_worth:
                best, best_worth = hits[first : last + 1], worth
    if not best:
        return ""
    return text[best[0].start : best[-1].end][:_EVIDENCE_LIMIT]
