"""App Home: the kill switch for those who may, the state of things, the latest decisions."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livesop_bot.domain.decisions import Decision, Reason, Verdict
from livesop_bot.domain.evaluations import Cause, Evaluation
from livesop_bot.domain.signals import SignalState
from livesop_bot.views.blocks import Block
from livesop_bot.views.health import HomeHealth
from livesop_bot.views.home.overview import overview
from livesop_bot.views.home.tabs import HomeState, home
from livesop_bot.views.judgement import detail_line, verdict_line
from livesop_bot.views.lint import violations


def _buttons(blocks: Sequence[Block]) -> list[str]:
    rows = [block["elements"] for block in blocks if block["type"] == "actions"]
    return [element["action_id"] for row in rows for element in row]


def _texts(blocks: Sequence[Block]) -> list[str]:
    found = []
    for block in blocks:
        if block["type"] in ("section", "header", "context"):
            found += [part["text"] for part in block.get("elements", [block.get("text")])]
    return found


@pytest.mark.parametrize(
    ("autopilot", "is_admin", "shown"),
    [
        (True, True, ["autopilot_off"]),
        (True, False, ["autopilot_off"]),
        (False, True, ["autopilot_on"]),
        (False, False, []),
    ],
)
def test_everybody_may_switch_off_and_admins_on(
    health: HomeHealth, autopilot: bool, is_admin: bool, shown: list[str]
) -> None:
    blocks = overview(autopilot=autopilot, is_admin=is_admin, health=health, latest=[])
    assert _buttons(blocks) == [*shown, "home_refresh"]


def test_switching_on_asks_first_and_switching_off_does_not(health: HomeHealth) -> None:
    def switch(*, autopilot: bool) -> dict[str, Any]:
        blocks = overview(autopilot=autopilot, is_admin=True, health=health, latest=[])
        found: dict[str, Any] = next(
            block["elements"][0] for block in blocks if block.get("block_id") == "kill_switch"
        )
        return found

    assert "confirm" in switch(autopilot=False)
    assert "confirm" not in switch(autopilot=True)


def test_an_empty_home_says_how_to_begin(health: HomeHealth) -> None:
    blocks = overview(autopilot=False, is_admin=False, health=health, latest=[])
    assert _texts(blocks) == [
        "Auto-Pilot is off",
        "LiveSOP only proposes; no SOP starts by itself.",
        "An admin can switch it on.",
        (
            "🟢 All well  ·  2 Slack connections  ·  queue empty  ·  database up  ·  "
            "evaluator: lexical"
        ),
        "Latest evaluations",
        (
            "Nothing yet. Send a message in a channel that LiveSOP is in; "
            "invite it with `/invite @LiveSOP`."
        ),
    ]


def test_an_evaluation_is_shown_with_its_reason_and_its_message(
    health: HomeHealth, evaluation: Evaluation
) -> None:
    blocks = overview(autopilot=False, is_admin=False, health=health, latest=[evaluation])
    assert _texts(blocks)[-2:] == [
        (
            "*Tier-3 escalation*  ·  93%  ▰▰▰▰▰▰▰▰▰▱\n"
            "Proposed, not started: Auto-Pilot is off for this team."
        ),
        (
            "It reads like the SOP's example of a payment outage.\n"
            "<!date^1772625600^{date_short_pretty} {time}|2026-03-04 12:00 UTC>  ·  "
            "<#C012AB3CD>  ·  "
            "<https://acme.slack.com/archives/C012AB3CD/p1772625600000100|open message>"
        ),
    ]


@pytest.mark.parametrize(
    ("confidence", "line"),
    [(0.31, "*No SOP*  ·  nearest 31%"), (0, "*No SOP*"), (None, "*No SOP*")],
)
def test_no_match_is_no_match(evaluation: Evaluation, confidence: float | None, line: str) -> None:
    assert verdict_line(replace(evaluation, workflow=None, confidence=confidence)) == line


def test_no_match_is_said_once(health: HomeHealth, evaluation: Evaluation) -> None:
    decision = Decision(Verdict.SKIP, Reason.NO_MATCH, "No SOP fits this message.")
    none = replace(evaluation, workflow=None, confidence=0, decision=decision)
    blocks = overview(autopilot=False, is_admin=False, health=health, latest=[none])
    assert _texts(blocks)[-2] == "*No SOP*"
    assert detail_line(replace(none, reasoning="")) == "No SOP fits this message."


def test_a_replay_a_dry_run_and_a_deletion_are_said(
    health: HomeHealth, evaluation: Evaluation
) -> None:
    deleted = replace(evaluation.signal, state=SignalState.DELETED)
    latest = [
        replace(evaluation, cause=Cause.REPLAY),
        replace(evaluation, cause=Cause.REPLAY, dry_run=True, signal=deleted),
    ]
    blocks = overview(autopilot=True, is_admin=False, health=health, latest=latest)
    lines = [text for text in _texts(blocks) if "<!date^" in text]
    assert [text.rsplit("  ·  ", 2)[1:] for text in lines] == [
        ["<https://acme.slack.com/archives/C012AB3CD/p1772625600000100|open message>", "replay"],
        ["message deleted", "dry run"],
    ]


def test_the_words_of_a_message_stay_in_its_channel(
    health: HomeHealth, evaluation: Evaluation
) -> None:
    """Everybody may open App Home, also those outside a private channel."""
    blocks = overview(autopilot=True, is_admin=True, health=health, latest=[evaluation])
    assert evaluation.signal.text not in json.dumps(blocks)


def test_no_more_than_ten_are_shown(health: HomeHealth, evaluation: Evaluation) -> None:
    blocks = overview(autopilot=True, is_admin=True, health=health, latest=[evaluation] * 30)
    assert sum("<!date^" in text for text in _texts(blocks)) == 10


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.data(), autopilot=st.booleans(), is_admin=st.booleans())
def test_slack_takes_any_feed(
    evaluations: st.SearchStrategy[Evaluation],
    mentions: Callable[[object], list[str]],
    data: st.DataObject,
    autopilot: bool,
    is_admin: bool,
) -> None:
    latest = data.draw(st.lists(evaluations, max_size=12))
    health = data.draw(st.builds(HomeHealth, oldest_job_s=st.none() | st.floats(0, 1e9)))
    blocks = overview(autopilot=autopilot, is_admin=is_admin, health=health, latest=latest)
    assert violations(home(HomeState(), blocks)) == []
    assert mentions(blocks) == []
