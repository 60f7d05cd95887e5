"""Which events a change causes, and their shapes."""

from itertools import count
from typing import Any

import pytest

from livesop_bot.sandbox.demo import ADA, GRACE, SUPPORT
from livesop_bot.sandbox.events import Events, event_callback
from livesop_bot.sandbox.workspace import Workspace


@pytest.fixture
def events(workspace: Workspace) -> list[dict[str, Any]]:
    """The inner events that were delivered, with the ids Ev1, Ev2 …"""
    delivered: list[dict[str, Any]] = []
    numbers = count(1)

    def deliver(event: dict[str, Any]) -> str:
        delivered.append(event)
        return f"Ev{next(numbers)}"

    workspace.listen(Events(workspace, deliver).tell)
    return delivered


def kinds(events: list[dict[str, Any]]) -> list[tuple[str, str | None]]:
    return [(event["type"], event.get("subtype")) for event in events]


def test_a_mention_is_told_twice(workspace: Workspace, events: list[dict[str, Any]]) -> None:
    ts = workspace.post(SUPPORT, GRACE, f"<@{workspace.bot.user_id}> help")["ts"]
    assert kinds(events) == [("message", None), ("app_mention", None)]
    assert [event["ts"] for event in events] == [ts, ts]
    assert "channel_type" not in events[1]


def test_direct_messages_are_of_their_own_type(
    workspace: Workspace, events: list[dict[str, Any]]
) -> None:
    channel = workspace.direct_channel(GRACE)
    workspace.post(channel.id, GRACE, f"<@{workspace.bot.user_id}> help")
    assert [(event["type"], event["channel_type"]) for event in events] == [("message", "im")]


def test_the_bots_own_posts_come_back(workspace: Workspace, events: list[dict[str, Any]]) -> None:
    metadata = {"event_type": "x", "event_payload": {}}
    bot = workspace.bot
    workspace.post(SUPPORT, bot.user_id, f"<@{bot.user_id}>", metadata=metadata)
    (event,) = events
    assert (event["bot_id"], event["app_id"]) == (bot.bot_id, bot.app_id)
    assert "client_msg_id" not in event
    assert "metadata" not in event


def test_edits_and_deletions(workspace: Workspace, events: list[dict[str, Any]]) -> None:
    ts = workspace.post(SUPPORT, GRACE, "one")["ts"]
    workspace.edit(SUPPORT, ts, by=GRACE, text="two")
    workspace.delete(SUPPORT, ts)
    changed, deleted = events[1:]
    assert (changed["subtype"], changed["channel_type"]) == ("message_changed", "channel")
    assert (changed["message"]["ts"], changed["message"]["text"]) == (ts, "two")
    assert changed["message"]["edited"]["user"] == GRACE
    assert changed["previous_message"]["text"] == "one"
    assert changed["ts"] > ts
    assert (deleted["subtype"], deleted["deleted_ts"]) == ("message_deleted", ts)
    assert deleted["previous_message"]["text"] == "two"


def test_a_thread_that_grows_is_no_event(
    workspace: Workspace, events: list[dict[str, Any]]
) -> None:
    root = workspace.post(SUPPORT, GRACE, "root")
    workspace.post(SUPPORT, ADA, "reply", thread_ts=root["ts"])
    assert kinds(events) == [("message", None), ("message", None)]
    assert events[1]["thread_ts"] == root["ts"]


def test_a_deleted_parent_is_told_as_a_tombstone(
    workspace: Workspace, events: list[dict[str, Any]]
) -> None:
    root = workspace.post(SUPPORT, GRACE, "root")
    workspace.post(SUPPORT, ADA, "reply", thread_ts=root["ts"])
    workspace.delete(SUPPORT, root["ts"])
    assert events[-1]["subtype"] == "message_changed"
    assert events[-1]["message"]["subtype"] == "tombstone"


def test_where_the_bot_is_no_member_it_hears_nothing(
    workspace: Workspace, events: list[dict[str, Any]]
) -> None:
    workspace.add_channel("C0SECRET01", "secret", members={ADA})
    ts = workspace.post("C0SECRET01", ADA, f"<@{workspace.bot.user_id}>")["ts"]
    workspace.react("C0SECRET01", ts, ADA, "eyes")
    workspace.delete("C0SECRET01", ts)
    workspace.ephemerals.show(workspace.channel(SUPPORT), ADA, "x")
    assert events == []
    workspace.join("C0SECRET01", workspace.bot.user_id)
    assert kinds(events) == [("member_joined_channel", None)]


def test_reactions_and_tabs_are_told(workspace: Workspace, events: list[dict[str, Any]]) -> None:
    ts = workspace.post(SUPPORT, GRACE, "x")["ts"]
    workspace.react(SUPPORT, ts, ADA, "eyes")
    workspace.open_home(ADA)
    workspace.open_home(ADA, "messages")
    assert [event["type"] for event in events[1:]] == [
        "reaction_added",
        "app_home_opened",
        "app_home_opened",
    ]
    assert events[1]["item"] == {"type": "message", "channel": SUPPORT, "ts": ts}
    assert [event["tab"] for event in events[2:]] == ["home", "messages"]


def test_the_ids_of_a_messages_events_are_known(workspace: Workspace) -> None:
    numbers = count(1)
    events = Events(workspace, lambda _: f"Ev{next(numbers)}")
    workspace.listen(events.tell)
    ts = workspace.post(SUPPORT, GRACE, f"<@{workspace.bot.user_id}>")["ts"]
    workspace.edit(SUPPORT, ts, by=GRACE, text="x")
    assert events.ids(SUPPORT, ts) == ("Ev1", "Ev2", "Ev3")
    assert events.ids(SUPPORT, "1.000001") == ()


def test_the_outer_object_names_the_installing_team(workspace: Workspace) -> None:
    callback = event_callback(workspace, {"type": "x"}, "Ev1")
    assert callback["authorizations"][0]["team_id"] == callback["team_id"] == workspace.team.id
    assert (callback["event_id"], callback["event"]) == ("Ev1", {"type": "x"})
    assert isinstance(callback["event_time"], int)
