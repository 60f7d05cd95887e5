"""The process that acceptance tests kill: LiveSOP, impatient, with an evaluator of the test's."""

import asyncio
import signal
import sys
from collections.abc import Mapping

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.destinations import Destinations
from livesop_bot.actions.jira_calls import Jira
from livesop_bot.actions.jira_issue import JiraIssue
from livesop_bot.actions.kind import Kind
from livesop_bot.actions.registry import action_kinds
from livesop_bot.actions.webhook import Webhook
from livesop_bot.app import App, Role, Timing
from livesop_bot.domain.evaluations import Judgement
from livesop_bot.domain.workflows import ActionKind
from livesop_bot.evaluation.evaluator import Evaluator, Question
from livesop_bot.logs import configure_logging
from livesop_bot.settings import Settings, load_settings
from livesop_bot.slack.sockets import Patience
from livesop_bot.worker.queue import Pace


class Hanging:
    """Never answers."""

    name = "hanging"

    async def evaluate(self, question: Question) -> Judgement:
        """Wait for ever."""
        await asyncio.Event().wait()
        raise AssertionError


class Named:
    """Takes the SOP whose slug is the first word of the message, and is sure of it."""

    name = "named"

    async def evaluate(self, question: Question) -> Judgement:
        """Compare the first word."""
        word = question.signal.text.partition(" ")[0]
        slugs = {workflow.slug: workflow.id for workflow in question.workflows}
        return Judgement(
            workflow=slugs.get(word),
            confidence=0.95,
            reasoning="It says so.",
            evaluator=self.name,
        )


EVALUATORS: dict[str, Evaluator | None] = {"local": None, "hang": Hanging(), "named": Named()}


def impatient_kinds(
    *, slack: AsyncWebClient, session: aiohttp.ClientSession, settings: Settings
) -> Mapping[ActionKind, Kind]:
    """The kinds of actions, with time limits of seconds, for a Jira whose search lags little."""
    limits = aiohttp.ClientTimeout(total=1.5)
    jira = Jira(
        session,
        base_url=str(settings.jira_base_url or ""),
        email=settings.jira_email,
        token=settings.jira_api_token,
        limits=limits,
    )
    webhook = Webhook(
        settings.livesop_webhook_secret, Destinations(settings.webhook_allow), limits=limits
    )
    return {
        **action_kinds(slack=slack, session=session, settings=settings),
        ActionKind.JIRA_ISSUE: JiraIssue(jira, settings.jira_project, indexed_s=3.0),
        ActionKind.WEBHOOK: webhook,
    }


async def main() -> None:
    """Serve until SIGTERM."""
    settings = load_settings()
    configure_logging(settings)
    app = App(
        settings,
        Role(sys.argv[2]),
        evaluator=EVALUATORS[sys.argv[1]],
        timing=Timing(
            patience=Patience(look_every=0.2, replace_after=6.0, ping_interval=0.5),
            pace=Pace(heartbeat_timeout=2.0, poll_every=0.5),
            slack_call=2.0,
            lands_s=3.0,
        ),
        make_kinds=impatient_kinds,
    )
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, app.stop.set)
    await app.run()


asyncio.run(main())
