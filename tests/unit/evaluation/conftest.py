"""What the tests of evaluators share."""

from collections.abc import Callable
from datetime import UTC, datetime
from zlib import crc32

import pytest

from livesop_bot.domain.signals import (
    ChannelId,
    MessageTs,
    Signal,
    SignalId,
    SignalState,
    Source,
    TeamId,
)
from livesop_bot.domain.workflows import Workflow, WorkflowDefinition, WorkflowId
from livesop_bot.evaluation.evaluator import Question
from livesop_bot.sop.starter_pack import starter_pack


def _version(definition: WorkflowDefinition) -> int:
    """Another one for other content, as it would be in the database."""
    return crc32(repr(definition).encode("utf-8", "replace"))


Ask = Callable[..., Question]


@pytest.fixture(scope="session")
def ask() -> Ask:
    """Puts a message as a question, over the starter pack unless other definitions are given."""

    def question(text: str, definitions: tuple[WorkflowDefinition, ...] | None = None) -> Question:
        moment = datetime(2026, 1, 5, tzinfo=UTC)
        signal = Signal(
            id=SignalId(1),
            team=TeamId("T1"),
            source=Source.SLACK,
            external_id="C1:1700000000.000100",
            channel=ChannelId("C1"),
            message_ts=MessageTs("1700000000.000100"),
            thread_ts=None,
            author="U1",
            author_is_bot=False,
            text=text,
            permalink=None,
            occurred_at=moment,
            received_at=moment,
            stored_at=moment,
            state=SignalState.PENDING,
            revision=1,
            attempt=1,
        )
        workflows = tuple(
            Workflow(
                id=WorkflowId(n),
                team=TeamId("T1"),
                version=_version(definition),
                definition=definition,
            )
            for n, definition in enumerate(
                starter_pack() if definitions is None else definitions, start=1
            )
        )
        return Question(signal=signal, workflows=workflows)

    return question
