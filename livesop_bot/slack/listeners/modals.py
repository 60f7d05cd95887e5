"""Modals: opened at once, within the few seconds that Slack gives, and filled after a look-up.

modal = await opened(client, body["trigger_id"], loading("Why"))
async with boundary(body, modal.went_wrong):
    await modal.fill_from(look_up(…))
"""

import asyncio
from collections.abc import Coroutine, Mapping
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.slack_calls import slack_errors
from livesop_bot.errors import DatabaseAway, SlackRefused
from livesop_bot.slack.listeners.face import within
from livesop_bot.views import modal as views
from livesop_bot.views.blocks import View

_OPEN_S = 3.0
"""A trigger_id is good for this long, in seconds."""

_FILL_S = 10.0

_GONE = frozenset({"not_found", "view_not_found", "hash_conflict"})
"""Slack's words for: it was closed meanwhile, or shows something newer."""


class Modal:
    """A modal that somebody has open, as it was when we last heard of it."""

    def __init__(self, client: AsyncWebClient, view: Mapping[str, Any]) -> None:
        self._client = client
        self._id: str = view["id"]
        self._hash: str = view["hash"]
        self._title: str = view["title"]["text"]

    @classmethod
    def pressed(cls, client: AsyncWebClient, body: Mapping[str, Any]) -> "Modal":
        """The modal whose button was pressed."""
        return cls(client, body["view"])

    async def fill(self, view: View, *, over_newer: bool = False) -> bool:
        """Show something else in it; False where it was closed or changed meanwhile, which is
        the person's own doing and needs no word. Raises SlackAway, SlackRefused.

        `over_newer`: replace what was changed meanwhile, too; for what was looked up after that.
        """
        try:
            with slack_errors():
                async with asyncio.timeout(_FILL_S):
                    answer = await self._client.views_update(
                        view_id=self._id, view=view, hash=None if over_newer else self._hash
                    )
        except SlackRefused as error:
            if error.code in _GONE:
                return False
            raise
        self._hash = answer["view"]["hash"]
        return True

    async def fill_from(self, look: Coroutine[Any, Any, View]) -> bool:
        """Show what a look-up in the database gives, or that the database is away."""
        try:
            view = await within(look)
        except DatabaseAway:
            view = views.database_away(self._title)
        return await self.fill(view)

    async def went_wrong(self) -> bool:
        """Say that something failed: what a boundary tells the person who looks at it."""
        return await self.fill(views.went_wrong(self._title))


async def opened(client: AsyncWebClient, trigger_id: str, loading: View) -> Modal:
    """Open a modal at once, before anything is looked up. Raises SlackAway, SlackRefused."""
    with slack_errors():
        async with asyncio.timeout(_OPEN_S):
            answer = await client.views_open(trigger_id=trigger_id, view=loading)
    return Modal(client, answer["view"])


async def pushed(client: AsyncWebClient, trigger_id: str, loading: View) -> Modal:
    """Lay a modal over the one in which something was pressed; at most three lie on each other."""
    with slack_errors():
        async with asyncio.timeout(_OPEN_S):
            answer = await client.views_push(trigger_id=trigger_id, view=loading)
    return Modal(client, answer["view"])
