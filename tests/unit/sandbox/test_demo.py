"""The demo workspace is whole."""

import re
from dataclasses import asdict

from livesop_bot.sandbox.changes import Change
from livesop_bot.sandbox.demo import COMMANDS, GENERAL, SHORTCUTS
from livesop_bot.sandbox.web_api import BOT_SCOPES
from livesop_bot.sandbox.wire import is_ts
from livesop_bot.sandbox.workspace import Workspace
from livesop_bot.slack.manifest import manifest


def test_every_id_looks_like_slacks(workspace: Workspace) -> None:
    bot = workspace.bot
    ids = [workspace.team.id, bot.user_id, bot.bot_id, bot.app_id]
    ids += [*workspace.people, *workspace.channels]
    assert [i for i in ids if not re.fullmatch(r"[TUBACD][A-Z0-9]{8,10}", i)] == []
    assert len(set(ids)) == len(ids)


def test_one_person_is_an_admin(workspace: Workspace) -> None:
    assert [person.is_admin for person in workspace.people.values()].count(True) == 1


def test_history_is_in_order_and_in_the_past(workspace: Workspace) -> None:
    now = workspace.clock.next()
    for channel in workspace.channels.values():
        stamps = list(channel.messages)
        assert stamps == sorted(stamps)
        assert all(is_ts(ts) and ts < now for ts in stamps)
    assert workspace.channel(GENERAL).messages


def test_the_tours_messages_can_be_sent(workspace: Workspace, changes: list[Change]) -> None:
    for stop in workspace.tour:
        assert stop.note
        assert stop.user in workspace.channel(stop.channel).members
        workspace.post(stop.channel, stop.user, stop.text)
    assert len(changes) == len(workspace.tour) == 5


def test_the_app_is_installed_as_its_manifest_says() -> None:
    said = manifest()
    features = said["features"]
    assert [asdict(one) for one in SHORTCUTS] == [
        {"name": one["name"], "callback_id": one["callback_id"]} for one in features["shortcuts"]
    ]
    assert [asdict(one) for one in COMMANDS] == [
        {name: one[name] for name in ("command", "description", "usage_hint")}
        for one in features["slash_commands"]
    ]
    assert list(BOT_SCOPES) == said["oauth_config"]["scopes"]["bot"]
