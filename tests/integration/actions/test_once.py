"""What every kind of action promises the ledger, so that it happens once, whatever goes wrong."""

import json
from datetime import timedelta
from typing import Any

import pytest

from livesop_bot.domain.actions import ActionRequest
from livesop_bot.errors import ActionDelayed, ActionInDoubt, ActionRefused, CannotTell
from livesop_bot.sandbox.faults import (
    AnswerError,
    AnswerStatus,
    HandledUnanswered,
    NeverHandled,
    RateLimited,
)

LONG_AGO = timedelta(hours=1)
"""Long enough for any index to have caught up."""


async def again(act: Any) -> None:
    """What the ledger does in doubt: look, and perform only what is surely not there."""
    if await act.find(ago=LONG_AGO) is None:
        await act.perform()


async def test_it_happens_and_leaves_a_receipt(act: Any) -> None:
    receipt = await act.perform()
    assert receipt.id
    assert receipt.words
    assert act.happened() == 1


async def test_a_request_comes_back_from_the_ledger_as_it_was(act: Any) -> None:
    stored = json.loads(json.dumps(act.request.to_json()))
    assert ActionRequest.from_json(stored) == act.request
    assert act.request.words


async def test_a_receipt_that_was_lost_is_found_and_nothing_happens_again(act: Any) -> None:
    receipt = await act.perform()
    found = await act.find()
    assert found is None or found.id == receipt.id
    await again(act)
    assert act.happened() == 1


async def test_accepted_without_an_answer_is_in_doubt_and_does_not_happen_twice(act: Any) -> None:
    act.faults.add(act.call, HandledUnanswered())
    with pytest.raises(ActionInDoubt):
        await act.perform()
    assert act.happened() == 1
    await again(act)
    assert act.happened() == 1


@pytest.mark.parametrize("fault", [NeverHandled(), AnswerStatus(500), AnswerStatus(503)])
async def test_a_failing_target_is_in_doubt_and_nothing_is_lost(act: Any, fault: Any) -> None:
    act.faults.add(act.call, fault)
    with pytest.raises(ActionInDoubt):
        await act.perform()
    assert act.happened() == 0
    await again(act)
    assert act.happened() == 1


async def test_being_asked_to_wait_is_no_doubt(act: Any) -> None:
    act.faults.add(act.call, RateLimited(7))
    with pytest.raises(ActionDelayed) as delayed:
        await act.perform()
    assert delayed.value.retry_after == 7
    assert act.happened() == 0
    await act.perform()
    assert act.happened() == 1


async def test_what_is_refused_did_not_happen_and_says_what_to_do(act: Any) -> None:
    act.faults.add(act.call, AnswerError("is_archived"))
    with pytest.raises(ActionRefused, match=r".+"):
        await act.perform()
    assert act.happened() == 0
    assert await act.find(ago=LONG_AGO) is None


async def test_other_actions_are_not_taken_for_it(act: Any) -> None:
    if act.call == "transition":
        pytest.skip("a status is the same, whoever set it")
    await act.perform()
    act.key = type(act.key)(int=act.key.int ^ 1)
    assert await act.find(ago=LONG_AGO) is None


async def test_a_target_that_cannot_be_asked_leaves_it_open(act: Any) -> None:
    if act.call == "hook":
        pytest.skip("it is never asked")
    for look in ("conversations.history", "conversations.replies", "search", "comments", "issue"):
        act.faults.add(look, AnswerStatus(500))
    with pytest.raises(CannotTell) as open_:
        await act.find(ago=LONG_AGO)
    assert open_.value.retry_after
