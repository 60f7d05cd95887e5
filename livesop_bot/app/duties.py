"""What a worker does, built from the settings."""

from collections.abc import Mapping
from datetime import timedelta

from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.kind import Kind
from livesop_bot.actions.registry import renderer
from livesop_bot.actions.thread_message import ThreadMessages
from livesop_bot.app.parts import Stores
from livesop_bot.db.autonomy import Autonomy
from livesop_bot.db.basis import Basis
from livesop_bot.db.guides import Guides
from livesop_bot.db.halt import Halts
from livesop_bot.db.hand_starts import HandStarts
from livesop_bot.db.held_run import HeldRuns
from livesop_bot.db.ledger import Ledger
from livesop_bot.db.patience import Patience
from livesop_bot.db.pauses import Pauses
from livesop_bot.db.pool import Pool
from livesop_bot.db.presses import Presses
from livesop_bot.db.remarks import Remarks
from livesop_bot.db.reports import Reports
from livesop_bot.db.retention import Retention
from livesop_bot.db.tries import KeyedTries
from livesop_bot.domain.workflows import ActionKind
from livesop_bot.metrics import Metrics
from livesop_bot.settings import Settings
from livesop_bot.worker.act import Acting
from livesop_bot.worker.card import Carding
from livesop_bot.worker.demotion import TellingDemotions
from livesop_bot.worker.duties import Duties
from livesop_bot.worker.embed import Embedding
from livesop_bot.worker.evaluate import Evaluating, GiveWay
from livesop_bot.worker.face import Facing
from livesop_bot.worker.faults import LANDS_S
from livesop_bot.worker.greet import Greetings
from livesop_bot.worker.once import Means
from livesop_bot.worker.post import Posting
from livesop_bot.worker.remark import Compose, Remarking
from livesop_bot.worker.remind import Reminding
from livesop_bot.worker.report import Reporting
from livesop_bot.worker.saying import Saying
from livesop_bot.worker.showing import Showing


def build_duties(
    *,
    pool: Pool,
    stores: Stores,
    held: HeldRuns,
    kinds: Mapping[ActionKind, Kind],
    slack: AsyncWebClient,
    evaluating: Evaluating,
    embedding: Embedding,
    give_way: GiveWay | None,
    metrics: Metrics,
    settings: Settings,
    answering: Compose,
    lands_s: float = LANDS_S,
) -> Duties:
    """Build all handlers of jobs. `slack` must not retry by itself."""
    messages, showing = ThreadMessages(slack), Showing(stores.runs, renderer(kinds))
    saying = Saying(KeyedTries(pool), slack, lands_s=lands_s)
    ledger, pauses = Ledger(pool, held), Pauses(pool)
    means = Means(slack=slack, metrics=metrics, lands_s=lands_s)
    return Duties(
        pool=pool,
        evaluating=evaluating,
        embedding=embedding,
        give_way=give_way,
        posting=Posting(runs=stores.runs, showing=showing, means=means),
        facing=Facing(runs=stores.runs, showing=showing, messages=messages, metrics=metrics),
        remarking=Remarking(
            remarks=Remarks(pool, HandStarts(pool, held)), answer=answering, means=means
        ),
        reminding=Reminding(runs=stores.runs, saying=saying, metrics=metrics),
        carding=Carding(pauses=pauses, saying=saying, messages=messages, metrics=metrics),
        telling=TellingDemotions(autonomy=Autonomy(pool), saying=saying, metrics=metrics),
        greetings=Greetings(
            guides=Guides(pool),
            workflows=stores.workflows,
            client=slack,
            saying=saying,
            metrics=metrics,
        ),
        acting=Acting(ledger=ledger, kinds=kinds, metrics=metrics, lands_s=lands_s),
        ledger=ledger,
        presses=Presses(held),
        pauses=pauses,
        halts=Halts(pool, stores.teams),
        basis=Basis(pool, held),
        figures=stores.figures,
        retention=Retention(pool),
        reporting=Reporting(
            reports=Reports(pool, stores.figures, stores.workflows),
            settings=stores.settings.recent,
            admins=settings.admins,
            means=means,
        ),
        patience=Patience(
            pool,
            held,
            remind_after=timedelta(hours=settings.livesop_remind_after_hours),
            expire_after=timedelta(hours=settings.livesop_expire_after_hours),
        ),
    )
