"""Which messages ask LiveSOP something, and which SOP they ask about."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesop_bot.domain.questions import asks_for_help, question_of, sop_asked_about
from livesop_bot.domain.signals import ChannelId, Signal, TeamId, UserId
from livesop_bot.domain.workflows import Workflow, WorkflowId
from livesop_bot.evaluation.words import stems
from livesop_bot.sop.starter_pack import starter_pack
from tests.signals import a_stored_signal

BOT = UserId("U0BOT00001")
NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
SOPS = [
    Workflow(id=WorkflowId(number), team=TeamId("T1"), version=1, definition=definition)
    for number, definition in enumerate(starter_pack(), 1)
]


def signal(text: str, channel: str = "C1") -> Signal:
    return a_stored_signal(text, channel=ChannelId(channel))


@pytest.mark.parametrize(
    ("text", "channel", "question"),
    [
        (f"<@{BOT}> what is the refund procedure?", "C1", "what is the refund procedure?"),
        (f"hey <@{BOT}>, how do we refund", "C1", "hey , how do we refund"),
        ("what is the refund procedure?", "C1", ""),
        ("what is the refund procedure?", "D1", "what is the refund procedure?"),
        ("show me the refund steps", "D1", "show me the refund steps"),
        ("¿cómo se hace un reembolso?", "D1", "¿cómo se hace un reembolso?"),
        ("退款流程是什么？", "D1", "退款流程是什么？"),
        (f"<@{BOT}> thanks a lot", "C1", ""),
        ("checkout is down", "D1", ""),
        ("hello", "C1", ""),
        ("", "D1", ""),
        ("...", "D1", ""),
        ("ok", "D1", ""),
        ("hi, checkout is down", "D1", ""),
    ],
)
def test_only_what_is_asked_of_livesop_is_a_question(
    text: str, channel: str, question: str
) -> None:
    assert question_of(signal(text, channel), BOT) == question


@pytest.mark.parametrize(
    ("text", "channel"),
    [
        (f"<@{BOT}>", "C1"),
        (f"hi <@{BOT}>!", "C1"),
        (f"<@{BOT}> help", "C1"),
        ("Hello there", "D1"),
        ("hi, what can you do?", "D1"),
    ],
)
def test_its_name_a_greeting_and_help_ask_what_it_is_there_for(text: str, channel: str) -> None:
    assert asks_for_help(question_of(signal(text, channel), BOT))


@pytest.mark.parametrize("question", ["help with a refund", "what can you do about refunds?"])
def test_help_with_something_is_about_that(question: str) -> None:
    assert not asks_for_help(question)


def test_no_bot_is_answered() -> None:
    asked = signal("what is the refund procedure?", "D1")
    assert question_of(replace(asked, author_is_bot=True), BOT) == ""


@given(st.text())
def test_any_text_is_taken(text: str) -> None:
    question = question_of(signal(f"<@{BOT}> {text}"), BOT)
    assert f"<@{BOT}>" not in question
    sop_asked_about(question, SOPS, stems)


@pytest.mark.parametrize(
    ("question", "slug"),
    [
        ("what is the refund procedure?", "refund-request"),
        ("how do we handle incidents?", "incident"),
        ("what are the steps of a bug report?", "bug-report"),
        ("how do I request access to the database?", "access-request"),
        ("where is the vacation policy?", None),
        ("how many days of vacation do I have?", None),
        ("what is the process?", None),
        ("", None),
    ],
)
def test_the_sop_is_found_by_its_name_and_its_trigger(question: str, slug: str | None) -> None:
    found = sop_asked_about(question, SOPS, stems)
    assert (found and found.slug) == slug
