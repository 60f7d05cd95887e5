"""Everything that a page needs to begin with, as one person sees it."""

from dataclasses import asdict

from livesop_bot.sandbox.people import Bot, Channel, Person
from livesop_bot.sandbox.wire import JsonObject
from livesop_bot.sandbox.workspace import Workspace


def page_state(workspace: Workspace, me: Person, connections: int) -> JsonObject:
    """The workspace for `me`; `connections` is how many sockets the bot has open."""
    team, bot = workspace.team, workspace.bot
    workspace.direct_channel(me.id)
    visible = [c for c in workspace.channels.values() if not c.is_im or c.user == me.id]
    return {
        "started": workspace.started,
        "team": {"id": team.id, "name": team.name, "url": team.url},
        "me": _person(me),
        "users": [*(_person(person) for person in workspace.people.values()), _bot(bot)],
        "channels": [_channel(channel, me) for channel in visible],
        "messages": {channel.id: list(channel.messages.values()) for channel in visible},
        "ephemerals": [
            {"channel": shown.channel.id, "user": me.id, "message": shown.message}
            for shown in workspace.ephemerals.values()
            if shown.user == me.id
        ],
        "home": workspace.views.homes.get(me.id),
        "bot": {"user_id": bot.user_id, "name": bot.name, "connections": connections},
        "commands": [asdict(command) for command in workspace.commands],
        "shortcuts": [asdict(shortcut) for shortcut in workspace.shortcuts],
        "tour": [asdict(stop) for stop in workspace.tour],
    }


def _person(person: Person) -> JsonObject:
    return {
        "id": person.id,
        "name": person.name,
        "real_name": person.real_name,
        "title": person.title,
        "is_admin": person.is_admin,
        "is_bot": False,
        "color": person.color,
        "initials": person.initials,
    }


def _bot(bot: Bot) -> JsonObject:
    return {
        "id": bot.user_id,
        "name": bot.name,
        "real_name": bot.real_name,
        "title": "App",
        "is_admin": False,
        "is_bot": True,
        "color": bot.color,
        "initials": bot.real_name[:2].upper(),
    }


def _channel(channel: Channel, me: Person) -> JsonObject:
    return {
        "id": channel.id,
        "name": channel.name,
        "topic": channel.topic,
        "is_im": channel.is_im,
        "is_member": me.id in channel.members,
    }
