"""Reports fit a terminal, whatever was measured, and say the same as the data."""

import json
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from livesop_bot.domain.evaluations import Usage
from livesop_bot.domain.verdicts import Labelled
from livesop_bot.evaluation.figures import Outcome, compare, figures
from livesop_bot.evaluation.report import WIDTH, comparison_report, plain, report

slugs = st.none() | st.sampled_from(["incident", "refund-request", "x" * 63])
labelled = st.builds(
    Labelled,
    name=st.sampled_from(["line 1", "signal 123456789"]),
    text=st.text(max_size=300),
    expected=slugs,
    is_answered=st.booleans(),
    refused=st.sampled_from([frozenset(), frozenset({"incident"})]),
    channel=st.none(),
)
outcomes = st.builds(
    Outcome,
    case=labelled,
    named=slugs,
    nearest=slugs,
    confidence=st.floats(0, 1),
    evaluator=st.sampled_from(["local", "openai/" + "m" * 90]),
    usage=st.builds(Usage, prompt_tokens=st.integers(0, 10**7), cost_usd=st.floats(0, 10**4)),
    latency_ms=st.floats(0, 10**6),
    problem=st.sampled_from(["", "away " * 40]),
)


@given(st.lists(st.tuples(outcomes, outcomes), max_size=30))
def test_no_line_is_wider_than_the_terminal(pairs: list[tuple[Outcome, Outcome]]) -> None:
    first = [one for one, _ in pairs]
    second = [replace(other, case=one.case) for one, other in pairs]
    both = [figures(each, propose=0.5, auto=0.9) for each in (first, second)]
    lines = [line for each in both for line in report("local", each, propose=0.5, auto=0.9)]
    lines += comparison_report(
        ("local", "local, /some/long/path/to/documents/of/sops/incident.yaml"),
        (both[0], both[1]),
        compare(first, second, propose=0.5),
        0.5,
    )
    assert [line for line in lines if len(line) > WIDTH or not line.isprintable()] == []
    assert json.loads(json.dumps(plain("local", both[0], first)))["messages"] == both[0].messages


def test_a_comparison_shows_what_changed_for_which_message() -> None:
    case = Labelled(name="line 7", text="payments\nare down", expected="incident")

    def said(named: str | None) -> list[Outcome]:
        return [
            Outcome(
                case=case,
                named=named,
                nearest=named,
                confidence=0.8,
                evaluator="e",
                usage=Usage(),
                latency_ms=1,
            )
        ]

    first, second = said(None), said("incident")
    both = figures(first, propose=0.5, auto=0.9), figures(second, propose=0.5, auto=0.9)
    text = "\n".join(comparison_report(("a", "b"), both, compare(first, second, propose=0.5), 0.5))
    assert "right only with the second: 1; only with the first: 0" in text
    assert "McNemar's exact test: p = 1.000, may be chance" in text
    assert (
        "    line 7: payments are down\n"
        "      (nothing) 80% → incident 80% (calls for incident)" in text
    )
