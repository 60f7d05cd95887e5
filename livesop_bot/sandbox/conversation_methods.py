"""Methods about channels and what was said in them: conversations.*."""

from collections.abc import Iterable
from functools import partial

from livesop_bot.sandbox.method import Method, flag, optional, page, required
from livesop_bot.sandbox.people import Channel
from livesop_bot.sandbox.wire import ApiError, JsonObject
from livesop_bot.sandbox.workspace import Workspace


def methods(workspace: Workspace) -> dict[str, Method]:
    """The methods by name."""
    return {
        "conversations.list": Method(partial(_list, workspace), "channels:read"),
        "users.conversations": Method(partial(_mine, workspace), "channels:read"),
        "conversations.info": Method(partial(_info, workspace), "channels:read"),
        "conversations.history": Method(partial(_history, workspace), "channels:history"),
        "conversations.replies": Method(partial(_replies, workspace), "channels:history"),
        "conversations.members": Method(partial(_members, workspace), "channels:read"),
        "conversations.join": Method(partial(_join, workspace), "channels:join"),
        "conversations.open": Method(partial(_open, workspace), "im:write"),
    }


def _list(workspace: Workspace, args: JsonObject) -> JsonObject:
    return _listed(workspace, list(workspace.channels.values()), args)


def _mine(workspace: Workspace, args: JsonObject) -> JsonObject:
    user = optional(args, "user") or workspace.bot.user_id
    member_of = [channel for channel in workspace.channels.values() if user in channel.members]
    return _listed(workspace, member_of, args)


def _listed(workspace: Workspace, channels: list[Channel], args: JsonObject) -> JsonObject:
    kinds = set((optional(args, "types") or "public_channel").replace(" ", "").split(","))
    if unknown := kinds - {"public_channel", "private_channel", "mpim", "im"}:
        raise ApiError("invalid_types", f"unknown types: {sorted(unknown)}")
    chosen = [
        channel for channel in channels if ("im" if channel.is_im else "public_channel") in kinds
    ]
    part, cursor = page(chosen, args, default=100)
    me = workspace.bot.user_id
    return {
        "channels": [channel.json(me) for channel in part],
        "response_metadata": {"next_cursor": cursor},
    }


def _info(workspace: Workspace, args: JsonObject) -> JsonObject:
    channel = workspace.channel(required(args, "channel"))
    return {"channel": channel.json(workspace.bot.user_id)}


def _history(workspace: Workspace, args: JsonObject) -> JsonObject:
    channel = _readable(workspace, args)
    roots = (
        message
        for message in channel.messages.values()
        if message.get("thread_ts", message["ts"]) == message["ts"]
        or message.get("subtype") == "thread_broadcast"
    )
    newest_first = sorted(_between(roots, args), key=lambda message: message["ts"], reverse=True)
    return _told(newest_first, args) | {"pin_count": 0}


def _replies(workspace: Workspace, args: JsonObject) -> JsonObject:
    channel = _readable(workspace, args)
    asked = channel.messages.get(required(args, "ts"))
    if asked is None:
        raise ApiError("thread_not_found")
    replies = channel.replies.get(asked["ts"], [])
    return _told([asked, *_between(replies, args)], args)


def _readable(workspace: Workspace, args: JsonObject) -> Channel:
    channel = workspace.channel(required(args, "channel"))
    if workspace.bot.user_id not in channel.members:
        raise ApiError("not_in_channel")
    return channel


def _between(messages: Iterable[JsonObject], args: JsonObject) -> list[JsonObject]:
    """Those from `oldest` to `latest`; the bounds themselves only with `inclusive`."""
    bounds = {}
    for name, default in (("oldest", "0"), ("latest", "99999999999")):
        try:
            bounds[name] = float(optional(args, name) or default)
        except ValueError:
            raise ApiError(f"invalid_ts_{name}") from None
    oldest, latest = _micros(bounds["oldest"]), _micros(bounds["latest"])
    if flag(args, "inclusive"):
        oldest, latest = oldest - 1, latest + 1
    return [m for m in messages if oldest < _micros(float(m["ts"])) < latest]


def _micros(seconds: float) -> int:
    return round(seconds * 1_000_000)


def _told(messages: list[JsonObject], args: JsonObject) -> JsonObject:
    part, cursor = page(messages, args, default=100)
    if not flag(args, "include_all_metadata"):
        part = [{k: v for k, v in message.items() if k != "metadata"} for message in part]
    told: JsonObject = {"messages": part, "has_more": bool(cursor)}
    return told | ({"response_metadata": {"next_cursor": cursor}} if cursor else {})


def _members(workspace: Workspace, args: JsonObject) -> JsonObject:
    channel = workspace.channel(required(args, "channel"))
    members, cursor = page(sorted(channel.members), args, default=100)
    return {"members": members, "response_metadata": {"next_cursor": cursor}}


def _join(workspace: Workspace, args: JsonObject) -> JsonObject:
    channel = workspace.channel(required(args, "channel"))
    if channel.is_im:
        raise ApiError("method_not_supported_for_channel_type")
    workspace.join(channel.id, workspace.bot.user_id)
    return {"channel": channel.json(workspace.bot.user_id)}


def _open(workspace: Workspace, args: JsonObject) -> JsonObject:
    if channel_id := optional(args, "channel"):
        return {"channel": workspace.channel(channel_id).json(workspace.bot.user_id)}
    channel = workspace.direct_channel(required(args, "users"))
    return {
        "channel": channel.json(workspace.bot.user_id)
        if flag(args, "return_im")
        else {"id": channel.id}
    }
