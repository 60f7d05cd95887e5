"""How well and how fast the local evaluators judge: the intents of tests/data, as `livesop eval`
takes its figures, one message after the other.
"""

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from livesop_bot.app.measure import EvaluatorName, tried_evaluator
from livesop_bot.domain.signals import TeamId
from livesop_bot.domain.verdicts import Labelled
from livesop_bot.evaluation.figures import Figures, figures
from livesop_bot.evaluation.labelled_file import read_labelled, sops_of_examples
from livesop_bot.evaluation.limits import limit_at_precision, limit_for_silence
from livesop_bot.evaluation.trial import Setup, trial
from livesop_bot.settings import Settings

TEAM = TeamId("T1")
_DATA = Path(__file__).parent.parent / "tests" / "data" / "intents"
_PRECISION = 0.98
_NEVER = 1.1


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the table, for each evaluator, and what is to be reached."""

    name: str
    values: Sequence[float]
    goal: str


def intents(part: str) -> list[Labelled]:
    """Read `train`, `val` or `test`: sentences, and the intent of each, if it has one."""
    return read_labelled(_DATA / f"{part}.jsonl")


async def judged(
    evaluator: EvaluatorName, chosen_on: Sequence[Labelled], measured_on: Sequence[Labelled]
) -> Figures:
    """Choose the limits on the ones, and take the figures of the others.

    An intent is an SOP of which nothing is known but its example phrases.
    """
    async with tried_evaluator(Settings(_env_file=None), evaluator, None) as made:
        setup = Setup(team=TEAM, evaluator=made, workflows=sops_of_examples(TEAM, intents("train")))
        chosen = await trial(setup, chosen_on)
        measured = await trial(setup, measured_on)
    sure = limit_at_precision(chosen, _PRECISION)
    return figures(
        measured,
        propose=limit_for_silence(chosen),
        auto=_NEVER if sure is None else sure,
    )


def recall(found: Figures) -> float:
    """The share of the messages that call for an SOP for which it would start, and rightly so."""
    return found.started_right / found.calling


async def main() -> None:
    """Measure and print."""
    names = (EvaluatorName.WORDS, EvaluatorName.LOCAL)
    val, test = intents("val"), intents("test")
    found, resident = [], []
    for name in names:
        found.append(await judged(name, val, test))
        resident.append(psutil.Process(os.getpid()).memory_info().rss / 1e6)
    rows = (
        Row("accuracy, nearest of 75 (%)", [(f.nearest or 0) * 100 for f in found], "≥ 90"),
        Row("out of scope: AUROC (%)", [(f.auroc or 0) * 100 for f in found], "≥ 97.5"),
        Row("out of scope: F1 (%)", [f.nothing.f1 * 100 for f in found], "≥ 84"),
        Row("recall where precision is 98 % (%)", [recall(f) * 100 for f in found], "≥ 60"),
        Row("calibration error (%)", [(f.ece or 0) * 100 for f in found], "≤ 5"),
        Row("messages judged (1/s, one core)", [1000 / f.latency_mean_ms for f in found], "≥ 150"),
        Row("one message p50 (ms)", [f.latency_p50_ms for f in found], "≤ 15"),
        Row("resident memory, this process (MB)", resident, "≤ 350"),
    )
    print(f"{'':38}" + "".join(f"{name:>12}" for name in names) + "  goal")
    for row in rows:
        print(f"{row.name:38}" + "".join(f"{v:>12,.1f}" for v in row.values) + f"  {row.goal}")


if __name__ == "__main__":
    asyncio.run(main())
