"""What a set of SOPs says of itself in words, indexed so that a message is compared with all."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field
from heapq import nlargest

from livesop_bot.domain.workflows import WorkflowDefinition
from livesop_bot.evaluation.words import Word, stems

_UNKNOWN = 0.5
"""The weight of a word that no SOP knows, where 1 is that of a word which a single SOP knows."""

_NEAR = 0.25
"""The similarity from which an example is worth naming."""
_CANDIDATES = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """How well a part of a message fits one SOP: its position, and 0..1 as `score`.

    `matched` are the stems in common, `keywords` and `example` positions in the trigger's lists.
    """

    position: int
    score: float
    window: Sequence[Word]
    matched: frozenset[str]
    keywords: tuple[int, ...]
    example: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """What one word says for one SOP, and in which of its examples it stands."""

    strength: float
    examples: Sequence[int]


@dataclass(slots=True)
class _Tally:
    """What a window shares with one SOP, added up word by word."""

    strength: float = 0.0
    weight: float = 0.0
    matched: set[str] = field(default_factory=set)
    examples: defaultdict[int, float] = field(default_factory=lambda: defaultdict(float))


class Vocabulary:
    """The words of some SOPs: how telling each is, and for which SOP and example."""

    def __init__(self, definitions: Sequence[WorkflowDefinition]) -> None:
        self._examples = [[set(stems(e)) for e in d.trigger.examples] for d in definitions]
        self._keywords = [[stems(keyword) for keyword in d.trigger.keywords] for d in definitions]
        counts = [
            _counts(d, examples, keywords)
            for d, examples, keywords in zip(
                definitions, self._examples, self._keywords, strict=True
            )
        ]
        spread = Counter(stem for count in counts for stem in count)
        rarest = math.log((len(counts) + 1) / 1.5)
        self._weights = {
            stem: max(0.1, math.log((len(counts) + 1) / (known + 0.5)) / rarest)
            for stem, known in spread.items()
        }
        self._lengths = [
            [self._length(example) for example in examples] for examples in self._examples
        ]
        self._places: defaultdict[str, dict[int, _Place]] = defaultdict(dict)
        for position, count in enumerate(counts):
            for stem, times in count.items():
                self._places[stem][position] = _Place(
                    strength=self._weights[stem] * min(1.0, 0.4 + 0.2 * times),
                    examples=[
                        n for n, words in enumerate(self._examples[position]) if stem in words
                    ],
                )

    def ranked(self, windows: Sequence[Sequence[Word]]) -> list[Likeness]:
        """The best likeness of each SOP that shares anything with a window, best first."""
        best: dict[int, Likeness] = {}
        candidates = self._candidates({word.stem for window in windows for word in window})
        for window in windows:
            for likeness in self._likenesses(window, candidates):
                known = best.get(likeness.position)
                if known is None or likeness.score > known.score:
                    best[likeness.position] = likeness
        return sorted(best.values(), key=lambda likeness: -likeness.score)

    def strength(self, text: str) -> float:
        """How much of what a text says is known to any SOP."""
        return sum(self._weights.get(stem, 0.0) for stem in set(stems(text)))

    def _candidates(self, distinct: Set[str]) -> Set[int]:
        """The few SOPs that share most with the whole message; only they are looked at closely."""
        shared: defaultdict[int, float] = defaultdict(float)
        for stem in distinct & self._places.keys():
            for position, place in self._places[stem].items():
                shared[position] += place.strength
        return set(nlargest(_CANDIDATES, shared, key=shared.__getitem__))

    def _likenesses(self, window: Sequence[Word], candidates: Set[int]) -> Iterable[Likeness]:
        distinct = {word.stem for word in window}
        tallies: defaultdict[int, _Tally] = defaultdict(_Tally)
        for stem in distinct & self._places.keys():
            weight, places = self._weights[stem], self._places[stem]
            for position in candidates & places.keys():
                place, tally = places[position], tallies[position]
                tally.strength += place.strength
                tally.weight += weight
                tally.matched.add(stem)
                for example in place.examples:
                    tally.examples[example] += weight * weight
        if not tallies:
            return
        length = self._length(distinct)
        total = sum(self._weights.get(stem, _UNKNOWN) for stem in distinct)
        order = [word.stem for word in window]
        for position, tally in tallies.items():
            lengths = self._lengths[position]
            similarity, example = max(
                ((shared / (length * lengths[n]), n) for n, shared in tally.examples.items()),
                default=(0.0, 0),
            )
            keywords = tuple(
                n
                for n, keyword in enumerate(self._keywords[position])
                if keyword and set(keyword) <= tally.matched and _contains(order, keyword)
            )
            spoken = {stem for n in keywords for stem in self._keywords[position][n]}
            emphasis = sum(self._weights[stem] for stem in spoken)
            yield Likeness(
                position=position,
                score=_score(
                    similarity=similarity,
                    coverage=tally.weight / total,
                    strength=tally.strength,
                    emphasis=emphasis,
                    lonely=len(tally.matched) == 1 and not keywords,
                ),
                window=window,
                matched=frozenset(tally.matched),
                keywords=keywords,
                example=example if similarity > _NEAR else None,
            )

    def _length(self, stems: Iterable[str]) -> float:
        return math.sqrt(sum(self._weights.get(stem, _UNKNOWN) ** 2 for stem in stems)) or 1.0


def _score(
    *, similarity: float, coverage: float, strength: float, emphasis: float, lonely: bool
) -> float:
    """Weigh the signs: the nearest example (0..1), the share of the words that the SOP knows
    (0..1), how telling these are together, and its keywords (both: 1 for a word of its own).

    One word in common that is no keyword may well be chance. What is worded as an example is
    meant by its author, however short.
    """
    telling = 1 - math.exp(-strength / 1.2)
    named = 1 - math.exp(-emphasis / 1.5)
    by_words = 0.9 * telling * (0.55 * coverage + 0.45 * named)
    by_example = 0.9 * telling * similarity
    score = (1 - (1 - by_words) * (1 - by_example)) * (0.5 if lonely else 1.0)
    return max(score, similarity**2 if similarity > 0.9 else 0.0)


def _counts(
    definition: WorkflowDefinition, examples: Sequence[set[str]], keywords: Sequence[Sequence[str]]
) -> dict[str, float]:
    """How often an SOP says each of its words; a keyword counts as three examples."""
    count: defaultdict[str, float] = defaultdict(float)
    for stem in (stem for example in examples for stem in example):
        count[stem] += 1
    for keyword in keywords:
        for stem in keyword:
            count[stem] += 3 / len(keyword)
    for stem in set(stems(f"{definition.title} {definition.trigger.description}")):
        count[stem] += 1
    return count


def _contains(words: Sequence[str], phrase: Sequence[str]) -> bool:
    size = len(phrase)
    return any(tuple(words[n : n + size]) == tuple(phrase) for n in range(len(words) - size + 1))
