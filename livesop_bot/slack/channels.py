"""Channels that LiveSOP is in, and joining more, so that it hears what is said there."""

import asyncio
from collections.abc import Sequence

from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.slack_calls import slack_errors
from livesop_bot.errors import SlackAway, SlackRefused

_AT_ONCE = 3
"""Slack takes about 50 joins a minute."""
_PAGE, _PAGES = 200, 10
_SEARCH_S = 0.8
_LOOK_S = 0.7
"""Somebody waits for their Home meanwhile, or for the answer to a command."""


async def is_in_one(client: AsyncWebClient) -> bool:
    """Say whether LiveSOP surely is in a channel; where Slack does not say, it is not sure."""
    try:
        with slack_errors():
            async with asyncio.timeout(_LOOK_S):
                answer = await client.users_conversations(
                    types="public_channel,private_channel", exclude_archived=True, limit=100
                )
    except (SlackAway, SlackRefused):
        return False
    return bool(answer.get("channels"))


async def named(client: AsyncWebClient, name: str) -> str | None:
    """Give the id of the channel of that name, of those that LiveSOP is in; None: there is none.

    Raises SlackAway, SlackRefused.
    """
    cursor = ""
    with slack_errors():
        async with asyncio.timeout(_SEARCH_S):
            for _ in range(_PAGES):
                answer = await client.users_conversations(
                    types="public_channel,private_channel",
                    exclude_archived=True,
                    limit=_PAGE,
                    cursor=cursor,
                )
                for channel in answer.get("channels") or ():
                    if channel.get("name") == name:
                        return str(channel["id"])
                cursor = (answer.get("response_metadata") or {}).get("next_cursor") or ""
                if not cursor:
                    break
    return None


async def join(client: AsyncWebClient, channels: Sequence[str]) -> tuple[list[str], dict[str, str]]:
    """Join public channels; gives those that LiveSOP is in now, and Slack's code for each other."""
    done: list[str] = []
    refused: dict[str, str] = {}
    few = asyncio.Semaphore(_AT_ONCE)

    async def one(channel: str) -> None:
        try:
            async with few:
                with slack_errors():
                    await client.conversations_join(channel=channel)
        except SlackRefused as error:
            refused[channel] = error.code
        except SlackAway:
            refused[channel] = "away"
        else:
            done.append(channel)

    await asyncio.gather(*(one(channel) for channel in dict.fromkeys(channels)))
    return done, refused
