"""Messages and who hears of them."""

import asyncio

import pytest

from livesop_bot.sandbox.changes import Change, Deleted, Edited, Grown, Posted
from livesop_bot.sandbox.demo import ADA, BUGS, GRACE, SUPPORT
from livesop_bot.sandbox.wire import ApiError, TsClock, is_ts, new_id
from livesop_bot.sandbox.workspace import Workspace


def test_a_ts_is_never_given_twice_and_always_grows() -> None:
    clock = TsClock(now=lambda: 1_700_000_000.0001)
    given = [clock.next() for _ in range(3)]
    assert given == ["1700000000.000100", "1700000000.000101", "1700000000.000102"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1700000000.000100", True), ("1700000000", False), ("a.b", False), (1.5, False), ("", False)],
)
def test_a_ts_is_known_by_its_form(value: object, expected: bool) -> None:
    assert is_ts(value) is expected


def test_ids_look_like_slacks() -> None:
    made = new_id("C")
    assert made[0] == "C"
    assert len(made) == 11
    assert made.isalnum()
    assert made.isupper()


def test_a_reply_makes_its_parent_grow(workspace: Workspace, changes: list[Change]) -> None:
    root = workspace.post(SUPPORT, GRACE, "root")
    reply = workspace.post(SUPPORT, ADA, "reply", thread_ts=root["ts"])
    assert [type(change) for change in changes] == [Posted, Posted, Grown]
    assert reply["parent_user_id"] == GRACE
    assert (root["reply_count"], root["reply_users"]) == (1, [ADA])
    assert root["latest_reply"] == reply["ts"]


def test_a_reply_to_a_reply_belongs_to_the_thread(workspace: Workspace) -> None:
    root = workspace.post(SUPPORT, GRACE, "root")
    reply = workspace.post(SUPPORT, ADA, "reply", thread_ts=root["ts"])
    second = workspace.post(SUPPORT, ADA, "again", thread_ts=reply["ts"])
    assert second["thread_ts"] == root["ts"]
    assert root["reply_count"] == 2


def test_a_reply_without_a_parent_is_kept(workspace: Workspace) -> None:
    reply = workspace.post(SUPPORT, ADA, "reply", thread_ts="1.000001")
    assert reply["thread_ts"] == "1.000001"
    assert "parent_user_id" not in reply


def test_a_deleted_message_is_gone(workspace: Workspace, changes: list[Change]) -> None:
    ts = workspace.post(SUPPORT, GRACE, "x")["ts"]
    workspace.delete(SUPPORT, ts)
    assert ts not in workspace.channel(SUPPORT).messages
    assert type(changes[-1]) is Deleted


def test_a_deleted_parent_leaves_a_tombstone_while_it_has_replies(
    workspace: Workspace, changes: list[Change]
) -> None:
    root = workspace.post(SUPPORT, GRACE, "secret")
    reply = workspace.post(SUPPORT, ADA, "reply", thread_ts=root["ts"])
    workspace.delete(SUPPORT, root["ts"])
    change = changes[-1]
    assert isinstance(change, Edited)
    assert change.previous["text"] == "secret"
    assert change.message["subtype"] == "tombstone"
    assert change.message["text"] == "This message was deleted."
    assert change.message["reply_count"] == 1
    workspace.delete(SUPPORT, reply["ts"])
    assert "reply_count" not in root


def test_history_that_was_there_before_is_not_announced(
    workspace: Workspace, changes: list[Change]
) -> None:
    workspace.post(SUPPORT, GRACE, "old", ts="1.000001", silent=True)
    assert changes == []


def test_an_unknown_channel_is_refused(workspace: Workspace) -> None:
    with pytest.raises(ApiError, match="channel_not_found"):
        workspace.post("C0NOWHERE", GRACE, "x")


async def test_one_can_wait_for_a_message_there_to_come_or_edited(workspace: Workspace) -> None:
    there = workspace.post(SUPPORT, GRACE, "there")
    found = await workspace.wait_for_message(lambda m: m["text"] == "there", 1, channel=SUPPORT)
    assert found is there

    coming = asyncio.create_task(workspace.wait_for_message(lambda m: m["text"] == "new"))
    await asyncio.sleep(0)
    workspace.post(BUGS, GRACE, "old")
    workspace.edit(SUPPORT, there["ts"], by=GRACE, text="new")
    assert (await coming)["ts"] == there["ts"]


async def test_waiting_ends_and_looks_only_where_it_should(workspace: Workspace) -> None:
    workspace.post(BUGS, GRACE, "there")
    with pytest.raises(TimeoutError):
        await workspace.wait_for_message(lambda m: m["text"] == "there", 0.01, channel=SUPPORT)
