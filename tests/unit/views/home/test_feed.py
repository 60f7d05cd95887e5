"""The Live Feed: rows that say enough, filters and pages that travel in the state of Home."""

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from livesop_bot.domain.decisions import Decision, Reason, Verdict
from livesop_bot.domain.evaluations import Cause, Evaluation, EvaluationId, Outcome
from livesop_bot.domain.signals import ChannelId, SignalState
from livesop_bot.views.blocks import Block
from livesop_bot.views.home.feed import PAGE, FeedFilter, feed, narrowed
from livesop_bot.views.home.tabs import HomeState, HomeTab, home
from livesop_bot.views.judgement import detail_line, verdict_line
from livesop_bot.views.lint import violations

NONE = FeedFilter()


def _feed(evaluations: Sequence[Evaluation], found: FeedFilter = NONE) -> list[Block]:
    return list(feed(found, {"sop": "The SOP"}, evaluations))


def _texts(blocks: Sequence[Block]) -> list[str]:
    found = []
    for block in blocks:
        if block["type"] in ("section", "context"):
            found += [part["text"] for part in block.get("elements", [block.get("text")])]
    return found


def _ids(blocks: Sequence[Block]) -> list[str]:
    rows = [block["elements"] for block in blocks if block["type"] == "actions"]
    return [element["action_id"] for row in rows for element in row]


def test_a_row_says_what_where_who_and_leads_on(evaluation: Evaluation) -> None:
    blocks = _feed([evaluation])
    assert _texts(blocks) == [
        (
            "🔵  *Tier-3 escalation*  ·  93%  ▰▰▰▰▰▰▰▰▰▱\n"
            "Proposed, not started: Auto-Pilot is off for this team."
        ),
        (
            "<!date^1772625600^{date_short_pretty} {time}|2026-03-04 12:00 UTC>  ·  "
            f"<#C012AB3CD>  ·  <@{evaluation.signal.author}>  ·  "
            "<https://acme.slack.com/archives/C012AB3CD/p1772625600000100|open message>"
        ),
    ]
    why = next(block["accessory"] for block in blocks if "accessory" in block)
    assert (why["action_id"], why["value"]) == ("why", str(evaluation.signal.id))


@pytest.mark.parametrize(
    ("confidence", "line"),
    [(0.31, "*No SOP*  ·  nearest 31%"), (0, "*No SOP*"), (None, "*No SOP*")],
)
def test_no_match_is_no_match(evaluation: Evaluation, confidence: float | None, line: str) -> None:
    assert verdict_line(replace(evaluation, workflow=None, confidence=confidence)) == line


def test_no_match_is_said_once(evaluation: Evaluation) -> None:
    decision = Decision(Verdict.SKIP, Reason.NO_MATCH, "No SOP fits this message.")
    none = replace(evaluation, workflow=None, confidence=0, decision=decision)
    assert _texts(_feed([none]))[0] == "⚪  *No SOP*"
    assert detail_line(replace(none, reasoning="")) == "No SOP fits this message."


def test_a_replay_a_dry_run_a_deletion_and_an_app_are_said(evaluation: Evaluation) -> None:
    deleted = replace(evaluation.signal, state=SignalState.DELETED, author_is_bot=True)
    texts = _texts(
        _feed(
            [
                replace(evaluation, cause=Cause.REPLAY),
                replace(evaluation, cause=Cause.REPLAY, dry_run=True, signal=deleted),
            ]
        )
    )
    assert [text.rsplit("  ·  ", 3)[1:] for text in texts[1::2]] == [
        [
            f"<@{evaluation.signal.author}>",
            "<https://acme.slack.com/archives/C012AB3CD/p1772625600000100|open message>",
            "replay",
        ],
        ["an app", "message deleted", "dry run"],
    ]


def test_the_words_of_a_message_stay_in_its_channel(evaluation: Evaluation) -> None:
    """Everybody may open App Home, also those outside a private channel."""
    said = json.dumps(_feed([evaluation]))
    assert evaluation.signal.text not in said
    assert evaluation.reasoning not in said


