"""Questions for evaluators, without a database."""

from datetime import UTC, datetime
from zlib import crc32

from livesop_bot.domain.signals import (
    ChannelId,
    MessageTs,
    NewSignal,
    Signal,
    SignalId,
    SignalState,
    Source,
    TeamId,
)
from livesop_bot.domain.workflows import Workflow, WorkflowDefinition, WorkflowId
from livesop_bot.evaluation.evaluator import Question
from livesop_bot.sop.starter_pack import starter_pack
from tests.signals import a_signal

TEAM = TeamId("T1")


def new_signal(text: str, number: int) -> NewSignal:
    """A message as it arrives; each number is another one, in a thread of its own."""
    moment = datetime(2026, 1, 5, tzinfo=UTC)
    return a_signal(f"1700000000.{number:06}", text, team=TEAM, event=f"Ev{number}", at=moment)


def _version(definition: WorkflowDefinition) -> int:
    """Another one for other content, as it would be in the database."""
    return crc32(repr(definition).encode("utf-8", "replace"))


def question(text: str, definitions: tuple[WorkflowDefinition, ...] | None = None) -> Question:
    """Put a message, over the starter pack unless other definitions are given."""
    moment = datetime(2026, 1, 5, tzinfo=UTC)
    signal = Signal(
        id=SignalId(1),
        team=TEAM,
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
        Workflow(id=WorkflowId(n), team=TEAM, version=_version(definition), definition=definition)
        for n, definition in enumerate(
            starter_pack() if definitions is None else definitions, start=1
        )
    )
    return Question(signal=signal, workflows=workflows)
