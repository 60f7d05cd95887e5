"""Acting: an action that is due is tried, and asked after where it may have happened."""

from collections.abc import Mapping
from datetime import timedelta

import structlog

from livesop_bot.actions.kind import Kind
from livesop_bot.db.jobs import ActJob
from livesop_bot.db.ledger import Claim, Ledger, NotYet
from livesop_bot.domain.actions import Receipt
from livesop_bot.domain.workflows import ActionKind
from livesop_bot.errors import (
    ActionDelayed,
    ActionInDoubt,
    ActionRefused,
    CannotTell,
    DatabaseAway,
)
from livesop_bot.metrics import Metrics
from livesop_bot.worker.faults import LANDS_S, broke_off, later, patiently

log = structlog.get_logger()

MOST_ATTEMPTS = 12
"""Tries for a target that is away, about half an hour in all; being asked to wait is one, too."""


class _TakenOver(Exception):
    """The claim is not the newest any more, or the action was concluded."""


class Acting:
    """Handles act jobs. The claim is stored before the target is asked, the outcome after."""

    def __init__(
        self,
        *,
        ledger: Ledger,
        kinds: Mapping[ActionKind, Kind],
        metrics: Metrics,
        lands_s: float = LANDS_S,
    ) -> None:
        self._ledger = ledger
        self._kinds = kinds
        self._metrics = metrics
        self._lands_s = lands_s

    async def __call__(self, job: ActJob, attempts: int) -> None:
        """Act; `attempts` counts earlier tries. Raises RetryRequested for what is not over."""
        claim = await patiently(lambda: self._ledger.claim(job.action))
        match claim:
            case None:
                log.info("action.not_needed", action=job.action)
            case NotYet(seconds):
                raise later(0, "the action is not due yet", seconds)
            case Claim():
                await self._attempt(claim, attempts)

    async def _attempt(self, claim: Claim, attempts: int) -> None:
        ledger, last = self._ledger, attempts + 1 >= MOST_ATTEMPTS
        try:
            receipt = await self._once(claim, last=last)
        except ActionRefused as error:
            why = str(error)
            await patiently(lambda: ledger.failed(claim, why))
            self._tell(claim, "failed")
        except ActionDelayed as error:
            why, wait = str(error), error.retry_after
            if last:
                await patiently(lambda: ledger.failed(claim, f"{why} Given up for now."))
                self._tell(claim, "failed")
                return
            retry = later(attempts, why, wait)
            await patiently(lambda: ledger.delayed(claim, why, retry.delay or timedelta()))
            self._tell(claim, "delayed")
            raise retry from error
        except ActionInDoubt as error:
            self._tell(claim, "in_doubt")
            raise later(attempts, str(error), error.retry_after) from error
        except CannotTell as error:
            if error.retry_after is not None and not last:
                self._tell(claim, "in_doubt")
                raise later(attempts, str(error), error.retry_after) from error
            why = str(error)
            await patiently(lambda: ledger.unknown(claim, why))
            self._tell(claim, "unknown")
        except DatabaseAway:
            raise
        except _TakenOver as error:
            raise later(attempts, str(error)) from error
        except Exception as error:
            log.exception("action.broke_off", action=claim.action, kind=claim.request.kind)
            why = broke_off(error)
            await patiently(lambda: ledger.unknown(claim, why))
            self._tell(claim, "unknown")
        else:
            if receipt is None:
                await patiently(lambda: ledger.withheld(claim))
            else:
                found = receipt
                await patiently(lambda: ledger.done(claim, found))
            self._tell(claim, "withheld" if receipt is None else "done")

    async def _once(self, claim: Claim, *, last: bool) -> Receipt | None:
        """What the action left behind; None: it was not done, and may not be done now."""
        kind = self._kinds[claim.request.kind]
        if claim.maybe_done:
            try:
                found = await kind.find(claim.request, claim.key, claim.tried_at)
            except CannotTell:
                if not claim.insisted:
                    raise
                found = None
            if found is not None:
                return found
            if not claim.insisted and claim.quiet < self._lands_s:
                wait = self._lands_s - claim.quiet
                raise CannotTell("It is not there, or not yet: it was sent just now.", wait)
            if last:
                raise ActionRefused("It failed each time it was tried. Given up for now.")
        if claim.withheld:
            return None
        if not await patiently(lambda: self._ledger.begin(claim)):
            raise _TakenOver("another worker took it over")
        return await kind.perform(claim.request, claim.key)

    def _tell(self, claim: Claim, outcome: str) -> None:
        self._metrics.actions.labels(claim.request.kind, outcome).inc()
        log.info(
            "action.attempted",
            outcome=outcome,
            action=claim.action,
            run=claim.run.id,
            step=claim.step.id,
            kind=claim.request.kind,
            attempt=claim.attempt,
        )
