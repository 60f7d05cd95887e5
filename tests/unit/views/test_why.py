"""`/livesop why` answers for every state that a message can be in."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from livesop_bot.domain.evaluations import Evaluation
from livesop_bot.domain.knowledge import Passage, PassageId
from livesop_bot.domain.signals import Signal, SignalState
from livesop_bot.views import why
from livesop_bot.views.blocks import Message
from livesop_bot.views.lint import violations


def _texts(message: Message) -> list[str]:
    found: list[str] = []
    for block in message.blocks:
        found += [part["text"] for part in block.get("elements", [block.get("text")])]
    return found


def test_a_judged_message_is_explained_with_what_it_rests_on(
    signal: Signal, evaluation: Evaluation
) -> None:
    assert _texts(why.answer(signal, evaluation, in_channel=True)) == [
        (
            "*Tier-3 escalation*  ·  93%  ▰▰▰▰▰▰▰▰▰▱\n"
            "Proposed, not started: Auto-Pilot is off for this team."
        ),
        "*Why:* It reads like the SOP's example of a payment outage.",
        "*It rests on:*\n> payments are down",
        (
            "<https://acme.slack.com/archives/C012AB3CD/p1772625600000100|This message> in "
            "<#C012AB3CD>  ·  judged "
            "<!date^1772625600^{date_short_pretty} {time}|2026-03-04 12:00 UTC>  ·  by lexical"
            "  ·  signal 7"
        ),
    ]


def test_the_words_of_a_message_are_quoted_in_its_own_channel_only(
    signal: Signal, evaluation: Evaluation
) -> None:
    texts = _texts(why.answer(signal, evaluation, in_channel=False))
    assert "It rests on words of the message; ask in <#C012AB3CD> to see them." in texts
    assert not any("payments are down" in text for text in texts)


@pytest.mark.parametrize(
    ("change", "note"),
    [
        ({"revision": 2}, "The message was edited since; this is about its earlier text."),
        (
            {"revision": 2, "state": SignalState.PENDING},
            "The message was edited since and is being judged again; ask again in a moment.",
        ),
        (
            {"revision": 2, "state": SignalState.DELETED, "text": ""},
            (
                "The message was deleted since, or is older than texts are kept. "
                "Its text is gone here, too."
            ),
        ),
    ],
)
def test_what_happened_since_is_said(
    signal: Signal, evaluation: Evaluation, change: dict[str, Any], note: str
) -> None:
    assert note in _texts(why.answer(replace(signal, **change), evaluation, in_channel=True))


def test_a_deleted_message_is_not_quoted(signal: Signal, evaluation: Evaluation) -> None:
    deleted = replace(signal, state=SignalState.DELETED, revision=2, text="")
    texts = _texts(why.answer(deleted, evaluation, in_channel=True))
    assert not any("payments are down" in text for text in texts)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (SignalState.PENDING, "is waiting to be judged. Ask again in a moment."),
        (SignalState.DELETED, "was deleted before it was judged. Its text is gone here, too."),
        (SignalState.FAILED, "could not be judged. It can be replayed (signal 7)."),
    ],
)
def test_a_message_without_an_evaluation_says_where_it_stands(
    signal: Signal, state: SignalState, words: str
) -> None:
    [text] = _texts(why.answer(replace(signal, state=state), None, in_channel=True))
    assert text.endswith(words)


def test_the_knowledge_that_was_used_is_cited(signal: Signal, evaluation: Evaluation) -> None:
    passage = Passage(
        id=PassageId(1),
        title="Runbook › <Paging>",
        text="Page *the owner*.\nThen <!channel>.",
        source="file runbook.md",
        link="https://acme.slack.com/archives/C1/p1",
    )
    cited = replace(evaluation, citations=(passage,))
    for in_channel in (True, False):
        assert (
            "*Knowledge it used:*\n"
            "•  *<https://acme.slack.com/archives/C1/p1|Runbook › &lt;Paging&gt;>* "
            "(file runbook.md)\n"
            "> Page *the owner*.\n> Then &lt;!channel&gt;."
        ) in _texts(why.answer(signal, cited, in_channel=in_channel))


@pytest.mark.parametrize("message", [why.usage(), why.not_known()])
def test_slack_takes_the_other_answers(message: Message) -> None:
    assert violations(message.payload()) == []


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.data(), in_channel=st.booleans())
def test_slack_takes_any_answer(
    evaluations: st.SearchStrategy[Evaluation],
    signals: st.SearchStrategy[Signal],
    mentions: Callable[[object], list[str]],
    data: st.DataObject,
    in_channel: bool,
) -> None:
    evaluation = data.draw(st.none() | evaluations)
    shown = why.answer(data.draw(signals), evaluation, in_channel=in_channel).payload()
    assert violations(shown) == []
    assert mentions(shown) == []
