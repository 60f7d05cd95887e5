"""Methods about who and where: auth.test, users, bots, team."""

from functools import partial

from livesop_bot.sandbox.method import Method, page, required
from livesop_bot.sandbox.wire import ApiError, JsonObject
from livesop_bot.sandbox.workspace import Workspace


def methods(workspace: Workspace) -> dict[str, Method]:
    """The methods by name."""
    return {
        "api.test": Method(lambda args: {"args": args}),
        "auth.test": Method(partial(_auth_test, workspace)),
        "bots.info": Method(partial(_bots_info, workspace), "users:read"),
        "usergroups.users.list": Method(partial(_group_members, workspace), "usergroups:read"),
        "team.info": Method(partial(_team_info, workspace), "team:read"),
        "users.info": Method(partial(_users_info, workspace), "users:read"),
        "users.list": Method(partial(_users_list, workspace), "users:read"),
    }


def _auth_test(workspace: Workspace, _: JsonObject) -> JsonObject:
    return {
        "url": workspace.team.url,
        "team": workspace.team.name,
        "user": workspace.bot.name,
        "team_id": workspace.team.id,
        "user_id": workspace.bot.user_id,
        "bot_id": workspace.bot.bot_id,
        "is_enterprise_install": False,
    }


def _bots_info(workspace: Workspace, args: JsonObject) -> JsonObject:
    if args.get("bot", workspace.bot.bot_id) != workspace.bot.bot_id:
        raise ApiError("bot_not_found")
    profile = workspace.bot.profile(workspace.team)
    del profile["team_id"]
    return {"bot": profile | {"user_id": workspace.bot.user_id}}


def _team_info(workspace: Workspace, _: JsonObject) -> JsonObject:
    team = workspace.team
    return {
        "team": {
            "id": team.id,
            "name": team.name,
            "url": team.url,
            "domain": team.domain,
            "email_domain": "",
            "icon": {"image_default": True},
        }
    }


def _users_info(workspace: Workspace, args: JsonObject) -> JsonObject:
    user_id = required(args, "user")
    if user_id == workspace.bot.user_id:
        return {"user": workspace.bot.json(workspace.team)}
    return {"user": workspace.person(user_id).json(workspace.team)}


def _group_members(workspace: Workspace, args: JsonObject) -> JsonObject:
    group = workspace.groups.get(required(args, "usergroup"))
    if group is None:
        raise ApiError("no_such_subteam")
    return {"users": sorted(group)}


def _users_list(workspace: Workspace, args: JsonObject) -> JsonObject:
    everybody = [person.json(workspace.team) for person in workspace.people.values()]
    members, cursor = page([*everybody, workspace.bot.json(workspace.team)], args, default=200)
    return {"members": members, "response_metadata": {"next_cursor": cursor}}
