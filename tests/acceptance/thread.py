"""A thread with a run in it, as the people there see and press it."""

from collections.abc import Callable, Iterator
from itertools import groupby
from typing import Any

import pytest

from livesop_bot.sandbox.server import SlackServer
from livesop_bot.sandbox.wire import ApiError
from livesop_bot.views.ids import BlockId


class Thread:
    """A message in a channel, and LiveSOP's answer to it."""

    def __init__(self, slack: SlackServer, channel: str, ts: str) -> None:
        self._slack = slack
        self.channel = channel
        self.ts = ts

    @property
    def faces(self) -> list[dict[str, Any]]:
        """The messages of runs in the thread: there should be one."""
        replies = self._slack.workspace.channel(self.channel).replies.get(self.ts, [])
        return [
            reply
            for reply in replies
            if any(block["block_id"] == BlockId.RUN for block in reply.get("blocks", ()))
        ]

    @property
    def text(self) -> str:
        """What the answer says."""
        return "\n".join(
            part["text"]
            for block in (self.faces[0]["blocks"] if self.faces else ())
            if block["type"] != "actions"
            for part in block.get("elements") or [block["text"]]
        )

    def buttons(self) -> Iterator[dict[str, Any]]:
        """The buttons that can be pressed now."""
        for block in self.faces[0]["blocks"] if self.faces else ():
            if block["type"] == "actions":
                for element in block["elements"]:
                    yield {**element, "block_id": block["block_id"]}

    def rows(self) -> Iterator[dict[str, dict[str, Any]]]:
        """The buttons of each row, by what stands on them."""
        for _, row in groupby(self.buttons(), key=lambda one: str(one["block_id"])):
            yield {one["text"]["text"]: one for one in row}

    def labels(self) -> list[str]:
        """What stands on them."""
        return [one["text"]["text"] for one in self.buttons()]

    async def until(self, part: str) -> None:
        """Wait until the answer says something."""
        await self._until(lambda: part in self.text, part)

    async def until_button(self, label: str) -> dict[str, Any]:
        """Wait until there is a button, and give it."""
        await self._until(lambda: label in self.labels(), label)
        return next(one for one in self.buttons() if one["text"]["text"] == label)

    async def _until(self, holds: Callable[[], bool], wanted: str) -> None:
        if not holds():
            try:
                await self._slack.workspace.wait_for_change(lambda _: holds(), timeout=30)
            except TimeoutError:
                pytest.fail(f"no {wanted!r} in: {self.text}\n{self.labels()}")

    async def press(self, user: str, label: str) -> None:
        """Press a button once it is there."""
        await self.press_now(user, await self.until_button(label))

    async def press_now(self, user: str, button: dict[str, Any]) -> None:
        """Press a button, be it shown or not. Raises ApiError where nobody takes it."""
        element = {key: button[key] for key in ("type", "action_id", "block_id", "value")}
        container = {"type": "message", "channel": self.channel, "ts": self.faces[0]["ts"]}
        await self._slack.interactions.block_action(user, container, element)

    async def try_to_press(self, user: str, button: dict[str, Any]) -> bool:
        """Press a button; False where Slack says that it did not work."""
        try:
            await self.press_now(user, button)
        except ApiError:
            return False
        return True
