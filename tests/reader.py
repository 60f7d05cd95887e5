"""Somebody who has modals open, reads them, and presses in them."""

from typing import Any

import pytest

from livesop_bot.sandbox.changes import ViewShown
from livesop_bot.sandbox.demo import GRACE
from livesop_bot.sandbox.server import SlackServer

Json = dict[str, Any]


class Reader:
    """A person with modals open; the uppermost is what they see."""

    def __init__(self, slack: SlackServer, user: str = GRACE) -> None:
        self._slack = slack
        self.user = user

    @property
    def stack(self) -> list[Json]:
        """The modals that lie on each other, the lowest first."""
        return self._slack.workspace.views.stacks.get(self.user, [])

    @property
    def view(self) -> Json:
        """What they see."""
        return self.stack[-1]

    @property
    def text(self) -> str:
        """What it says, a line each; buttons and accessories in brackets."""
        lines = []
        for block in self.view["blocks"] if self.stack else ():
            for part in (*block.get("elements", ()), block.get("text"), block.get("accessory")):
                if part is not None:
                    text = part.get("text") or part.get("placeholder")
                    lines.append(text if isinstance(text, str) else f"[{text['text']}]")
        return "\n".join(lines)

    async def until(self, *wanted: str) -> str:
        """Wait until what they see says all of it; gives all that it says."""

        def holds() -> bool:
            return all(part in self.text for part in wanted)

        if not holds():
            try:
                await self._slack.workspace.wait_for_change(
                    lambda change: isinstance(change, ViewShown) and holds(), timeout=20
                )
            except TimeoutError:
                pytest.fail(f"no {wanted} in:\n{self.text}")
        return self.text

    async def press(self, label: str, option: str | None = None, nth: int = 0) -> None:
        """Press the `nth` button of that label in what they see, or choose an option."""
        found = [one for one in self._elements() if self._label(one) == label]
        element = {key: found[nth][key] for key in ("type", "action_id", "block_id")}
        if option is None:
            element["value"] = found[nth].get("value", "")
        else:
            element["selected_option"] = next(
                one for one in found[nth]["options"] if one["text"]["text"] == option
            )
        await self._slack.interactions.block_action(
            self.user, {"type": "view", "view_id": self.view["id"]}, element
        )

    def labels(self) -> list[str]:
        """What stands on what can be pressed."""
        return [self._label(one) for one in self._elements()]

    async def close(self) -> None:
        """Close the uppermost modal."""
        await self._slack.interactions.close(self.user, self.view["id"])

    def _elements(self) -> list[Json]:
        found = []
        for block in self.view["blocks"]:
            parts = block["elements"] if block["type"] == "actions" else [block.get("accessory")]
            found += [part | {"block_id": block["block_id"]} for part in parts if part]
        return found

    @staticmethod
    def _label(element: Json) -> str:
        text: str = (element.get("text") or element["placeholder"])["text"]
        return text
