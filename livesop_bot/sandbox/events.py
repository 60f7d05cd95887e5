"""Events: what the app is told about changes in the workspace, in Slack's shapes."""

import time
from collections import defaultdict
from collections.abc import Callable
from uuid import uuid4

from livesop_bot.sandbox.changes import (
    Change,
    Deleted,
    Edited,
    HomeOpened,
    Joined,
    Posted,
    Reacted,
)
from livesop_bot.sandbox.people import Channel
from livesop_bot.sandbox.wire import JsonObject
from livesop_bot.sandbox.workspace import Workspace


def event_callback(workspace: Workspace, event: JsonObject, event_id: str) -> JsonObject:
    """The outer object that an event travels in."""
    team, bot = workspace.team, workspace.bot
    return {
        "token": "sandbox-verification-token",
        "team_id": team.id,
        "context_team_id": team.id,
        "context_enterprise_id": None,
        "api_app_id": bot.app_id,
        "event": event,
        "type": "event_callback",
        "event_id": event_id,
        "event_time": int(time.time()),
        "authorizations": [
            {
                "enterprise_id": None,
                "team_id": team.id,
                "user_id": bot.user_id,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": False,
        "event_context": f"4-{uuid4().hex}",
    }


class Events:
    """Turns each change into the events that the app has subscribed to."""

    def __init__(self, workspace: Workspace, deliver: Callable[[JsonObject], str]) -> None:
        self._workspace, self._deliver = workspace, deliver
        self._ids: defaultdict[tuple[str, str], list[str]] = defaultdict(list)

    def ids(self, channel_id: str, ts: str) -> tuple[str, ...]:
        """The event_ids that a message caused so far: posting, mention, edits, deletion."""
        return tuple(self._ids[channel_id, ts])

    def tell(self, change: Change) -> None:
        """Deliver what this change means to the app; nothing from where the bot is no member."""
        bot = self._workspace.bot.user_id
        match change:
            case HomeOpened():
                self._deliver(self._home_opened(change))
            case Posted(channel, message) if bot in channel.members:
                self._send(channel, message["ts"], _message(channel, message))
                if f"<@{bot}>" in message["text"] and not channel.is_im and "bot_id" not in message:
                    self._send(channel, message["ts"], _mention(channel, message))
            case Edited(channel, message, previous) if bot in channel.members:
                self._send(channel, message["ts"], self._changed(channel, message, previous))
            case Deleted(channel, previous) if bot in channel.members:
                self._send(channel, previous["ts"], self._deleted(channel, previous))
            case Reacted(channel, message, user, name) if bot in channel.members:
                self._deliver(
                    {
                        "type": "reaction_added",
                        "user": user,
                        "reaction": name,
                        "item": {"type": "message", "channel": channel.id, "ts": message["ts"]},
                        "item_user": message["user"],
                        "event_ts": self._workspace.clock.next(),
                    }
                )
            case Joined(channel, user) if bot in channel.members:
                self._deliver(
                    {
                        "type": "member_joined_channel",
                        "user": user,
                        "channel": channel.id,
                        "channel_type": "C",
                        "team": self._workspace.team.id,
                        "event_ts": self._workspace.clock.next(),
                    }
                )
            case _:
                pass

    def _send(self, channel: Channel, ts: str, event: JsonObject) -> None:
        self._ids[channel.id, ts].append(self._deliver(event))

    def _home_opened(self, opened: HomeOpened) -> JsonObject:
        event: JsonObject = {
            "type": "app_home_opened",
            "user": opened.user,
            "channel": opened.channel.id,
            "tab": opened.tab,
            "event_ts": self._workspace.clock.next(),
        }
        if opened.view is not None:
            event["view"] = opened.view
        return event

    def _changed(self, channel: Channel, message: JsonObject, previous: JsonObject) -> JsonObject:
        ts = self._workspace.clock.next()
        return {
            "type": "message",
            "subtype": "message_changed",
            "message": _public(message),
            "previous_message": _public(previous),
            "channel": channel.id,
            "hidden": True,
            "ts": ts,
            "event_ts": ts,
            "channel_type": channel.kind,
        }

    def _deleted(self, channel: Channel, previous: JsonObject) -> JsonObject:
        ts = self._workspace.clock.next()
        return {
            "type": "message",
            "subtype": "message_deleted",
            "previous_message": _public(previous),
            "deleted_ts": previous["ts"],
            "channel": channel.id,
            "hidden": True,
            "ts": ts,
            "event_ts": ts,
            "channel_type": channel.kind,
        }


def _public(message: JsonObject) -> JsonObject:
    return {key: value for key, value in message.items() if key != "metadata"}


def _message(channel: Channel, message: JsonObject) -> JsonObject:
    return _public(message) | {
        "channel": channel.id,
        "event_ts": message["ts"],
        "channel_type": channel.kind,
    }


def _mention(channel: Channel, message: JsonObject) -> JsonObject:
    kept = ("user", "ts", "client_msg_id", "text", "team", "thread_ts", "parent_user_id", "blocks")
    return {
        "type": "app_mention",
        **{key: message[key] for key in kept if key in message},
        "channel": channel.id,
        "event_ts": message["ts"],
    }