def test_pages_are_read_by_the_id_of_their_last_row(evaluation: Evaluation) -> None:
    many = [replace(evaluation, id=EvaluationId(100 - n)) for n in range(PAGE + 1)]
    assert "feed_older" not in _ids(_feed(many[:PAGE]))
    first = _feed(many)
    assert sum("<!date^" in text for text in _texts(first)) == PAGE
    assert _ids(first)[-1] == "feed_older"
    assert first[-1]["elements"][-1]["value"] == str(many[PAGE - 1].id)
    last = _feed(many[:1], FeedFilter(before=91))
    assert _ids(last)[-1] == "feed_newest"


def test_an_empty_page_says_what_to_do() -> None:
    assert "Nothing yet. Send a message" in str(_texts(_feed([])))
    assert _ids(_feed([])) == []
    nothing = _feed([], FeedFilter(outcome=Outcome.STARTED))
    assert "Nothing like that so far." in str(_texts(nothing))
    assert "feed_clear" in _ids(nothing)
    assert "Nothing older" in str(_texts(_feed([], FeedFilter(before=1))))


def test_the_filters_show_what_is_chosen(evaluation: Evaluation) -> None:
    found = FeedFilter(channel=ChannelId("C1"), sop="gone", outcome=Outcome.HELD)
    where, sop, outcome, _ = _feed([evaluation], found)[1]["elements"]
    assert where["initial_conversation"] == "C1"
    assert sop["initial_option"]["value"] == "gone"
    assert outcome["initial_option"]["text"]["text"] == "SOP fits, nothing done"
    assert "feed_clear" not in _ids(_feed([evaluation]))


@pytest.mark.parametrize(
    ("number", "chosen", "is_said"),
    [(98, None, False), (99, None, True), (98, "other", False), (99, "other", True)],
)
def test_where_the_menu_has_no_room_for_an_sop_it_says_where_it_is(
    evaluation: Evaluation, number: int, chosen: str | None, is_said: bool
) -> None:
    sops = {f"sop-{n}": f"SOP {n}" for n in range(number)} | ({chosen: "Other"} if chosen else {})
    view = home(HomeState(), list(feed(FeedFilter(sop=chosen), sops, [evaluation])))
    assert violations(view) == []
    assert ("those that matched most lately" in str(view)) is is_said
    assert (chosen is None) or "Other" in str(view)


@pytest.mark.parametrize(
    "found",
    [
        NONE,
        FeedFilter(channel=ChannelId("C1"), before=5),
        FeedFilter(sop="bug-report", outcome=Outcome.NO_SOP),
    ],
)
def test_a_filter_travels_in_the_state_of_home(found: FeedFilter) -> None:
    assert FeedFilter.of(HomeState.read(found.state().write())) == found


@pytest.mark.parametrize("page", ["x", "-1", "٣", "9" * 30, ""])
def test_a_state_that_is_none_filters_nothing(page: str) -> None:
    odd = HomeState(tab=HomeTab.OVERVIEW, filters={"outcome": "odd", "x": "y"}, page=page)
    assert FeedFilter.of(odd) == NONE


@pytest.mark.parametrize(
    ("action", "left"),
    [
        (
            {"action_id": "feed_channel", "selected_conversation": "C2"},
            FeedFilter(channel=ChannelId("C2"), sop="a"),
        ),
        ({"action_id": "feed_sop", "selected_option": {"value": "*"}}, FeedFilter()),
        ({"action_id": "feed_sop", "selected_option": {"value": "b"}}, FeedFilter(sop="b")),
        (
            {"action_id": "feed_outcome", "selected_option": {"value": "held"}},
            FeedFilter(sop="a", outcome=Outcome.HELD),
        ),
        ({"action_id": "feed_clear"}, FeedFilter()),
    ],
)
def test_picking_narrows_and_begins_anew(action: dict[str, Any], left: FeedFilter) -> None:
    state = FeedFilter(sop="a", before=77).state()
    assert FeedFilter.of(narrowed(state, action)) == left
