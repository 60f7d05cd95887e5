"""Questions for evaluators, without a database."""

from datetime import UTC, datetime
from zlib import crc32

from livesop_bot.domain.signals import NewSignal, TeamId
from livesop_bot.domain.workflows import Workflow, WorkflowDefinition, WorkflowId
from livesop_bot.evaluation.evaluator import Question
from livesop_bot.sop.starter_pack import starter_pack
from tests.signals import a_signal, a_stored_signal

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
    signal = a_stored_signal(text, team=TEAM)
    workflows = tuple(
        Workflow(id=WorkflowId(n), team=TEAM, version=_version(definition), definition=definition)
        for n, definition in enumerate(
            starter_pack() if definitions is None else definitions, start=1
        )
    )
    return Question(signal=signal, workflows=workflows)
