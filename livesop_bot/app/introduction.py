"""The start: who we are in Slack, and a database that is ready for this version."""

import asyncio

import structlog
from pydantic import SecretStr
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from livesop_bot.actions.slack_calls import slack_errors
from livesop_bot.app.parts import Stores
from livesop_bot.db.migrations import migrate
from livesop_bot.db.pool import Pool, away
from livesop_bot.db.vectors import ensure_vectors
from livesop_bot.domain.signals import TeamId, UserId
from livesop_bot.errors import (
    ConfigurationError,
    DatabaseAway,
    DatabaseRefused,
    SlackAway,
    SlackRefused,
)
from livesop_bot.slack.ingest import Installation
from livesop_bot.sop.starter_pack import starter_pack
from livesop_bot.stopping import pause

log = structlog.get_logger()


async def introduce(
    client: AsyncWebClient, app_token: SecretStr | None, stop: asyncio.Event
) -> Installation | None:
    """Ask Slack who we are, for as long as it takes; None if told to stop meanwhile.

    Tokens that Slack refuses are told here, once: the socket client would retry them for ever.
    `app_token` is None where no socket will be opened.
    """
    wait = 0.5
    while not stop.is_set():
        try:
            me = await _ask_both_tokens(client, app_token)
        except SlackAway as error:
            log.warning("slack.away", error=str(error), retry_in_seconds=wait)
            await pause(stop, wait)
            wait = min(wait * 2, 30.0)
        else:
            return Installation(
                team=TeamId(me["team_id"]),
                team_name=me["team"],
                url=me["url"],
                bot_user=UserId(me["user_id"]),
                bot_id=me["bot_id"],
            )
    return None


async def _ask_both_tokens(
    client: AsyncWebClient, app_token: SecretStr | None
) -> AsyncSlackResponse:
    try:
        with slack_errors():
            me = await client.auth_test()
    except SlackRefused as error:
        raise ConfigurationError(
            f"SLACK_BOT_TOKEN: Slack refused it ({error.code}); copy the bot token from the "
            "app's page “OAuth & Permissions”"
        ) from error
    if app_token is not None:
        try:
            with slack_errors():
                await client.apps_connections_open(app_token=app_token.get_secret_value())
        except SlackRefused as error:
            raise ConfigurationError(
                f"SLACK_APP_TOKEN: Slack refused it ({error.code}); make an app-level token "
                "with the scope connections:write on the app's page “Basic Information”"
            ) from error
    return me


async def prepare(
    pool: Pool,
    stores: Stores,
    installation: Installation,
    *,
    migrated: asyncio.Event,
    stop: asyncio.Event,
) -> None:
    """Migrate, and give a new team its starter pack, as soon as PostgreSQL is there.

    Raises DatabaseRefused where it is, and does not let us.
    """
    wait = 0.1
    while not stop.is_set():
        try:
            with away():
                async with pool.acquire() as connection:
                    await migrate(connection)
                    await ensure_vectors(connection)
            await stores.teams.ensure(installation.team, installation.team_name)
            await stores.workflows.load_starter_pack(installation.team, starter_pack())
        except DatabaseRefused:  # as tokens are that Slack refuses
            raise
        except DatabaseAway as error:
            log.warning("database.away", error=str(error), retry_in_seconds=wait)
            await pause(stop, wait)
            wait = min(wait * 2, 2.0)
        else:
            migrated.set()
            return
