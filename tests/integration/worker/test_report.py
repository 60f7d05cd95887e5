"""Digests and summaries: due at nine in the team's own time, and there once."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import aiohttp
import pytest
from pgqueuer import RetryRequested
from slack_sdk.web.async_client import AsyncWebClient
from structlog.testing import capture_logs

from livesop_bot.db.figures import Figures
from livesop_bot.db.jobs import ReportJob
from livesop_bot.db.pool import Pool
from livesop_bot.db.reports import Due, Reports
from livesop_bot.db.team_settings import TeamSettingsBook
from livesop_bot.db.teams import Teams
from livesop_bot.db.workflows import Workflows
from livesop_bot.domain.reports import ReportId, ReportKind
from livesop_bot.domain.signals import TeamId
from livesop_bot.domain.team_settings import TeamSettings
from livesop_bot.metrics import Metrics
from livesop_bot.sandbox.demo import ADA, GENERAL, GRACE, demo_workspace
from livesop_bot.sandbox.faults import AnswerError, AnswerStatus, HandledUnanswered, RateLimited
from livesop_bot.sandbox.server import SlackServer
from livesop_bot.worker.once import MOST_ATTEMPTS, Means
from livesop_bot.worker.report import Reporting

TEAM = TeamId("T0SANDBOX")
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
BOTH = TeamSettings(weekly_digest=True, daily_summary=True, digest_channel=GENERAL)


class Desk:
    """A team with reports, and the Slack that they go to."""

    def __init__(self, pool: Pool, slack: SlackServer, client: AsyncWebClient) -> None:
        self.pool = pool
        self.slack = slack
        self.client = client
        self.book = TeamSettingsBook(pool)
        self.reports = Reports(pool, Figures(pool), Workflows(pool))
        self.reporting = Reporting(
            reports=self.reports,
            settings=self.book.now,
            admins=frozenset({GRACE}),
            means=Means(slack=client, metrics=Metrics()),
        )

    async def set(self, settings: TeamSettings) -> None:
        await self.book.change(TEAM, "U1", lambda _: settings)

    async def due(self, hours: float) -> list[tuple[str, date]]:
        """What is due so many hours after Monday began in UTC."""
        at = datetime.fromtimestamp(MONDAY.timestamp() + hours * 3600, UTC)
        return [(due.kind, due.day) for due in await self.reports.due(at)]

    async def plan(self, kind: ReportKind, *recipients: str) -> list[ReportJob]:
        """Plan a report for today; gives its jobs."""
        due = Due(team=TEAM, kind=kind, day=date(2026, 11, 23), channel=None)
        await self.reports.plan(due, recipients)
        return await self.jobs()

    async def jobs(self) -> list[ReportJob]:
        """A job for each report that was planned."""
        rows = await self.pool.fetch("SELECT id FROM reports ORDER BY id")
        return [ReportJob(ReportId(row["id"])) for row in rows]

    async def states(self) -> list[tuple[str, str]]:
        rows = await self.pool.fetch("SELECT recipient, state FROM reports ORDER BY id")
        return [tuple(row) for row in rows]

    def said(self, channel: str = GENERAL) -> list[str]:
        """What LiveSOP said in a channel."""
        workspace = self.slack.workspace
        return [
            message["text"]
            for message in workspace.channel(channel).messages.values()
            if message.get("user") == workspace.bot.user_id
        ]


@pytest.fixture
async def desk(tools: Any) -> AsyncIterator[Desk]:
    timeout = aiohttp.ClientTimeout(total=1)
    async with SlackServer(demo_workspace()) as slack, aiohttp.ClientSession(timeout=timeout) as s:
        client = AsyncWebClient(token=slack.bot_token, base_url=slack.api_url, session=s)
        client.retry_handlers = []
        yield Desk(tools.pool, slack, client)


DIGEST, SUMMARY = ReportKind.WEEKLY_DIGEST, ReportKind.DAILY_SUMMARY
FIRST, SECOND = date(2026, 11, 23), date(2026, 11, 24)


@pytest.mark.parametrize(
    ("zone", "hours", "due"),
    [
        ("UTC", 8.9, []),
        ("UTC", 9.1, [(SUMMARY, FIRST), (DIGEST, FIRST)]),
        ("UTC", 23.9, [(SUMMARY, FIRST), (DIGEST, FIRST)]),
        ("UTC", 33.1, [(SUMMARY, SECOND)]),
        ("Europe/Berlin", 7.9, []),
        ("Europe/Berlin", 8.1, [(SUMMARY, FIRST), (DIGEST, FIRST)]),
        ("Asia/Kolkata", 3.4, []),
        ("Asia/Kolkata", 3.6, [(SUMMARY, FIRST), (DIGEST, FIRST)]),
        ("Pacific/Kiritimati", -4.9, [(SUMMARY, FIRST), (DIGEST, FIRST)]),
        ("America/Los_Angeles", 9.1, []),
        ("America/Los_Angeles", 17.1, [(SUMMARY, FIRST), (DIGEST, FIRST)]),
    ],
)
async def test_they_are_due_from_nine_in_the_teams_own_time(
    desk: Desk, zone: str, hours: float, due: list[tuple[str, date]]
) -> None:
    await desk.set(replace(BOTH, time_zone=zone))
    assert [one for one in await desk.due(hours) if one[1] >= FIRST] == due


async def test_a_time_zone_that_is_not_known_any_more_stops_no_other_team(desk: Desk) -> None:
    await desk.set(BOTH)
    await Teams(desk.pool).ensure(TeamId("T1"), "Other")
    await desk.book.change(TeamId("T1"), "U1", lambda _: BOTH)
    await desk.pool.execute(
        "UPDATE team_settings SET time_zone = 'Mars/Olympus' WHERE team_id = 'T1'"
    )
    assert await desk.due(9.1) == [(SUMMARY, FIRST), (DIGEST, FIRST)] * 2


async def test_none_is_due_before_it_is_switched_on(desk: Desk) -> None:
    assert await desk.due(9.1) == []
    await desk.set(TeamSettings(digest_channel=GENERAL))
    assert await desk.due(9.1) == []


async def test_a_day_is_planned_once_whoever_looks(desk: Desk) -> None:
    await desk.set(BOTH)
    await desk.plan(DIGEST, GENERAL)
    await desk.plan(DIGEST, "C0OTHER")
    assert await desk.states() == [(GENERAL, "planned")]
    assert await desk.due(9.1) == [(SUMMARY, FIRST)]


async def test_a_digest_is_posted_once_with_its_figures(desk: Desk) -> None:
    await desk.set(BOTH)
    (job,) = await desk.plan(DIGEST, GENERAL)
    await desk.reporting(job, 0)
    await desk.reporting(job, 0)
    (text,) = desk.said()
    assert text.startswith("LiveSOP: the week. 0 signals")
    assert await desk.states() == [(GENERAL, "posted")]


async def test_a_summary_goes_to_each_admin(desk: Desk) -> None:
    noon = 12 - datetime.now(UTC).hour
    await desk.set(TeamSettings(daily_summary=True, time_zone=f"Etc/GMT{-noon:+}"))
    await desk.reporting.plan()
    for job in await desk.jobs():
        await desk.reporting(job, 0)
    assert await desk.states() == [(GRACE, "posted"), (ADA, "posted")]
    for user in (GRACE, ADA):
        channel = desk.slack.workspace.direct_channel(user).id
        assert "LiveSOP: yesterday" in desk.said(channel)[-1]


async def test_an_answer_that_got_lost_doubles_nothing(desk: Desk) -> None:
    (job,) = await desk.plan(DIGEST, GENERAL)
    desk.slack.faults.add("chat.postMessage", HandledUnanswered())
    with pytest.raises(RetryRequested):
        await desk.reporting(job, 0)
    await desk.reporting(job, 1)
    assert len(desk.said()) == 1
    assert await desk.states() == [(GENERAL, "posted")]


async def test_a_second_try_says_the_same(desk: Desk) -> None:
    (job,) = await desk.plan(DIGEST, GENERAL)
    desk.slack.faults.add("chat.postMessage", AnswerStatus(503))
    with pytest.raises(RetryRequested):
        await desk.reporting(job, 0)
    await desk.pool.execute("INSERT INTO figure_changes (team_id, signals) VALUES ($1, 9)", TEAM)
    with pytest.raises(RetryRequested):
        await desk.reporting(job, 1)
    assert desk.said() == [], "it may be on its way"
    await desk.pool.execute("UPDATE reports SET tried_at = tried_at - interval '1 minute'")
    await desk.reporting(job, 2)
    (text,) = desk.said()
    assert text.startswith("LiveSOP: the week. 0 signals")


@pytest.mark.parametrize(
    ("fault", "tries"),
    [(AnswerError("not_in_channel"), 0), (AnswerStatus(503), MOST_ATTEMPTS - 1)],
)
async def test_what_slack_will_not_take_is_given_up(desk: Desk, fault: Any, tries: int) -> None:
    (job,) = await desk.plan(DIGEST, GENERAL)
    desk.slack.faults.add("chat.postMessage", fault)
    await desk.reporting(job, tries)
    assert await desk.states() == [(GENERAL, "failed")]


async def test_being_asked_to_wait_is_no_failure(desk: Desk) -> None:
    (job,) = await desk.plan(DIGEST, GENERAL)
    desk.slack.faults.add("chat.postMessage", RateLimited(7))
    with pytest.raises(RetryRequested):
        await desk.reporting(job, MOST_ATTEMPTS)
    assert await desk.states() == [(GENERAL, "planned")]


def past_nine() -> str:
    """A time zone in which it is past nine: whether anything is due now depends on the hour."""
    offset = (10 - datetime.now(UTC).hour) % 24
    return f"Etc/GMT{-offset if offset < 12 else 24 - offset:+d}"


async def test_a_team_whose_report_cannot_be_planned_stops_no_other(desk: Desk) -> None:
    settings = TeamSettings(daily_summary=True, time_zone=past_nine())
    await desk.set(settings)
    await Teams(desk.pool).ensure(TeamId("T0"), "Earlier")
    await desk.book.change(TeamId("T0"), "U1", lambda _: settings)

    async def of(team: TeamId) -> TeamSettings:
        return {TEAM: settings}[team]

    reporting = Reporting(
        reports=desk.reports,
        settings=of,
        admins=frozenset({GRACE}),
        means=Means(slack=desk.client, metrics=Metrics()),
    )
    with capture_logs() as logs:
        await reporting.plan()
    assert [(one["event"], one["team"]) for one in logs] == [
        ("report.not_planned", "T0"),
        ("report.planned", TEAM),
    ]


async def test_what_is_due_now_is_planned_with_its_jobs(desk: Desk) -> None:
    await desk.set(TeamSettings(daily_summary=True, time_zone=past_nine()))
    await desk.reporting.plan()
    await desk.reporting.plan()
    assert [recipient for recipient, _ in await desk.states()] == [GRACE, ADA]
    jobs = await desk.pool.fetchval("SELECT count(*) FROM pgqueuer WHERE entrypoint = 'report'")
    assert jobs == 2
