"""What the listeners get: every part that they look at or change."""

from collections.abc import Awaitable, Callable, Mapping

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.kind import Kind
from livesop_bot.actions.registry import previewer
from livesop_bot.app.judge import Judge
from livesop_bot.app.parts import Stores
from livesop_bot.db.autonomy import Autonomy
from livesop_bot.db.drafts import Drafts
from livesop_bot.db.guides import Guides
from livesop_bot.db.hand_starts import HandStarts
from livesop_bot.db.held_run import HeldRuns
from livesop_bot.db.pauses import Pauses
from livesop_bot.db.pool import Pool
from livesop_bot.db.presses import Presses
from livesop_bot.db.remarks import Remarks
from livesop_bot.db.upkeep import Upkeep
from livesop_bot.db.waiting import Waiting
from livesop_bot.domain.workflows import ActionKind
from livesop_bot.knowledge.embeddings import Embeddings
from livesop_bot.knowledge.pdf import PdfReader
from livesop_bot.knowledge.shelf import Shelf
from livesop_bot.settings import Settings
from livesop_bot.slack.channels import is_in_one
from livesop_bot.slack.listeners.face import Face
from livesop_bot.slack.people import People
from livesop_bot.slack.readers import Readers
from livesop_bot.slack.shared_files import SharedFiles
from livesop_bot.views.health import HomeHealth
from livesop_bot.worker.evaluate import Evaluating


def build_face(
    *,
    settings: Settings,
    pool: Pool,
    stores: Stores,
    client: AsyncWebClient,
    session: aiohttp.ClientSession,
    held: HeldRuns,
    kinds: Mapping[ActionKind, Kind],
    judge: Judge,
    evaluating: Evaluating,
    embeddings: Embeddings | None,
    home_health: Callable[[], Awaitable[HomeHealth]],
) -> Face:
    """Put it together."""
    return Face(
        teams=stores.teams,
        feed=stores.feed,
        explanations=stores.explanations,
        figures=stores.figures,
        workflows=stores.workflows,
        drafts=Drafts(pool),
        upkeep=Upkeep(pool),
        rehearsal=stores.rehearsal(pool, settings, judge),
        preview=previewer(kinds),
        verdicts=stores.verdicts,
        presses=Presses(held),
        pauses=Pauses(pool),
        remarks=Remarks(pool, HandStarts(pool, held)),
        starts=HandStarts(pool, held),
        waiting=Waiting(pool, held.render),
        people=People(client, settings.admins, stores.settings.recent),
        readers=Readers(client),
        files=SharedFiles(client),
        documents=stores.documents,
        shelf=Shelf(stores.documents, PdfReader()),
        retrieval=stores.retrieval(embeddings),
        audit=stores.audit,
        autonomy=Autonomy(pool),
        guides=Guides(pool),
        is_in_a_channel=lambda: is_in_one(client),
        replay=stores.replaying(evaluating),
        administration=stores.administration(pool, settings, session),
        home_health=home_health,
    )
