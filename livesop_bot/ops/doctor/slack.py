"""The doctor's look at Slack: the bot token, its scopes, the app token and a socket."""

from collections.abc import Sequence

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.slack_calls import slack_errors
from livesop_bot.errors import SlackAway, SlackBusy, SlackRefused
from livesop_bot.ops.doctor.finding import Finding, Mark
from livesop_bot.settings import Settings

_TIMEOUT = 4  # seconds for a call; slack_sdk takes whole ones

_ADVICE = {
    "invalid_auth": "copy the token again from the app's pages",
    "not_authed": "copy the token again from the app's pages",
    "account_inactive": "the app was removed from the workspace; install it again",
    "token_revoked": "the token was revoked; install the app again and copy the new one",
    "token_expired": "switch token rotation off, as the manifest has it, and install the app again",
    "missing_scope": "give the app-level token the scope connections:write",
    "not_allowed_token_type": "the two tokens may be in each other's place",
    "forbidden_team": "sign in to the right workspace and install the app there",
}


async def bot_token(settings: Settings, scopes: Sequence[str]) -> list[Finding]:
    """Who the bot token is, and whether it has the scopes that the manifest asks for."""
    if settings.slack_bot_token is None:
        sandbox = "SLACK_BOT_TOKEN is not set; `livesop run` starts the sandbox"
        return [Finding(Mark.SKIP, "bot token", sandbox)]
    client = _client(settings, settings.slack_bot_token.get_secret_value())
    try:
        with slack_errors():
            answer = await client.auth_test()
    except (SlackRefused, SlackAway) as error:
        return [_refused("bot token", "SLACK_BOT_TOKEN", error)]
    who = f"{answer['user']} ({answer['user_id']}) in {answer['team']} ({answer['team_id']})"
    granted = {scope.strip() for scope in str(answer.headers.get("x-oauth-scopes", "")).split(",")}
    return [Finding(Mark.OK, "bot token", who), _scopes(granted, scopes)]


def _scopes(granted: set[str], wanted: Sequence[str]) -> Finding:
    missing = [scope for scope in wanted if scope not in granted]
    if missing:
        return Finding(
            Mark.FAIL,
            "scopes",
            f"missing {', '.join(missing)}",
            "paste `livesop manifest` into the app's page “App Manifest”, then reinstall the app",
        )
    return Finding(Mark.OK, "scopes", f"all {len(wanted)} of the manifest")


async def socket(settings: Settings) -> list[Finding]:
    """Open a real socket up to Slack's hello, and close it at once.

    While it is open Slack may send it an event: unanswered, that event comes again elsewhere.
    """
    if settings.slack_app_token is None:
        return [Finding(Mark.SKIP, "socket", "SLACK_APP_TOKEN is not set")]
    token = settings.slack_app_token.get_secret_value()
    client = _client(settings, None)
    try:
        with slack_errors():
            url = (await client.apps_connections_open(app_token=token))["url"]
            async with (
                aiohttp.ClientSession() as session,
                session.ws_connect(url, proxy=client.proxy) as connection,
            ):
                hello = await connection.receive_json(timeout=_TIMEOUT)
    except (SlackRefused, SlackAway) as error:
        return [_refused("socket", "SLACK_APP_TOKEN", error)]
    except (TypeError, ValueError):  # it was closed, or there was no JSON
        return [_refused("socket", "SLACK_APP_TOKEN", SlackAway("Slack did not say hello"))]
    if hello.get("type") != "hello":
        found = f"Slack said {hello.get('type')} ({hello.get('reason')}) where it should say hello"
        advice = "see that Socket Mode is on, and that fewer than 10 connections are open"
        return [Finding(Mark.FAIL, "socket", found, advice)]
    connections = hello.get("num_connections")
    return [Finding(Mark.OK, "socket", f"Slack said hello; {connections} open with this one")]


def _client(settings: Settings, token: str | None) -> AsyncWebClient:
    return AsyncWebClient(
        token, base_url=settings.slack_api_url, timeout=_TIMEOUT, retry_handlers=[]
    )


def _refused(subject: str, variable: str, error: SlackRefused | SlackAway) -> Finding:
    match error:
        case SlackRefused(code=code):
            found = f"{variable} was refused ({code})"
            advice = _ADVICE.get(code, "look the code up in Slack's documentation")
        case SlackBusy():
            found, advice = str(error), "wait a minute and try again"
        case SlackAway():
            found, advice = str(error), "check SLACK_API_URL, the network and any proxy"
    return Finding(Mark.FAIL, subject, found, advice)
