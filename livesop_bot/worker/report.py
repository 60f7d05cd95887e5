"""Reporting: digests and summaries, each planned once, and posted once."""

from collections.abc import Awaitable, Callable

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.keyed_message import find_keyed, post_keyed
from livesop_bot.actions.slack_calls import slack_errors
from livesop_bot.actions.slack_profiles import workspace_admins
from livesop_bot.db.jobs import ReportJob
from livesop_bot.db.reports import Claimed, Due, Reports, since
from livesop_bot.domain.reports import ReportKind
from livesop_bot.domain.signals import TeamId
from livesop_bot.domain.team_settings import TeamSettings
from livesop_bot.errors import SlackAway, SlackBusy, SlackRefused
from livesop_bot.metrics import Metrics
from livesop_bot.views.report import report
from livesop_bot.worker.faults import later, patiently
from livesop_bot.worker.post import MOST_ATTEMPTS

log = structlog.get_logger()

_EVENT_TYPE = "livesop_report"
_PAGES = 25
"""Pages of 200 people in which admins are looked for."""
_MOST_ADMINS = 50


class Reporting:
    """Plans what is due, and handles report jobs. `slack` must not retry by itself."""

    def __init__(
        self,
        *,
        reports: Reports,
        settings: Callable[[TeamId], Awaitable[TeamSettings]],
        admins: frozenset[str],
        slack: AsyncWebClient,
        metrics: Metrics,
    ) -> None:
        self._reports = reports
        self._settings = settings
        self._admins = admins
        self._slack = slack
        self._metrics = metrics

    async def plan(self) -> None:
        """Plan every report that is due; what fails is tried again with the next look."""
        for due in await self._reports.due():
            try:
                recipients = await self._recipients(due)
            except (SlackAway, SlackRefused) as error:
                log.warning("report.no_recipients", team=due.team, error=str(error))
                continue
            if await self._reports.plan(due, recipients):
                log.info("report.planned", team=due.team, kind=due.kind, day=str(due.day))

    async def __call__(self, job: ReportJob, attempts: int) -> None:
        """Post; `attempts` counts earlier tries. Raises RetryRequested for passing faults."""
        claimed = await patiently(lambda: self._reports.claim(job.report))
        if claimed is None:
            return
        outcome = "found"
        try:
            channel = await self._channel(claimed)
            if not (claimed.maybe_posted and await self._is_there(claimed, channel)):
                outcome = "posted"
                await self._post(claimed, channel)
        except SlackRefused as error:
            why = str(error)
            await patiently(lambda: self._reports.failed(job.report, why))
            self._metrics.posts.labels("failed").inc()
            log.error("report.refused", team=claimed.team, kind=claimed.kind, code=error.code)
            return
        except SlackAway as error:
            await self._again(claimed, attempts, error)
            return
        await patiently(lambda: self._reports.posted(job.report))
        self._metrics.posts.labels(outcome).inc()
        log.info("report.posted", team=claimed.team, kind=claimed.kind, outcome=outcome)

    async def _recipients(self, due: Due) -> list[str]:
        if due.kind is ReportKind.WEEKLY_DIGEST:
            return [] if due.channel is None else [due.channel]
        settings = await self._settings(due.team)
        named = dict.fromkeys((*settings.admins, *sorted(self._admins)))
        async for admin in workspace_admins(self._slack, due.team, pages=_PAGES):
            named[admin] = None
        return list(named)[:_MOST_ADMINS]

    async def _channel(self, claimed: Claimed) -> str:
        if claimed.kind is ReportKind.WEEKLY_DIGEST:
            return claimed.recipient
        with slack_errors():
            opened = await self._slack.conversations_open(users=claimed.recipient)
        return str(opened["channel"]["id"])

    async def _is_there(self, claimed: Claimed, channel: str) -> bool:
        found = await find_keyed(self._slack, claimed.key, channel, oldest=since(claimed))
        return found is not None

    async def _post(self, claimed: Claimed, channel: str) -> None:
        said = claimed.message
        if said is None:
            content = await patiently(lambda: self._reports.content(claimed.team, claimed.kind))
            shown = report(content)
            said = {"text": shown.text, "blocks": list(shown.blocks)}
            kept = said
            await patiently(lambda: self._reports.say(claimed.id, kept))
        await post_keyed(
            self._slack,
            claimed.key,
            channel,
            event_type=_EVENT_TYPE,
            text=said["text"],
            blocks=said["blocks"],
        )

    async def _again(self, claimed: Claimed, attempts: int, error: SlackAway) -> None:
        busy = isinstance(error, SlackBusy)
        if busy and not claimed.maybe_posted:
            await patiently(lambda: self._reports.not_posted(claimed.id))
        if not busy and attempts + 1 >= MOST_ATTEMPTS:
            await patiently(lambda: self._reports.failed(claimed.id, str(error)))
            self._metrics.posts.labels("failed").inc()
            log.error("report.given_up", team=claimed.team, kind=claimed.kind, error=str(error))
            return
        self._metrics.posts.labels("retried").inc()
        raise later(attempts, str(error), error.retry_after)
