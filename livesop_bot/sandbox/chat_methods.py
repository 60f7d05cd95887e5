"""Methods that write messages: chat.*, and reactions.add."""

from functools import partial
from typing import Any

from livesop_bot.sandbox.block_check import check_blocks, check_posted
from livesop_bot.sandbox.method import Method, flag, optional, required, structure
from livesop_bot.sandbox.people import Channel
from livesop_bot.sandbox.view_stack import with_ids
from livesop_bot.sandbox.wire import ApiError, JsonObject, is_ts
from livesop_bot.sandbox.workspace import Workspace

TEXT_LIMIT = 40_000
UPDATE_LIMIT = 4_000
"""Characters of text that chat.update takes."""


def methods(workspace: Workspace) -> dict[str, Method]:
    """The methods by name."""
    return {
        "chat.postMessage": Method(partial(_post, workspace), "chat:write"),
        "chat.update": Method(partial(_update, workspace), "chat:write"),
        "chat.delete": Method(partial(_delete, workspace), "chat:write"),
        "chat.postEphemeral": Method(partial(_post_ephemeral, workspace), "chat:write"),
        "chat.getPermalink": Method(partial(_permalink, workspace)),
        "reactions.add": Method(partial(_react, workspace), "reactions:write"),
    }


def content(args: JsonObject) -> tuple[str, JsonObject]:
    """Text and further fields (blocks, attachments) of a message to be written.

    Refuses with no_text, msg_too_long, invalid_blocks_format or invalid_blocks.
    """
    text = optional(args, "text") or ""
    if len(text) > TEXT_LIMIT:
        raise ApiError("msg_too_long")
    blocks: Any = structure(args, "blocks", "invalid_blocks_format")
    attachments: Any = structure(args, "attachments", "invalid_attachments")
    if not (text or blocks or attachments):
        raise ApiError("no_text")
    fields: JsonObject = {}
    if blocks:
        check_blocks(blocks, surface="message")
        fields["blocks"] = with_ids(blocks)
    if attachments:
        fields["attachments"] = attachments
    return text, fields


def _writable(workspace: Workspace, args: JsonObject) -> Channel:
    """The channel to write to, by id or name, or a person's direct messages."""
    target = required(args, "channel")
    if target in workspace.people:
        return workspace.direct_channel(target)
    for channel in workspace.channels.values():
        if not channel.is_im and channel.name == target.removeprefix("#"):
            target = channel.id
    channel = workspace.channel(target)
    if workspace.bot.user_id not in channel.members:
        raise ApiError("not_in_channel")
    return channel


def _thread(args: JsonObject) -> str | None:
    thread_ts = args.get("thread_ts")
    if thread_ts in (None, ""):
        return None
    if not is_ts(thread_ts):
        raise ApiError("invalid_thread_ts", f"{thread_ts} is not a valid thread_ts")
    return str(thread_ts)


def _metadata(args: JsonObject) -> JsonObject:
    metadata: Any = structure(args, "metadata", "invalid_metadata_format")
    if metadata is None:
        return {}
    if (
        not isinstance(metadata, dict)
        or not isinstance(metadata.get("event_type"), str)
        or not isinstance(metadata.get("event_payload"), dict)
    ):
        raise ApiError("invalid_metadata_format")
    return {"metadata": metadata}


def _post(workspace: Workspace, args: JsonObject) -> JsonObject:
    channel = _writable(workspace, args)
    text, fields = content(args)
    check_posted(fields.get("blocks", []))
    fields |= _metadata(args)
    thread_ts = _thread(args)
    if thread_ts is not None and flag(args, "reply_broadcast"):
        fields["subtype"] = "thread_broadcast"
    message = workspace.post(channel.id, workspace.bot.user_id, text, thread_ts=thread_ts, **fields)
    return {"channel": channel.id, "ts": message["ts"], "message": message}


def _own(workspace: Workspace, args: JsonObject, refusal: str) -> tuple[Channel, JsonObject]:
    channel = workspace.channel(required(args, "channel"))
    message = workspace.message(channel.id, required(args, "ts"))
    if message.get("bot_id") != workspace.bot.bot_id:
        raise ApiError(refusal)
    return channel, message


def _update(workspace: Workspace, args: JsonObject) -> JsonObject:
    """Text without blocks removes the blocks; blocks without text leave the text."""
    channel, message = _own(workspace, args, "cant_update_message")
    text, fields = content(args)
    if len(text) > UPDATE_LIMIT:
        raise ApiError("msg_too_long")
    check_posted(fields.get("blocks", []))
    fields |= _metadata(args)
    only_text = "blocks" not in fields and bool(text)
    message = workspace.edit(
        channel.id,
        message["ts"],
        by=workspace.bot.user_id if only_text else None,
        **({"blocks": None} if only_text else {}),
        **({"text": text} if text else {}),
        **fields,
    )
    return {
        "channel": channel.id,
        "ts": message["ts"],
        "text": message["text"],
        "message": message,
    }


def _delete(workspace: Workspace, args: JsonObject) -> JsonObject:
    channel, message = _own(workspace, args, "cant_delete_message")
    ts: str = message["ts"]
    workspace.delete(channel.id, ts)
    return {"channel": channel.id, "ts": ts}


def _post_ephemeral(workspace: Workspace, args: JsonObject) -> JsonObject:
    channel = _writable(workspace, args)
    user = required(args, "user")
    if user not in channel.members:
        raise ApiError("user_not_in_channel")
    text, fields = content(args)
    if (thread_ts := _thread(args)) is not None:
        fields["thread_ts"] = thread_ts
    message = workspace.ephemerals.show(channel, user, text, **fields)
    return {"message_ts": message["ts"]}


def _permalink(workspace: Workspace, args: JsonObject) -> JsonObject:
    channel = workspace.channel(required(args, "channel"))
    message = workspace.message(channel.id, required(args, "message_ts"))
    return {"channel": channel.id, "permalink": workspace.permalink(channel, message)}


def _react(workspace: Workspace, args: JsonObject) -> JsonObject:
    channel = workspace.channel(required(args, "channel"))
    message = workspace.message(channel.id, required(args, "timestamp"))
    workspace.react(channel.id, message["ts"], workspace.bot.user_id, required(args, "name"))
    return {}
