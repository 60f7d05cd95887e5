"""Reporting: digests and summaries, each planned once, and posted once."""

from collections.abc import Awaitable, Callable

import structlog

from livesop_bot.actions.slack_calls import slack_errors
from livesop_bot.actions.slack_profiles import workspace_admins
from livesop_bot.db.jobs import ReportJob
from livesop_bot.db.reports import Due, Planned, Reports, since
from livesop_bot.db.tries import Claimed
from livesop_bot.domain.reports import ReportId, ReportKind
from livesop_bot.domain.signals import MessageTs, TeamId
from livesop_bot.domain.team_settings import TeamSettings
from livesop_bot.errors import DatabaseAway, SlackAway, SlackRefused
from livesop_bot.views.blocks import Message
from livesop_bot.views.report import report
from livesop_bot.worker.delivery import Place
from livesop_bot.worker.faults import patiently
from livesop_bot.worker.once import Means, Once

log = structlog.get_logger()

_PAGES = 25
"""Pages of 200 people in which admins are looked for."""
_MOST_ADMINS = 50


class Reporting(Once[Planned]):
    """Plans what is due, and handles report jobs."""

    kind = "report"
    event_type = "livesop_report"

    def __init__(
        self,
        *,
        reports: Reports,
        settings: Callable[[TeamId], Awaitable[TeamSettings]],
        admins: frozenset[str],
        means: Means,
    ) -> None:
        super().__init__(reports.tries, means)
        self._reports = reports
        self._settings = settings
        self._admins = admins

    async def plan(self) -> None:
        """Plan every report that is due; what fails is tried again with the next look."""
        for due in await self._reports.due():
            try:
                await self._plan(due)
            except (SlackAway, SlackRefused) as error:
                log.warning("report.no_recipients", team=due.team, error=str(error))
            except DatabaseAway:
                raise
            except Exception:
                # The others' reports do not wait until this is mended.
                log.exception("report.not_planned", team=due.team, kind=due.kind)

    async def _plan(self, due: Due) -> None:
        recipients = await self._recipients(due)
        if await self._reports.plan(due, recipients):
            log.info("report.planned", team=due.team, kind=due.kind, day=str(due.day))

    async def __call__(self, job: ReportJob, attempts: int) -> None:
        """Post; `attempts` counts earlier tries. Raises RetryRequested for passing faults."""
        await self.once(job.report, attempts)

    async def _claim(self, message: int) -> Claimed[Planned] | None:
        return await self._reports.claim(ReportId(message))

    async def _recipients(self, due: Due) -> list[str]:
        if due.kind is ReportKind.WEEKLY_DIGEST:
            return [] if due.channel is None else [due.channel]
        settings = await self._settings(due.team)
        named = dict.fromkeys((*settings.admins, *sorted(self._admins)))
        async for admin in workspace_admins(self._slack, due.team, pages=_PAGES):
            named[admin] = None
        return list(named)[:_MOST_ADMINS]

    async def _place(self, what: Planned) -> Place:
        channel = what.recipient
        if what.kind is not ReportKind.WEEKLY_DIGEST:
            with slack_errors():
                opened = await self._slack.conversations_open(users=what.recipient)
            channel = str(opened["channel"]["id"])
        return Place(key=what.key, channel=channel, oldest=since(what))

    async def _compose(self, what: Planned) -> Message:
        if what.message is not None:
            return Message(what.message["text"], tuple(what.message["blocks"]))
        content = await patiently(lambda: self._reports.content(what.team, what.kind))
        said = report(content)
        kept = {"text": said.text, "blocks": list(said.blocks)}
        await patiently(lambda: self._reports.say(what.id, kept))
        return said

    async def _posted(self, what: Planned, ts: MessageTs, *, found: bool) -> None:
        await patiently(lambda: self._reports.posted(what.id))
