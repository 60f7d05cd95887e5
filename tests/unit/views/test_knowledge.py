"""Knowledge is shown as text, whatever is in it, and within Slack's limits."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesop_bot.domain.knowledge import Document, DocumentId, DocumentKind, Passage, PastCase
from livesop_bot.domain.signals import SignalId
from livesop_bot.views import knowledge
from livesop_bot.views.blocks import Message
from livesop_bot.views.lint import violations

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def a_document(text: str, link: str | None = None) -> Document:
    """A document whose every text is `text`."""
    return Document(
        id=DocumentId(7),
        title=text,
        kind=DocumentKind.FILE,
        source=text,
        link=link,
        added_by=text,
        created_at=NOON,
        chunks=3,
        problem=text or None,
    )


def a_case(text: str) -> PastCase:
    """A case whose every text is `text`."""
    return PastCase(
        signal=SignalId(1),
        text=text,
        workflow_title=text,
        outcome=text,
        permalink=text,
        occurred_at=NOON,
    )


@pytest.mark.parametrize(
    "message",
    [
        knowledge.usage(),
        knowledge.no_message(),
        knowledge.not_yours(),
        knowledge.search_usage(),
        knowledge.documents([], 0),
        knowledge.passages([], "x"),
        knowledge.past_cases([], "x"),
    ],
)
def test_slack_takes_what_is_always_the_same(message: Message) -> None:
    assert violations(message.payload()) == []


def test_a_list_says_who_added_what_and_what_is_wrong() -> None:
    document = a_document("Runbook", "https://acme.slack.com/archives/C1/p1")
    shown = str(knowledge.documents([document], 31).blocks)
    assert "7.  *<https://acme.slack.com/archives/C1/p1|Runbook>*" in shown
    assert "Found by its words alone: Runbook." in shown
    assert "… and 30 more." in shown


@given(data=st.data())
def test_slack_takes_any_text(
    texts: st.SearchStrategy[str],
    passages: st.SearchStrategy[tuple[Passage, ...]],
    mentions: Callable[[object], list[str]],
    data: st.DataObject,
) -> None:
    text, found = data.draw(texts), data.draw(passages)
    document = a_document(text)
    messages = [
        knowledge.added(document, is_new=True),
        knowledge.added(document, is_new=False),
        knowledge.refused(text, text),
        knowledge.together([knowledge.refused(text, text)] * 10),
        knowledge.documents([document] * knowledge.LISTED, 50),
        knowledge.removed(document),
        knowledge.unknown(text),
        knowledge.passages(found, text),
        knowledge.past_cases([a_case(text)] * 5, text),
    ]
    for message in messages:
        assert violations(message.payload()) == []
        assert mentions(message.payload()) == []
    for view in (
        knowledge.form(title=text, text=text, metadata='["C1", "1.0"]'),
        knowledge.done(messages[0]),
    ):
        assert violations(view) == []
        assert mentions(view) == []
