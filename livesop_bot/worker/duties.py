"""The duties of a worker: what each kind of job is handled by, and what is done every minute."""

from collections.abc import Awaitable, Callable, Coroutine, Mapping
from dataclasses import dataclass
from typing import Any

import structlog

from livesop_bot.db.basis import Basis
from livesop_bot.db.figures import Figures
from livesop_bot.db.halt import Halts
from livesop_bot.db.jobs import (
    ActJob,
    BasisJob,
    CardJob,
    DemotionJob,
    EmbedJob,
    EvaluateJob,
    FaceJob,
    GreetJob,
    HaltJob,
    PostJob,
    ReleaseJob,
    RemarkJob,
    RememberJob,
    RemindJob,
    ReportJob,
    StartJob,
)
from livesop_bot.db.ledger import Ledger
from livesop_bot.db.patience import Patience
from livesop_bot.db.pauses import Pauses
from livesop_bot.db.pool import Pool
from livesop_bot.db.presses import Presses
from livesop_bot.db.retention import Retention
from livesop_bot.domain.evaluations import Cause
from livesop_bot.domain.runs import RunId
from livesop_bot.errors import DatabaseAway
from livesop_bot.worker.act import Acting
from livesop_bot.worker.card import Carding
from livesop_bot.worker.demotion import TellingDemotions
from livesop_bot.worker.embed import Embedding
from livesop_bot.worker.evaluate import Evaluating, GiveWay
from livesop_bot.worker.face import Facing
from livesop_bot.worker.faults import patiently
from livesop_bot.worker.greet import Greetings
from livesop_bot.worker.post import Posting
from livesop_bot.worker.remark import Remarking
from livesop_bot.worker.remind import Reminding
from livesop_bot.worker.report import Reporting
from livesop_bot.worker.sweep import sweep

log = structlog.get_logger()

Duty = Callable[[Mapping[str, Any], int], Coroutine[Any, Any, object]]
"""Does a job, given its fields and how often it was tried before."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Duties:
    """All handlers. Each of the five groups has its own bound of jobs at once."""

    pool: Pool
    evaluating: Evaluating
    give_way: GiveWay | None
    embedding: Embedding
    posting: Posting
    facing: Facing
    reminding: Reminding
    remarking: Remarking
    carding: Carding
    telling: TellingDemotions
    greetings: Greetings
    acting: Acting
    ledger: Ledger
    presses: Presses
    pauses: Pauses
    halts: Halts
    basis: Basis
    patience: Patience
    figures: Figures
    retention: Retention
    reporting: Reporting

    def evaluations(self) -> Mapping[str, Duty]:
        """What judges. Each evaluation begins, and judges, when `give_way` returns."""

        async def evaluate(fields: Mapping[str, Any], tries: int) -> object:
            if self.give_way is not None:
                await self.give_way()
            job = EvaluateJob(**{**fields, "cause": Cause(fields["cause"])})
            return await self.evaluating(job, tries, give_way=self.give_way)

        return {EvaluateJob.entrypoint: evaluate}

    def embeddings(self) -> Mapping[str, Duty]:
        """What makes vectors."""
        embedding = self.embedding
        return {
            EmbedJob.entrypoint: lambda fields, tries: embedding.embed(EmbedJob(**fields), tries),
            RememberJob.entrypoint: lambda fields, tries: embedding.remember(
                RememberJob(**fields), tries
            ),
        }

    def posts(self) -> Mapping[str, Duty]:
        """What shows something in Slack."""
        return {
            PostJob.entrypoint: lambda fields, tries: self.posting(PostJob(**fields), tries),
            FaceJob.entrypoint: lambda fields, tries: self.facing(FaceJob(**fields), tries),
            CardJob.entrypoint: lambda fields, tries: self.carding(CardJob(**fields), tries),
            RemarkJob.entrypoint: lambda fields, tries: self.remarking(RemarkJob(**fields), tries),
            RemindJob.entrypoint: lambda fields, tries: self.reminding(RemindJob(**fields), tries),
            ReportJob.entrypoint: lambda fields, tries: self.reporting(ReportJob(**fields), tries),
            DemotionJob.entrypoint: lambda fields, tries: self.telling(
                DemotionJob(**fields), tries
            ),
            GreetJob.entrypoint: lambda fields, tries: self.greetings(GreetJob(**fields), tries),
        }

    def acts(self) -> Mapping[str, Duty]:
        """What acts outside, and may be held up by whom it asks."""
        return {ActJob.entrypoint: lambda fields, tries: self.acting(ActJob(**fields), tries)}

    def moves(self) -> Mapping[str, Duty]:
        """What moves runs on, and waits for nobody but PostgreSQL: the kill switch is here."""
        moves: Mapping[str, Callable[[Mapping[str, Any]], Awaitable[object]]] = {
            StartJob.entrypoint: lambda fields: self.ledger.start(StartJob(**fields).run),
            HaltJob.entrypoint: lambda fields: self.halts(HaltJob(**fields).team),
            BasisJob.entrypoint: lambda fields: self.basis(BasisJob(**fields).signal),
            ReleaseJob.entrypoint: lambda fields: self.release(ReleaseJob(**fields)),
        }
        return {name: _patient(move) for name, move in moves.items()}

    async def every_minute(self) -> None:
        """Find what was lost, and what waited too long; sum up what was counted.

        A part that fails keeps none of the others from its turn.
        """
        parts: Mapping[str, Callable[[], Awaitable[object]]] = {
            "sweep": lambda: sweep(self.pool),
            "remind": self.patience.remind,
            "expire": self.patience.expire,
            "embed": self.embedding.catch_up,
            "fold": self.figures.fold,
        }
        for name, part in parts.items():
            try:
                await part()
            except DatabaseAway as error:
                log.warning("minute.database_away", part=name, error=str(error))
                return
            except Exception:
                log.exception("minute.failed", part=name)

    async def forget(self) -> None:
        """Forget the texts that are older than their teams keep them."""
        for team, texts in (await self.retention()).items():
            if texts:
                log.info("retention.forgotten", team=team, texts=texts)

    async def release(self, job: ReleaseJob) -> None:
        """Approve what waited for a pause, in the name of whoever saw it."""
        for run, shown in job.shown.items():
            await self.presses.release(RunId(int(run)), job.pause, job.by, shown)


def _patient(move: Callable[[Mapping[str, Any]], Awaitable[object]]) -> Duty:
    return lambda fields, _: patiently(lambda: move(fields))
