"""Interactions: what people do with the app's commands, buttons and modals, told to the app."""

import time
from collections.abc import Mapping
from typing import Any

from livesop_bot.sandbox.block_check import check_view
from livesop_bot.sandbox.deliveries import Outcome
from livesop_bot.sandbox.response_urls import Place, ResponseUrls
from livesop_bot.sandbox.socket_mode import SocketMode
from livesop_bot.sandbox.view_stack import Triggers
from livesop_bot.sandbox.wire import ApiError, JsonObject
from livesop_bot.sandbox.workspace import Workspace


class Interactions:
    """Builds Slack's payloads, sends them, and does what the ack says.

    Refuses with dispatch_failed where no socket is open, and with operation_timeout where no ack
    comes within the deadline, as Slack words it to people.
    """

    def __init__(
        self,
        workspace: Workspace,
        socket_mode: SocketMode,
        triggers: Triggers,
        response_urls: ResponseUrls,
    ) -> None:
        self._workspace, self._socket_mode = workspace, socket_mode
        self._triggers, self._response_urls = triggers, response_urls

    async def command(self, user_id: str, channel_id: str, line: str) -> None:
        """Run a slash command line such as `/livesop status`."""
        person, channel = self._workspace.person(user_id), self._workspace.channel(channel_id)
        name, _, text = line.strip().partition(" ")
        if name not in {command.command for command in self._workspace.commands}:
            raise ApiError("unknown_command")
        place = Place(channel=channel.id, user=user_id)
        outcome = await self._request(
            "slash_commands",
            {
                "token": "sandbox-verification-token",
                "team_id": self._workspace.team.id,
                "team_domain": self._workspace.team.domain,
                "channel_id": channel.id,
                "channel_name": "directmessage" if channel.is_im else channel.name,
                "user_id": user_id,
                "user_name": person.name,
                "command": name,
                "text": text.strip(),
                "api_app_id": self._workspace.bot.app_id,
                "is_enterprise_install": "false",
                "response_url": self._response_urls.issue(place),
                "trigger_id": self._triggers.issue(user_id),
            },
        )
        if outcome.response and (outcome.response.get("text") or outcome.response.get("blocks")):
            self._response_urls.apply(place, outcome.response)

    async def block_action(
        self,
        user_id: str,
        container: Mapping[str, Any],
        action: JsonObject,
        state: JsonObject | None = None,
    ) -> None:
        """Press, pick or type in an element of a message or a view."""
        payload = self._payload("block_actions", user_id)
        action = {**action, "action_ts": self._workspace.clock.next()}
        payload |= {"actions": [action], "state": state or {"values": {}}}
        if container.get("type") == "view":
            view = self._workspace.views.find(user_id, container.get("view_id"))
            payload["container"] = {"type": "view", "view_id": view["id"]}
            payload["view"] = view | {"state": payload.pop("state")}
        else:
            payload |= self._on_message(user_id, container)
        await self._request("interactive", payload)

    def _on_message(self, user_id: str, container: Mapping[str, Any]) -> JsonObject:
        ts = container.get("ts")
        shown = self._workspace.ephemerals.get(str(ts))
        if shown is not None and shown.user == user_id:
            channel, message, ephemeral = shown.channel, shown.message, True
        else:
            channel = self._workspace.channel(container.get("channel"))
            message, ephemeral = self._workspace.message(channel.id, ts), False
        thread_ts = message.get("thread_ts")
        place = Place(
            channel=channel.id,
            user=user_id,
            message_ts=message["ts"],
            thread_ts=thread_ts,
            is_ephemeral=ephemeral,
        )
        where: JsonObject = {
            "type": "message",
            "message_ts": message["ts"],
            "channel_id": channel.id,
            "is_ephemeral": ephemeral,
        }
        if thread_ts is not None:
            where["thread_ts"] = thread_ts
        told = {
            "container": where,
            "channel": self._channel(channel.id),
            "response_url": self._response_urls.issue(place),
        }
        return told if ephemeral else told | {"message": message}

    async def message_shortcut(
        self, user_id: str, channel_id: str, ts: str, callback_id: str
    ) -> None:
        """Choose a shortcut from a message's menu."""
        message = self._workspace.message(channel_id, ts)
        place = Place(channel=channel_id, user=user_id, thread_ts=message.get("thread_ts"))
        payload = self._payload("message_action", user_id)
        payload |= {
            "callback_id": callback_id,
            "action_ts": self._workspace.clock.next(),
            "message_ts": ts,
            "message": message,
            "channel": self._channel(channel_id),
            "response_url": self._response_urls.issue(place),
        }
        await self._request("interactive", payload)

    async def submit(self, user_id: str, view_id: str, values: JsonObject) -> dict[str, str]:
        """Submit a modal; returns the errors by block_id, empty where the app took it."""
        view = self._workspace.views.find(user_id, view_id)
        payload = self._payload("view_submission", user_id)
        payload |= {"view": view | {"state": {"values": values}}, "response_urls": []}
        outcome = await self._request("interactive", payload)
        response = outcome.response or {}
        match response.get("response_action"):
            case "errors":
                errors: dict[str, str] = response.get("errors") or {}
                inputs = {one["block_id"] for one in view["blocks"] if one["type"] == "input"}
                if not errors or not inputs.issuperset(errors):
                    raise ApiError("invalid_response_action", "errors name no input blocks")
                return errors
            case "update":
                self._workspace.views.update(_checked(response), view_id=view_id)
            case "push":
                self._workspace.views.push(user_id, _checked(response))
            case "clear":
                self._workspace.views.close(user_id, view_id, clear=True)
            case None:
                self._workspace.views.close(user_id, view_id)
            case other:
                raise ApiError("invalid_response_action", f"unknown response_action {other!r}")
        return {}

    async def close(self, user_id: str, view_id: str, *, clear: bool = False) -> None:
        """Close a modal by its button or cross; the app hears of it where it wanted to."""
        for view in self._workspace.views.close(user_id, view_id, clear=clear):
            if view["notify_on_close"]:
                payload = self._payload("view_closed", user_id)
                payload |= {"view": view, "is_cleared": clear}
                await self._socket_mode.request("interactive", payload)  # closed either way

    def _channel(self, channel_id: str) -> JsonObject:
        channel = self._workspace.channel(channel_id)
        return {"id": channel.id, "name": "directmessage" if channel.is_im else channel.name}

    def _payload(self, kind: str, user_id: str) -> JsonObject:
        person, team = self._workspace.person(user_id), self._workspace.team
        return {
            "type": kind,
            "token": "sandbox-verification-token",
            "action_ts": f"{time.time():.6f}",
            "team": {"id": team.id, "domain": team.domain},
            "user": {
                "id": person.id,
                "username": person.name,
                "name": person.name,
                "team_id": team.id,
            },
            "api_app_id": self._workspace.bot.app_id,
            "trigger_id": self._triggers.issue(user_id),
            "enterprise": None,
            "is_enterprise_install": False,
        }

    async def _request(self, kind: str, payload: JsonObject) -> Outcome:
        outcome = await self._socket_mode.request(kind, payload)
        if not outcome.acked:
            raise ApiError("operation_timeout" if outcome.attempts else "dispatch_failed")
        return outcome


def _checked(response: JsonObject) -> JsonObject:
    view: JsonObject = response.get("view") or {}
    check_view(view)
    return view
