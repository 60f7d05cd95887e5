"""What `make bench` makes of its rounds."""

import pytest

from bench.figures import Load, Round, Row, table

ACKED = Row("acked", "1/s", lambda one: one.steady.per_second)


def acked(per_second: float) -> Round:
    load = Load(duration=1 / per_second, acks=[0.001])
    return Round(ready=1, bursts=[load], steady=load, resident=1)


@pytest.mark.parametrize(
    ("empty", "ours", "shown"),
    [
        ([100, 200, 300], [90, 180, 270], "0.90    0.90…0.90"),  # the machine drifts, and no ratio
        ([100, 100, 400], [90, 95, 100], "0.90    0.25…0.95"),
    ],
)
def test_ratios_are_of_the_same_round(empty: list[float], ours: list[float], shown: str) -> None:
    _, line = table([acked(n) for n in empty], {"words": [acked(n) for n in ours]}, [ACKED])
    assert line.endswith(shown)


def test_what_only_we_have_has_no_ratio() -> None:
    row = Row("ready", "s", lambda one: one.ready, "≤ 3", ours_alone=True)
    _, line = table([acked(1)], {"words": [acked(2)]}, [row])
    assert line.split() == ["ready", "s", "–", "1.0", "1.0…1.0", "–", "–", "≤", "3"]
