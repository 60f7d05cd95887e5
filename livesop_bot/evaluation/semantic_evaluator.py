"""The local judgement: from what messages mean, in a few milliseconds, offline and without a key.

The index says how well each SOP fits; keywords speak for theirs; what people's verdicts taught is
part of the index, and moves the confidence once there are enough.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from functools import partial
from threading import Lock, Thread

import numpy as np
import structlog
from cachetools import LRUCache

from livesop_bot.domain.evaluations import Judgement
from livesop_bot.domain.signals import TeamId
from livesop_bot.domain.verdicts import Lesson
from livesop_bot.domain.workflows import Workflow, WorkflowId
from livesop_bot.embeddings.embedder import Vectors
from livesop_bot.embeddings.local_model import LocalModel, give_back
from livesop_bot.embeddings.native_code import ProcessEnding
from livesop_bot.evaluation.calibration import Calibration, fit
from livesop_bot.evaluation.evaluator import Question
from livesop_bot.evaluation.lexical_evaluator import (
    MATCH_FROM,
    TEXT_LIMIT,
    LexicalEvaluator,
)
from livesop_bot.evaluation.semantic_index import (
    Background,
    Scores,
    SemanticIndex,
    Texts,
    background_sentences,
    views_of,
)
from livesop_bot.evaluation.semantic_scores import Scored, scored
from livesop_bot.evaluation.vocabulary import Vocabulary
from livesop_bot.evaluation.words import Clause, clauses, stems

log = structlog.get_logger()

# Beside the best SOP being right, none may fit, or another one. Log odds against either: from the
# best score, and from the root of how far behind the next is. They were fitted on sets of 5 to 75
# SOPs with 3 to 10 examples each, so that 0.9 means nine in ten right.
_FITS = (15.5, -4.4)
_LEADS = (4.0, 0.5)
PRIOR = Calibration()
_ENOUGH = 20
"""Verdicts from which a team has its own calibration."""
_NOTHING = "No SOP fits: there is nothing to compare."
_EVIDENCE_LIMIT = 200
_NAMED_FROM = 0.3
"""The likeness from which an example is worth naming."""
_RANKED = 10
"""How many SOPs of the ranking are given on."""
_KEPT_INDEXES = 16
_KEPT_VIEWS = 2_000


@dataclass(frozen=True, slots=True)
class _Core:
    model: LocalModel
    background: Background


_Key = tuple[tuple[tuple[TeamId, WorkflowId, int], ...], int]


@dataclass(frozen=True, slots=True)
class _Index:
    """What is known of a set of SOPs, ready to be asked."""

    lessons: Sequence[Lesson]
    meaning: SemanticIndex
    vocabulary: Vocabulary
    examples: Sequence[Sequence[str]]
    calibration: Calibration


class SemanticEvaluator:
    """Judges by meaning. Safe to use from several threads.

    It reads the model in a thread of its own from the moment it is built; the first questions
    wait for that. Where the model cannot be had it tells `on_floor` why, once, and judges by words.
    """

    name = "local-semantic"

    def __init__(
        self,
        load: Callable[[], LocalModel] = LocalModel.load,
        on_floor: Callable[[str], object] = lambda why: None,
    ) -> None:
        self._on_floor = on_floor
        self._floor = LexicalEvaluator()
        self._core: Future[_Core | None] = Future()
        self._lock = Lock()
        self._indexes: LRUCache[_Key, _Index] = LRUCache(_KEPT_INDEXES)
        self._views: LRUCache[str, Vectors] = LRUCache(_KEPT_VIEWS)
        Thread(target=self._load, args=(load,), name="local-model", daemon=True).start()

    def evaluate(self, question: Question) -> Judgement:
        """Say which workflow the signal calls for, if any; looks at TEXT_LIMIT characters."""
        core = self._core.result()
        if core is None:
            return self._floor.evaluate(question)
        if not question.workflows:
            return self._none(_NOTHING)
        index = self._index(core, question)
        text = question.signal.text
        found = scored(text, index.meaning, index.vocabulary, partial(views_of, core.model))
        if found is None:
            return self._none(_NOTHING)
        scores = found.scores
        best = int(scores.argmax())
        confidence = round(index.calibration.confidence(_odds(scores)), 4)
        workflow = question.workflows[best]
        ranking = tuple(
            (question.workflows[n].id, round(_fits(float(scores[n])), 4))
            for n in np.argsort(-scores)[:_RANKED]
        )
        if confidence < MATCH_FROM:
            reasoning = f"No SOP fits; the nearest is {workflow.title} ({confidence:.0%})."
            return replace(self._none(reasoning), confidence=confidence, ranking=ranking)
        each = found.each[: len(found.clauses)]
        return Judgement(
            workflow=workflow.id,
            confidence=confidence,
            reasoning=_reasoning(workflow, index, best, found),
            evaluator=self.name,
            evidence=_evidence(text, found.clauses[int(each[:, best].argmax())]),
            ranking=ranking,
        )

    def _none(self, reasoning: str) -> Judgement:
        return Judgement(workflow=None, confidence=0.0, reasoning=reasoning, evaluator=self.name)

    def _load(self, load: Callable[[], LocalModel]) -> None:
        core = None
        try:
            model = load()
            core = _Core(model, Background(views_of(model, list(background_sentences()))))
        except ProcessEnding:
            pass  # no fault, and no alarm: nobody asks any more
        except BaseException as error:  # questions wait for it, whatever it was
            log.exception("evaluation.model_unavailable", floor=self._floor.name)
            what = type(error).__name__
            self._on_floor(f"the local model cannot be used ({what}): messages are judged by words")
        finally:
            self._core.set_result(core)

    def _index(self, core: _Core, question: Question) -> _Index:
        key = _key(question)
        with self._lock:
            known = self._indexes.get(key)
        if known is None:
            known = self._built(core, question)
            give_back()
            with self._lock:
                self._indexes[key] = known
        return known

    def _built(self, core: _Core, question: Question) -> _Index:
        learned: defaultdict[tuple[WorkflowId | None, bool], list[str]] = defaultdict(list)
        for lesson in question.lessons:
            learned[lesson.workflow, lesson.fits].append(_plain(lesson.text))
        examples = [
            [*workflow.definition.trigger.examples, *learned[workflow.id, True]]
            for workflow in question.workflows
        ]
        taught = [_hints(workflow) for workflow in question.workflows]
        own = [workflow.definition.trigger.examples for workflow in question.workflows]
        dismissed = [learned[workflow.id, False] for workflow in question.workflows]
        nothing = learned[None, False]
        vocabulary = Vocabulary([workflow.definition for workflow in question.workflows])
        calibration = PRIOR
        if len(question.lessons) >= _ENOUGH:
            untaught = self._meaning(core, own, taught)
            calibration = self._calibration(core, question, untaught, vocabulary)
        return _Index(
            lessons=question.lessons,
            meaning=self._meaning(core, examples, taught, dismissed, nothing),
            vocabulary=vocabulary,
            examples=examples,
            calibration=calibration,
        )

    def _meaning(
        self,
        core: _Core,
        examples: Sequence[Sequence[str]],
        hints: Sequence[Sequence[str]],
        dismissed: Sequence[Sequence[str]] | None = None,
        nothing: Sequence[str] = (),
    ) -> SemanticIndex:
        wrong = dismissed or [()] * len(examples)
        return SemanticIndex(
            [
                Texts(*(self._viewed(core.model, texts) for texts in parts))
                for parts in zip(examples, hints, wrong, strict=True)
            ],
            core.background,
            self._viewed(core.model, nothing),
        )

    def _calibration(
        self, core: _Core, question: Question, untaught: SemanticIndex, vocabulary: Vocabulary
    ) -> Calibration:
        """Fit on the verdicts, as judged by an index that has not learned from them."""
        odds, right = [], []
        positions: dict[WorkflowId | None, int] = {None: -1}
        positions |= {workflow.id: n for n, workflow in enumerate(question.workflows)}
        for lesson in question.lessons:
            found = scored(lesson.text, untaught, vocabulary, partial(self._viewed, core.model))
            if found is None or lesson.workflow not in positions:
                continue
            said = int(found.scores.argmax()) == positions[lesson.workflow]
            # A dismissal says nothing about another SOP, but that none fits is about all.
            if said or lesson.fits or lesson.workflow is None:
                odds.append(_odds(found.scores))
                right.append(said and lesson.fits)
        return fit(odds, right, PRIOR)

    def _viewed(self, model: LocalModel, texts: Sequence[str]) -> Vectors:
        """The views of the texts; those of earlier indexes are remembered."""
        with self._lock:
            known = {text: self._views[text] for text in texts if text in self._views}
        new = [text for text in dict.fromkeys(texts) if text not in known]
        if new or not texts:
            known.update(zip(new, views := views_of(model, new), strict=True))
            with self._lock:
                self._views.update(zip(new, views, strict=True))
            if not texts:
                return views
        return np.stack([known[text] for text in texts])


def _key(question: Question) -> _Key:
    """What an index depends on. The same lessons come as the same object until there are others,
    and the index keeps it, so that its id is not given anew meanwhile."""
    versions = tuple((w.team, w.id, w.version) for w in question.workflows)
    return versions, id(question.lessons)


def _plain(text: str) -> str:
    return " ".join(clause.text for clause in clauses(text[:TEXT_LIMIT]))


def _hints(workflow: Workflow) -> list[str]:
    """What describes a SOP beside its examples; where it has none, its keywords too."""
    trigger = workflow.definition.trigger
    described = [text for text in (trigger.description, workflow.title) if text.strip()]
    if trigger.examples:
        return described
    return [*described, *(keyword for keyword in trigger.keywords if stems(keyword))]


def _fits(score: float) -> float:
    """How likely an SOP of that score is to fit, whatever the others are, 0..1."""
    return 1 / (1 + math.exp(-(_FITS[0] * score + _FITS[1])))


def _odds(scores: Scores) -> float:
    """The log odds, not yet calibrated, that the SOP with the best score is the right one."""
    ordered = np.sort(scores)
    best = float(ordered[-1])
    lead = math.sqrt(best - float(ordered[-2])) if len(ordered) > 1 else math.inf
    none, other = -(_FITS[0] * best + _FITS[1]), -(_LEADS[0] * lead + _LEADS[1])
    return -float(np.logaddexp(none, other))


def _reasoning(workflow: Workflow, index: _Index, position: int, found: Scored) -> str:
    parts = []
    if keywords := found.keywords.get(position):
        named = [f"“{workflow.definition.trigger.keywords[n]}”" for n in keywords[:4]]
        parts.append(f"names its keyword{'s' if named[1:] else ''} {', '.join(named)}")
    nearest = index.meaning.nearest_example(found.views, position)
    own = workflow.definition.trigger.examples
    if nearest is not None and nearest[1] > _NAMED_FROM:
        parts.append(
            f"is closest in meaning to its example “{own[nearest[0]]}”"
            if nearest[0] < len(own)
            else "is closest in meaning to an earlier message that people said fits"
        )
    if not parts:
        parts.append("is about what its description says")
    return f"The message fits {workflow.title}: it {', and '.join(parts)}."


def _evidence(text: str, clause: Clause) -> str:
    span = text[clause.start : clause.end].strip()
    if len(span) <= _EVIDENCE_LIMIT:
        return span
    return span[:_EVIDENCE_LIMIT].rsplit(maxsplit=1)[0]
