"""What listeners need: where to look, whom to ask, and how long to wait for the database."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from livesop_bot.db.audit import Audit
from livesop_bot.db.autonomy import Autonomy
from livesop_bot.db.documents import Documents
from livesop_bot.db.drafts import Drafts
from livesop_bot.db.explanations import Explanations
from livesop_bot.db.feed import Feed
from livesop_bot.db.figures import Figures
from livesop_bot.db.guides import Guides
from livesop_bot.db.hand_starts import HandStarts
from livesop_bot.db.pauses import Pauses
from livesop_bot.db.presses import Presses
from livesop_bot.db.remarks import Remarks
from livesop_bot.db.teams import Teams
from livesop_bot.db.upkeep import Upkeep
from livesop_bot.db.verdicts import Verdicts
from livesop_bot.db.waiting import Waiting
from livesop_bot.db.workflows import Workflows
from livesop_bot.domain.actions import ActionRequest
from livesop_bot.domain.replays import NotReplayed, Replayed, ReplayRequest
from livesop_bot.domain.signals import TeamId
from livesop_bot.domain.workflows import Step, WorkflowDefinition
from livesop_bot.errors import DatabaseAway
from livesop_bot.evaluation.rehearsal import Rehearsal
from livesop_bot.knowledge.retrieval import Retrieval
from livesop_bot.knowledge.shelf import Shelf
from livesop_bot.slack.administration import Administration
from livesop_bot.slack.homes import Homes
from livesop_bot.slack.people import People
from livesop_bot.slack.readers import Readers
from livesop_bot.slack.shared_files import SharedFiles
from livesop_bot.views.health import HomeHealth

Result = TypeVar("Result")

DATABASE_S = 1.5
"""How long a person waits for the database, in seconds; half of what Slack gives us in all."""

_abandoned: set[asyncio.Task[Any]] = set()
"""Tasks that were cancelled and may still be busy with that; kept from being collected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """Everything that a listener may look at or change."""

    teams: Teams
    feed: Feed
    explanations: Explanations
    figures: Figures
    workflows: Workflows
    drafts: Drafts
    upkeep: Upkeep
    rehearsal: Rehearsal
    preview: Callable[[WorkflowDefinition, Step], ActionRequest]
    verdicts: Verdicts
    presses: Presses
    pauses: Pauses
    remarks: Remarks
    starts: HandStarts
    waiting: Waiting
    people: People
    readers: Readers
    files: SharedFiles
    documents: Documents
    shelf: Shelf
    retrieval: Retrieval
    audit: Audit
    autonomy: Autonomy
    guides: Guides
    is_in_a_channel: Callable[[], Awaitable[bool]]
    replay: Callable[[ReplayRequest], Awaitable[Replayed | NotReplayed]]
    administration: Administration
    home_health: Callable[[], Awaitable[HomeHealth]]
    homes: Homes = field(default_factory=Homes)


async def within(work: Coroutine[Any, Any, Result], seconds: float = DATABASE_S) -> Result:
    """Do database work within a time limit; raises DatabaseAway after it.

    Cancelling a query whose server hangs takes as long as the server does, so the work is given
    up without waiting for its end: `asyncio.timeout` would wait. What was being written then may
    or may not have been.
    """
    task = asyncio.create_task(work)
    try:
        await asyncio.wait({task}, timeout=seconds)
    finally:
        if not task.done():
            _give_up(task)
    if task.cancelled() or not task.done():
        raise DatabaseAway(f"PostgreSQL did not answer within {seconds:g} s")
    return task.result()


def _give_up(task: asyncio.Task[Any]) -> None:
    def forget(done: asyncio.Task[Any]) -> None:
        _abandoned.discard(done)
        if not done.cancelled():
            done.exception()  # read it, or asyncio complains that nobody did

    _abandoned.add(task)
    task.add_done_callback(forget)
    task.cancel()


def team_of(body: Mapping[str, Any]) -> TeamId:
    """The team that installed LiveSOP, from an event, a command or an interaction."""
    for holder in body.get("authorizations") or ():
        if holder.get("team_id"):
            return TeamId(holder["team_id"])
    return TeamId(body.get("team_id") or body["team"]["id"])
