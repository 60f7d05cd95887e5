"""Home tabs and the stacks of modals that people have open, with hashes and trigger ids."""

import time
from collections.abc import Callable
from copy import deepcopy
from uuid import uuid4

from livesop_bot.sandbox.changes import Change, HomePublished, ViewClosed, ViewShown
from livesop_bot.sandbox.people import Bot, Team
from livesop_bot.sandbox.wire import ApiError, JsonObject, new_id

STACK_LIMIT = 3


class Triggers:
    """The trigger ids of interactions: each good for one view, for a few seconds."""

    def __init__(self, life: float) -> None:
        self._life = life
        self._issued: dict[str, tuple[str, float]] = {}
        self._exchanged: set[str] = set()

    def issue(self, user_id: str) -> str:
        """A trigger of this person's interaction."""
        trigger = f"{uuid4().int % 10**13}.{uuid4().int % 10**13}.{uuid4().hex}"
        self._issued[trigger] = (user_id, time.monotonic() + self._life)
        return trigger

    def exchange(self, trigger: object) -> str:
        """The person it belongs to; refuses a trigger that is unknown, used, or too old."""
        if not isinstance(trigger, str) or trigger not in self._issued:
            raise ApiError("invalid_trigger_id")
        if trigger in self._exchanged:
            raise ApiError("exchanged_trigger_id")
        user_id, deadline = self._issued[trigger]
        if time.monotonic() > deadline:
            raise ApiError("expired_trigger_id")
        self._exchanged.add(trigger)
        return user_id


class Views:
    """What each person sees of the app besides messages."""

    def __init__(self, *, team: Team, bot: Bot, announce: Callable[[Change], None]) -> None:
        self._team, self._bot, self._announce = team, bot, announce
        self.homes: dict[str, JsonObject] = {}
        self.stacks: dict[str, list[JsonObject]] = {}

    def open(self, user_id: str, view: JsonObject) -> JsonObject:
        """Open a modal; whatever the person had open gives way."""
        made = self._made(view, user_id)
        made["root_view_id"] = made["id"]
        self.stacks[user_id] = [made]
        self._announce(ViewShown("opened", user_id, made))
        return made

    def push(self, user_id: str, view: JsonObject) -> JsonObject:
        """Lay a modal over the open one; refuses with push_limit_reached above three."""
        stack = self.stacks.get(user_id, [])
        if not stack:
            raise ApiError("not_found", "no view is open")
        if len(stack) >= STACK_LIMIT:
            raise ApiError("push_limit_reached")
        made = self._made(view, user_id)
        made |= {"root_view_id": stack[0]["id"], "previous_view_id": stack[-1]["id"]}
        stack.append(made)
        self._announce(ViewShown("pushed", user_id, made))
        return made

    def update(
        self,
        view: JsonObject,
        *,
        view_id: str | None = None,
        external_id: str | None = None,
        view_hash: str | None = None,
    ) -> JsonObject:
        """Replace an open modal's content; refuses with not_found or hash_conflict."""
        for user_id, stack in self.stacks.items():
            for place, old in enumerate(stack):
                if old["id"] == view_id or (external_id and old["external_id"] == external_id):
                    if view_hash and view_hash != old["hash"]:
                        raise ApiError("hash_conflict")
                    made = self._made(view, user_id, old)
                    stack[place] = made
                    self._announce(ViewShown("updated", user_id, made))
                    return made
        if view_id in {home["id"] for home in self.homes.values()}:
            user_id = next(user for user, home in self.homes.items() if home["id"] == view_id)
            return self.publish(user_id, view, view_hash=view_hash)
        raise ApiError("not_found")

    def publish(
        self, user_id: str, view: JsonObject, *, view_hash: str | None = None
    ) -> JsonObject:
        """Set a person's Home tab; refuses with hash_conflict."""
        old = self.homes.get(user_id)
        if view_hash and old is not None and view_hash != old["hash"]:
            raise ApiError("hash_conflict")
        made = self._made(view, user_id, old)
        self.homes[user_id] = made
        self._announce(HomePublished(user_id, made))
        return made

    def find(self, user_id: str, view_id: object) -> JsonObject:
        """A view that this person sees; refuses with not_found."""
        seen = list(self.stacks.get(user_id, ()))
        if user_id in self.homes:
            seen.append(self.homes[user_id])
        for view in seen:
            if view["id"] == view_id:
                return view
        raise ApiError("not_found")

    def close(self, user_id: str, view_id: str, *, clear: bool = False) -> list[JsonObject]:
        """Close a modal and what lies on it, or with `clear` the whole stack; returns them."""
        stack = self.stacks.get(user_id, [])
        place = next((i for i, view in enumerate(stack) if view["id"] == view_id), None)
        if place is None:
            return []
        kept = 0 if clear or stack[place]["clear_on_close"] else place
        closed = stack[kept:]
        del stack[kept:]
        self._announce(ViewClosed(user_id, view_id, not stack))
        return closed

    def _made(self, view: JsonObject, user_id: str, old: JsonObject | None = None) -> JsonObject:
        external_id = view.get("external_id", "")
        if external_id and any(
            other["external_id"] == external_id and (old is None or other["id"] != old["id"])
            for other in (*self.homes.values(), *(v for s in self.stacks.values() for v in s))
        ):
            raise ApiError("duplicate_external_id")
        view_id = old["id"] if old else new_id("V")
        return {
            "id": view_id,
            "team_id": self._team.id,
            "type": view["type"],
            "blocks": with_ids(view["blocks"]),
            "private_metadata": view.get("private_metadata", ""),
            "callback_id": view.get("callback_id", ""),
            "state": {"values": {}},
            "hash": f"{int(time.time())}.{uuid4().hex[:8]}",
            "title": view.get("title"),
            "close": view.get("close"),
            "submit": view.get("submit"),
            "clear_on_close": bool(view.get("clear_on_close")),
            "notify_on_close": bool(view.get("notify_on_close")),
            "previous_view_id": old["previous_view_id"] if old else None,
            "root_view_id": old["root_view_id"] if old else view_id,
            "external_id": external_id,
            "app_id": self._bot.app_id,
            "app_installed_team_id": self._team.id,
            "bot_id": self._bot.bot_id,
        }


def with_ids(blocks: list[JsonObject]) -> list[JsonObject]:
    """The blocks with a block_id and action_ids made up where the app gave none, as Slack does."""
    made = deepcopy(blocks)
    for block in made:
        block.setdefault("block_id", uuid4().hex[:5])
        parts = [block.get("accessory"), block.get("element")]
        if block.get("type") == "actions":
            parts += block.get("elements", [])
        for part in parts:
            if isinstance(part, dict) and part.get("type") != "image":
                part.setdefault("action_id", uuid4().hex[:5])
    return made
