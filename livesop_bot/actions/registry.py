"""Every kind of action, by its name."""

from collections.abc import Mapping

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.destinations import Destinations
from livesop_bot.actions.jira_calls import Jira
from livesop_bot.actions.jira_comment import JiraComment
from livesop_bot.actions.jira_issue import JiraIssue
from livesop_bot.actions.jira_transition import JiraTransition
from livesop_bot.actions.kind import Kind
from livesop_bot.actions.slack_message import SlackMessage
from livesop_bot.actions.webhook import Webhook
from livesop_bot.domain.workflows import ActionKind
from livesop_bot.settings import Settings


def action_kinds(
    *, slack: AsyncWebClient, session: aiohttp.ClientSession, settings: Settings
) -> Mapping[ActionKind, Kind]:
    """Build all kinds. `slack` must not retry by itself; `session` is for Jira."""
    jira = Jira(
        session,
        base_url=settings.jira_base_url,
        email=settings.jira_email,
        token=settings.jira_api_token,
    )
    kinds: tuple[Kind, ...] = (
        SlackMessage(slack),
        JiraIssue(jira, settings.jira_project),
        JiraComment(jira),
        JiraTransition(jira),
        Webhook(settings.livesop_webhook_secret, Destinations(settings.webhook_allow)),
    )
    return {kind.name: kind for kind in kinds}
