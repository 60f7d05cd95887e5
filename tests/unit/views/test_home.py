"""App Home: the kill switch for those who may, the state of things, the latest decisions."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livesop_bot.domain.decisions import Decision, Reason, Verdict
from livesop_bot.domain.evaluations import Cause, Evaluation
from livesop_bot.domain.signals import SignalState
from livesop_bot.views import home
from livesop_bot.views.home import HomeHealth, health_line
from livesop_bot.views.lint import violations


def _buttons(view: dict[str, Any]) -> list[str]:
    rows = [block["elements"] for block in view["blocks"] if block["type"] == "actions"]
    return [element["action_id"] for row in rows for element in row]


def _texts(view: dict[str, Any]) -> list[str]:
    found = []
    for block in view["blocks"]:
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
    view = home.home(autopilot=autopilot, is_admin=is_admin, health=health, latest=[])
    assert _buttons(view) == [*shown, "home_refresh"]


def test_switching_on_asks_first_and_switching_off_does_not(health: HomeHealth) -> None:
    def switch(*, autopilot: bool) -> dict[str, Any]:
        view = home.home(autopilot=autopilot, is_admin=True, health=health, latest=[])
        found: dict[str, Any] = next(
            block["elements"][0]
            for block in view["blocks"]
            if block.get("block_id") == "kill_switch"
        )
        return found

    assert "confirm" in switch(autopilot=False)
    assert "confirm" not in switch(autopilot=True)


def test_an_empty_home_says_how_to_begin(health: HomeHealth) -> None:
    view = home.home(autopilot=False, is_admin=False, health=health, latest=[])
    assert _texts(view) == [
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
    view = home.home(autopilot=False, is_admin=False, health=health, latest=[evaluation])
    assert _texts(view)[-2:] == [
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
    assert home.verdict_line(replace(evaluation, workflow=None, confidence=confidence)) == line


def test_no_match_is_said_once(health: HomeHealth, evaluation: Evaluation) -> None:
    decision = Decision(Verdict.SKIP, Reason.NO_MATCH, "No SOP fits this message.")
    none = replace(evaluation, workflow=None, confidence=0, decision=decision)
    view = home.home(autopilot=False, is_admin=False, health=health, latest=[none])
    assert _texts(view)[-2] == "*No SOP*"
    assert home.detail_line(replace(none, reasoning="")) == "No SOP fits this message."


def test_a_replay_a_dry_run_and_a_deletion_are_said(
    health: HomeHealth, evaluation: Evaluation
) -> None:
    deleted = replace(evaluation.signal, state=SignalState.DELETED)
    latest = [
        replace(evaluation, cause=Cause.REPLAY),
        replace(evaluation, cause=Cause.REPLAY, dry_run=True, signal=deleted),
    ]
    view = home.home(autopilot=True, is_admin=False, health=health, latest=latest)
    lines = [text for text in _texts(view) if "<!date^" in text]
    assert [text.rsplit("  ·  ", 2)[1:] for text in lines] == [
        ["<https://acme.slack.com/archives/C012AB3CD/p1772625600000100|open message>", "replay"],
        ["message deleted", "dry run"],
    ]


def test_the_words_of_a_message_stay_in_its_channel(
    health: HomeHealth, evaluation: Evaluation
) -> None:
    """Everybody may open App Home, also those outside a private channel."""
    view = home.home(autopilot=True, is_admin=True, health=health, latest=[evaluation])
    assert evaluation.signal.text not in json.dumps(view)


def test_no_more_than_ten_are_shown(health: HomeHealth, evaluation: Evaluation) -> None:
    view = home.home(autopilot=True, is_admin=True, health=health, latest=[evaluation] * 30)
    assert sum("<!date^" in text for text in _texts(view)) == 10


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({"sockets": 0}, "*not connected to Slack*"),
        ({"sockets": 1, "queue_depth": 1200, "oldest_job_s": 300.0}, "oldest for 5 min"),
        ({"queue_depth": 3, "oldest_job_s": 90.0}, "3 in the queue, the oldest for 90 s"),
        ({"queue_depth": None}, "queue unknown"),
        ({"spool_events": 1234}, "*1,234 on disk*, waiting for the database"),
        ({"database": False}, "*database away*"),
        ({"model_problem": "OpenAI cannot be reached"}, "*OpenAI cannot be reached*"),
        ({"model_share": 0.236}, "asked about 24% of messages"),
    ],
)
def test_the_health_line_names_what_is_wrong(
    health: HomeHealth, change: dict[str, Any], shown: str
) -> None:
    line = health_line(replace(health, **change))
    assert shown in line
    harmless = change.keys() <= {"model_share", "queue_depth"} and change.get("queue_depth") is None
    assert line.startswith("🟢 All well") == harmless


@pytest.mark.parametrize(
    "view", [home.loading(), home.database_away(), home.not_confirmed(), home.went_wrong()]
)
def test_slack_takes_the_other_states(view: dict[str, Any]) -> None:
    assert violations(view) == []


def test_trouble_offers_another_try() -> None:
    for view in (home.database_away(), home.not_confirmed(), home.went_wrong()):
        assert _buttons(view) == ["home_refresh"]


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
    view = home.home(autopilot=autopilot, is_admin=is_admin, health=health, latest=latest)
    assert violations(view) == []
    assert mentions(view) == []
