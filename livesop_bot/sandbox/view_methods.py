"""Methods that show modals and Home tabs: views.*."""

from functools import partial
from typing import Any

from livesop_bot.sandbox.block_check import check_view
from livesop_bot.sandbox.method import Method, optional, required, structure
from livesop_bot.sandbox.view_stack import Triggers, Views
from livesop_bot.sandbox.wire import ApiError, JsonObject
from livesop_bot.sandbox.workspace import Workspace


def methods(views: Views, triggers: Triggers, workspace: Workspace) -> dict[str, Method]:
    """The methods by name."""
    return {
        "views.open": Method(partial(_open, views, triggers)),
        "views.push": Method(partial(_push, views, triggers)),
        "views.update": Method(partial(_update, views)),
        "views.publish": Method(partial(_publish, workspace)),
    }


def _view(args: JsonObject) -> JsonObject:
    view: Any = structure(args, "view", "invalid_arguments")
    if not isinstance(view, dict):
        raise ApiError("invalid_arguments", "missing required field: view")
    check_view(view)
    return view


def _open(views: Views, triggers: Triggers, args: JsonObject) -> JsonObject:
    view = _modal(args)
    return {"view": views.open(triggers.exchange(args.get("trigger_id")), view)}


def _push(views: Views, triggers: Triggers, args: JsonObject) -> JsonObject:
    view = _modal(args)
    return {"view": views.push(triggers.exchange(args.get("trigger_id")), view)}


def _modal(args: JsonObject) -> JsonObject:
    view = _view(args)
    if view["type"] != "modal":
        raise ApiError("invalid_arguments", "only a view of type modal can be opened")
    return view


def _update(views: Views, args: JsonObject) -> JsonObject:
    view = _view(args)
    return {
        "view": views.update(
            view,
            view_id=optional(args, "view_id"),
            external_id=optional(args, "external_id"),
            view_hash=optional(args, "hash"),
        )
    }


def _publish(workspace: Workspace, args: JsonObject) -> JsonObject:
    person = workspace.person(required(args, "user_id"))
    view = _view(args)
    if view["type"] != "home":
        raise ApiError("invalid_arguments", "only a view of type home can be published")
    return {"view": workspace.views.publish(person.id, view, view_hash=optional(args, "hash"))}
