"""Figures: what can be said of an evaluator from what it said of labelled messages."""

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from livesop_bot.domain.evaluations import Usage
from livesop_bot.domain.verdicts import Labelled

_BINS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What an evaluator said of a labelled message: the slug that it named, or none.

    `nearest` is the slug that came closest, named or not, and `confidence` that this is right.
    `problem` is why it said nothing.
    """

    case: Labelled
    named: str | None
    nearest: str | None
    confidence: float
    evaluator: str
    usage: Usage
    latency_ms: float
    problem: str = ""

    def answer(self, limit: float) -> str | None:
        """What people would see from that confidence on: an SOP, or nothing."""
        return self.named if self.confidence >= limit else None

    def is_right(self, limit: float) -> bool:
        """Whether that is what the message calls for."""
        return self.case.is_answered and self.answer(limit) == self.case.expected

    @property
    def is_near(self) -> bool:
        """Whether the SOP that came closest is the one that the message calls for."""
        return self.nearest is not None and self.nearest == self.case.expected


@dataclass(frozen=True, slots=True, kw_only=True)
class SopFigures:
    """One SOP: how many messages call for it, for how many it was proposed, and rightly so."""

    slug: str
    expected: int
    proposed: int
    right: int

    @property
    def precision(self) -> float | None:
        """The share of its proposals that are right."""
        return _share(self.right, self.proposed)

    @property
    def recall(self) -> float | None:
        """The share of its messages for which it is proposed."""
        return _share(self.right, self.expected)

    @property
    def f1(self) -> float:
        """The harmonic mean of both; 0 where nothing is right."""
        return 2 * self.right / max(1, self.expected + self.proposed)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Messages judged with a confidence in a tenth of 0..1, and how many nearest SOPs are right."""

    start: float
    messages: int
    confidence: float
    right: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """All of it. Shares are 0..1, and None where there is nothing to take a share of.

    accuracy: what people would see is what the message calls for, SOP or nothing.
    nearest: the SOP that comes closest is right, named or not, of messages that call for one.
    nothing: the messages that no SOP fits, as if they were an SOP of their own.
    auroc: the chance that a message that calls for an SOP has the higher confidence than one that
    does not.
    ece: the expected calibration error, over messages that come close to any SOP, named or not
    (Naeini et al., "Obtaining Well Calibrated Probabilities Using Bayesian Binning", 2015).
    started, started_right: from the confidence on at which Auto-Pilot may start.
    refused, refused_again: messages for which people refused an SOP without saying what fits, and
    for how many of them one that they refused is proposed.
    """

    messages: int
    right: int
    accuracy: float | None
    accuracy_range: tuple[float, float] | None
    calling: int
    nearest: float | None
    nothing: SopFigures
    auroc: float | None
    started: int
    started_right: int
    refused: int
    refused_again: int
    sops: tuple[SopFigures, ...]
    confusions: tuple[tuple[str, str, int], ...]
    ece: float | None
    bins: tuple[Bin, ...]
    tokens: int
    cost_usd: float
    latency_mean_ms: float
    latency_p50_ms: float
    latency_p95_ms: float
    failed: int
    problems: tuple[tuple[str, int], ...]
    evaluators: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two evaluators on the same messages: which of them each alone gets right.

    p_value: McNemar's exact test: how likely so lopsided a difference is if both are equally good.
    """

    only_first: tuple[tuple[Outcome, Outcome], ...]
    only_second: tuple[tuple[Outcome, Outcome], ...]
    otherwise_wrong: int
    p_value: float


NOTHING = "(nothing)"
"""What stands for no SOP where slugs are listed; it is none."""


def figures(outcomes: Sequence[Outcome], *, propose: float, auto: float) -> Figures:
    """Take the figures; SOPs come worst first. `propose` and `auto` are the limits of the gate."""
    answered = [outcome for outcome in outcomes if outcome.case.is_answered]
    calling = [outcome for outcome in answered if outcome.case.expected is not None]
    silent = [outcome for outcome in answered if outcome.case.expected is None]
    named = [outcome for outcome in answered if outcome.named is not None]
    started = [outcome for outcome in named if outcome.confidence >= auto]
    refused = [o for o in outcomes if o.case.refused and not o.case.is_answered]
    right = sum(outcome.is_right(propose) for outcome in answered)
    bins = _bins([outcome for outcome in answered if outcome.nearest is not None])
    latencies = sorted(outcome.latency_ms for outcome in outcomes)
    tokens = sum(o.usage.tokens for o in outcomes)
    per_slug = _per_slug(answered, propose)
    return Figures(
        messages=len(answered),
        right=right,
        accuracy=_share(right, len(answered)),
        accuracy_range=_wilson(right, len(answered)),
        calling=len(calling),
        nearest=_share(sum(o.is_near for o in calling), len(calling)),
        nothing=per_slug[NOTHING],
        auroc=_auroc([o.confidence for o in calling], [o.confidence for o in silent]),
        started=len(started),
        started_right=sum(outcome.is_right(0) for outcome in started),
        refused=len(refused),
        refused_again=sum(outcome.answer(propose) in outcome.case.refused for outcome in refused),
        sops=tuple(
            sorted(
                (each for each in per_slug.values() if each.slug != NOTHING),
                key=lambda each: (each.f1, each.slug),
            )
        ),
        confusions=_confusions(answered, propose),
        ece=_ece(bins),
        bins=bins,
        tokens=tokens,
        cost_usd=sum(outcome.usage.cost_usd for outcome in outcomes),
        latency_mean_ms=sum(latencies) / max(1, len(latencies)),
        latency_p50_ms=_percentile(latencies, 0.5),
        latency_p95_ms=_percentile(latencies, 0.95),
        failed=sum(bool(outcome.problem) for outcome in outcomes),
        problems=_counted(outcome.problem for outcome in outcomes if outcome.problem),
        evaluators=_counted(outcome.evaluator for outcome in outcomes if outcome.evaluator),
    )


def compare(first: Sequence[Outcome], second: Sequence[Outcome], *, propose: float) -> Comparison:
    """Compare two runs over the same messages, in the same order."""
    pairs = [(one, other) for one, other in zip(first, second, strict=True) if one.case.is_answered]
    only_first = [(a, b) for a, b in pairs if a.is_right(propose) and not b.is_right(propose)]
    only_second = [(a, b) for a, b in pairs if b.is_right(propose) and not a.is_right(propose)]
    return Comparison(
        only_first=tuple(only_first),
        only_second=tuple(only_second),
        otherwise_wrong=sum(
            a.answer(propose) != b.answer(propose)
            and not a.is_right(propose)
            and not b.is_right(propose)
            for a, b in pairs
        ),
        p_value=mcnemar(len(only_first), len(only_second)),
    )


def mcnemar(only_first: int, only_second: int) -> float:
    """The exact two-sided p-value that this split comes of a fair coin."""
    total = only_first + only_second
    tail = sum(math.comb(total, hits) for hits in range(min(only_first, only_second) + 1))
    return float(min(1, 2 * tail / 2**total)) if total else 1.0


def _per_slug(answered: Sequence[Outcome], limit: float) -> dict[str, SopFigures]:
    expected = Counter(outcome.case.expected or NOTHING for outcome in answered)
    proposed = Counter(outcome.answer(limit) or NOTHING for outcome in answered)
    right = Counter(o.case.expected or NOTHING for o in answered if o.is_right(limit))
    return {
        slug: SopFigures(
            slug=slug, expected=expected[slug], proposed=proposed[slug], right=right[slug]
        )
        for slug in {*expected, *proposed, NOTHING}
    }


def _confusions(answered: Sequence[Outcome], limit: float) -> tuple[tuple[str, str, int], ...]:
    """Expected, said, how often; most often first."""
    wrong = Counter(
        (outcome.case.expected or NOTHING, outcome.answer(limit) or NOTHING)
        for outcome in answered
        if not outcome.is_right(limit)
    )
    ordered = sorted(wrong.items(), key=lambda item: (-item[1], item[0]))
    return tuple((expected, said, count) for (expected, said), count in ordered)


def _bins(outcomes: Sequence[Outcome]) -> tuple[Bin, ...]:
    members: dict[int, list[Outcome]] = {}
    for outcome in outcomes:
        members.setdefault(min(_BINS - 1, int(outcome.confidence * _BINS)), []).append(outcome)
    return tuple(
        Bin(
            start=index / _BINS,
            messages=len(inside),
            confidence=sum(outcome.confidence for outcome in inside) / len(inside),
            right=sum(outcome.is_near for outcome in inside) / len(inside),
        )
        for index, inside in sorted(members.items())
    )


def _ece(bins: Sequence[Bin]) -> float | None:
    total = sum(each.messages for each in bins)
    return _share(sum(each.messages * abs(each.right - each.confidence) for each in bins), total)


def _auroc(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    below = sorted(negative)
    wins = sum((bisect_left(below, x) + bisect_right(below, x)) / 2 for x in positive)
    return _share(wins, len(positive) * len(negative))


def _wilson(hits: int, total: int) -> tuple[float, float] | None:
    """The 95 % range of a share (Wilson's score interval)."""
    if not total:
        return None
    z = 1.96
    share, scale = hits / total, 1 + z * z / total
    middle = (share + z * z / (2 * total)) / scale
    half = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total)) / scale
    return max(0.0, middle - half), min(1.0, middle + half)


def _percentile(ordered: Sequence[float], share: float) -> float:
    """By nearest rank; 0 of nothing."""
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else 0.0


def _counted(names: Iterable[str]) -> tuple[tuple[str, int], ...]:
    return tuple(Counter(names).most_common())


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None
