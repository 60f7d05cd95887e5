"""Home tabs and stacks of modals."""

from typing import Any

import pytest

from livesop_bot.sandbox.changes import Change, ViewClosed
from livesop_bot.sandbox.demo import ADA, GRACE
from livesop_bot.sandbox.view_stack import Triggers, with_ids
from livesop_bot.sandbox.wire import ApiError
from livesop_bot.sandbox.workspace import Workspace


def modal(**fields: Any) -> dict[str, Any]:
    return {"type": "modal", "title": {}, "blocks": [{"type": "divider"}], **fields}


def test_a_stack_is_three_views_high(workspace: Workspace) -> None:
    views = workspace.views
    root = views.open(ADA, modal())
    second = views.push(ADA, modal())
    third = views.push(ADA, modal())
    assert {second["root_view_id"], third["root_view_id"]} == {root["id"]}
    assert third["previous_view_id"] == second["id"]
    with pytest.raises(ApiError, match="push_limit_reached"):
        views.push(ADA, modal())


def test_nothing_is_pushed_on_nothing(workspace: Workspace) -> None:
    with pytest.raises(ApiError, match="not_found"):
        workspace.views.push(ADA, modal())


def test_closing_takes_what_lies_on_top_along(workspace: Workspace, changes: list[Change]) -> None:
    views = workspace.views
    root = views.open(ADA, modal())
    second = views.push(ADA, modal())
    views.push(ADA, modal())
    views.close(ADA, second["id"])
    assert [view["id"] for view in views.stacks[ADA]] == [root["id"]]
    assert changes[-1] == ViewClosed(ADA, second["id"], False)
    assert [view["id"] for view in views.close(ADA, root["id"])] == [root["id"]]
    assert changes[-1] == ViewClosed(ADA, root["id"], True)
    assert views.close(ADA, root["id"]) == []


def test_clear_on_close_takes_the_whole_stack(workspace: Workspace) -> None:
    views = workspace.views
    views.open(ADA, modal())
    top = views.push(ADA, modal(clear_on_close=True))
    views.close(ADA, top["id"])
    assert views.stacks[ADA] == []


def test_an_update_keeps_the_id_and_changes_the_hash(workspace: Workspace) -> None:
    views = workspace.views
    made = views.open(ADA, modal(external_id="e"))
    by_id = views.update(modal(external_id="e"), view_id=made["id"], view_hash=made["hash"])
    by_name = views.update(modal(external_id="e"), external_id="e")
    assert made["id"] == by_id["id"] == by_name["id"]
    assert len({made["hash"], by_id["hash"], by_name["hash"]}) == 3
    with pytest.raises(ApiError, match="hash_conflict"):
        views.update(modal(), view_id=made["id"], view_hash=made["hash"])
    with pytest.raises(ApiError, match="not_found"):
        views.update(modal(), view_id="V0NOTHING")


def test_a_home_tab_is_updated_by_its_id_too(workspace: Workspace) -> None:
    home = {"type": "home", "blocks": [{"type": "divider"}]}
    made = workspace.views.publish(ADA, home)
    assert workspace.views.update(home, view_id=made["id"])["id"] == made["id"]
    assert workspace.views.find(ADA, made["id"])["hash"] != made["hash"]


def test_an_external_id_is_given_once(workspace: Workspace) -> None:
    workspace.views.open(ADA, modal(external_id="e"))
    with pytest.raises(ApiError, match="duplicate_external_id"):
        workspace.views.open(GRACE, modal(external_id="e"))


def test_a_view_is_found_only_by_who_sees_it(workspace: Workspace) -> None:
    made = workspace.views.open(ADA, modal())
    assert workspace.views.find(ADA, made["id"]) is made
    with pytest.raises(ApiError, match="not_found"):
        workspace.views.find(GRACE, made["id"])


def test_a_trigger_belongs_to_one_person_and_one_view() -> None:
    triggers = Triggers(life=60)
    trigger = triggers.issue(ADA)
    assert triggers.exchange(trigger) == ADA
    with pytest.raises(ApiError, match="exchanged_trigger_id"):
        triggers.exchange(trigger)
    with pytest.raises(ApiError, match="invalid_trigger_id"):
        triggers.exchange("1.2.3")


def test_an_old_trigger_is_expired() -> None:
    triggers = Triggers(life=0)
    trigger = triggers.issue(ADA)
    with pytest.raises(ApiError, match="expired_trigger_id"):
        triggers.exchange(trigger)


def test_blocks_get_the_ids_that_the_app_left_out() -> None:
    given: list[dict[str, Any]] = [
        {"type": "actions", "elements": [{"type": "button"}, {"type": "button", "action_id": "a"}]},
        {"type": "section", "block_id": "b", "accessory": {"type": "image"}},
    ]
    first, second = with_ids(given)
    assert first["block_id"]
    assert first["elements"][0]["action_id"]
    assert first["elements"][1]["action_id"] == "a"
    assert second == given[1]
    assert "block_id" not in given[0], "the app's own objects stay as they were"
