"""Hands: a person at App Home and in the modals that it opens."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from livesop_bot.sandbox.server import SlackServer
from livesop_bot.sandbox.wire import JsonObject


class Hands:
    """A person at Home and in the modals that it opens."""

    def __init__(self, slack: SlackServer, user: str) -> None:
        self.slack, self.user = slack, user

    @property
    def home(self) -> JsonObject:
        """What Home shows; nothing: an empty view."""
        return self.slack.workspace.views.homes.get(self.user) or {"blocks": []}

    @property
    def top(self) -> JsonObject:
        """The modal on top; none: an empty one."""
        stack = self.slack.workspace.views.stacks.get(self.user)
        return stack[-1] if stack else {"title": None, "blocks": []}

    async def until(self, words: str, *, in_home: bool = False, gone: bool = False) -> JsonObject:
        """Wait until Home, or the modal on top, says so, or with `gone` does not; gives it."""

        def shown() -> JsonObject:
            return self.home if in_home else self.top

        def as_wanted() -> bool:
            return (words in str(shown())) is not gone

        try:
            async with asyncio.timeout(30):
                if not as_wanted():
                    await self.slack.workspace.wait_for_change(lambda _: as_wanted())
        except TimeoutError:
            pytest.fail(f"{words!r} is {'still' if gone else 'not'} in {shown()}")
        return shown()

    async def workflows(self) -> None:
        """Open the Workflows tab of Home."""
        self.slack.workspace.open_home(self.user)
        await self.until("Auto-Pilot", in_home=True)
        await self.press("home_tab:1", "workflows", self.home)
        await self.until("New SOP", in_home=True)

    async def click(self, label: str, *, in_home: bool = False, typed: Any = None) -> None:
        """Press a button that is shown, by what stands on it or what screen readers say; in a
        modal with this typed in its fields.
        """
        view = self.home if in_home else self.top
        for block, button in _buttons(view):
            if label in (button["text"]["text"], button.get("accessibility_label")):
                pressed = {**button, "block_id": block["block_id"]}
                await self._act(view, pressed, typed or {})
                return
        pytest.fail(f"there is no {label!r} in {view}")

    async def press(self, action: str, value: str, view: JsonObject) -> None:
        """Press a button of a view, whether it is shown or not."""
        pressed = {"type": "button", "action_id": action, "block_id": "any", "value": value}
        await self._act(view, pressed)

    async def find(self, words: str) -> None:
        """Type into the search of the Workflows tab."""
        field = next(block for block in self.home["blocks"] if block["type"] == "input")
        typed = {"type": "plain_text_input", "block_id": field["block_id"], "value": words}
        await self._act(self.home, typed | {"action_id": field["element"]["action_id"]})

    async def choose(self, action: str, value: str) -> None:
        """Choose from a menu of the modal on top."""
        option = {"text": {"type": "plain_text", "text": "x"}, "value": value}
        chosen = {"type": "overflow", "action_id": action, "selected_option": option}
        await self._act(self.top, chosen)

    async def pick(self, name: str, value: str, **typed: Any) -> None:
        """Pick in a field of the modal on top that tells at once, with this typed in others."""
        field = next(
            block for block in self.top["blocks"] if block.get("block_id", "").endswith(name)
        )
        picked = {"selected_option": {"value": value}, "block_id": field["block_id"]}
        picked |= {key: field["element"][key] for key in ("type", "action_id")}
        await self._act(self.top, picked, {**typed, name: value})

    async def edit(self, slug: str = "incident") -> None:
        """Open the editor on an SOP."""
        await self.press("sop_edit", slug, self.home)
        await self.until("Add a step")

    async def send(self, **typed: Any) -> dict[str, str]:
        """Send the modal on top with this typed, and the rest as it is; gives the errors."""
        values, view = self._values(**typed), self.top["id"]
        return await self.slack.interactions.submit(self.user, view, values)

    def _values(self, **typed: Any) -> JsonObject:
        """What stands in the fields of the modal on top."""
        names = dict(typed)
        values: JsonObject = {}
        for block in self.top["blocks"]:
            if block["type"] == "input":
                element, name = block["element"], block["block_id"].partition(":")[2]
                state = _state(element, names.pop(name, None))
                values[block["block_id"]] = {element["action_id"]: state}
        assert not names, "only what the form asks for can be typed"
        return values

    async def close(self) -> None:
        """Close the modal on top."""
        await self.slack.interactions.close(self.user, self.top["id"])

    async def _act(
        self, view: JsonObject, action: JsonObject, typed: Mapping[str, Any] | None = None
    ) -> None:
        """Press; as in Slack what stands in the fields of a modal comes with it."""
        where = {"type": "view", "view_id": view["id"]}
        state = {"values": self._values(**(typed or {})) if view == self.top else {}}
        await self.slack.interactions.block_action(self.user, where, action, state)


def _buttons(view: JsonObject) -> Iterator[tuple[JsonObject, JsonObject]]:
    for block in view["blocks"]:
        for element in (*block.get("elements", ()), block.get("accessory") or {}):
            if element.get("type") == "button":
                yield block, element


def _state(element: JsonObject, typed: Any) -> JsonObject:
    """What stands in a field: what was typed or picked, else what it was shown with."""
    kind = element["type"]

    def given(initial: str) -> Any:
        return element.get(initial) if typed is None else typed

    match kind:
        case "static_select":
            picked = element.get("initial_option") if typed is None else {"value": typed}
            return {"type": kind, "selected_option": picked}
        case "checkboxes" | "multi_static_select":
            picked = given("initial_options") or []
            picked = [one if isinstance(one, dict) else {"value": one} for one in picked]
            return {"type": kind, "selected_options": picked}
        case "multi_users_select":
            return {"type": kind, "selected_users": given("initial_users") or []}
        case "multi_conversations_select":
            return {"type": kind, "selected_conversations": given("initial_conversations") or []}
        case _:
            return {"type": kind, "value": given("initial_value")}
