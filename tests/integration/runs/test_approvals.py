"""An approval is for what was shown: what would be sent otherwise is not sent, and shown anew."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from livesop_bot.domain.runs import Run, ShownOtherwise
from livesop_bot.domain.steps import Press
from livesop_bot.domain.workflows import StepMode
from livesop_bot.sandbox.faults import AnswerError, RateLimited
from livesop_bot.views.ids import ActionId
from livesop_bot.views.press import Pressed
from tests.integration.runs.conftest import ADA, TEAM, by_hand, posts


async def started(floor: Any) -> Run:
    """Start what was proposed."""
    run: Run = await floor.newest()
    await floor.presses.start(TEAM, run.id, ADA)
    return run


async def face(floor: Any, run: Run) -> dict[str, Any]:
    """The run's message, as it is in Slack."""
    now = await floor.run(run.id)
    found: dict[str, Any] = floor.slack.workspace.channel(run.channel).messages[now.post_ts]
    return found


async def button(floor: Any, run: Run, action: ActionId) -> Pressed:
    """What a button there carries."""
    blocks = (await face(floor, run))["blocks"]
    elements: Iterator[dict[str, Any]] = (
        one for block in blocks if block["type"] == "actions" for one in block["elements"]
    )
    return Pressed.read(next(one["value"] for one in elements if one["action_id"] == action))


async def shown_edited(floor: Any, *, failed: bool = False) -> tuple[Run, Pressed]:
    """A run whose message was edited when its button was on the screen, and that button."""
    await floor.publish(by_hand("look"), posts("tell", StepMode.APPROVE))
    ts = await floor.message("Checkout is down")
    await floor.work()
    run = await started(floor)
    await floor.press(run, "look", Press.DONE)
    if failed:
        floor.slack.faults.add("chat.postMessage", AnswerError("is_archived"))
        await floor.press(run, "tell", Press.APPROVE)
        await floor.hurry()
    await floor.hurry()
    pressed = await button(floor, run, ActionId.STEP_RETRY if failed else ActionId.STEP_APPROVE)
    await floor.edit(ts, "Payments are down")
    return run, pressed


@pytest.mark.parametrize("press", [Press.APPROVE, Press.RETRY])
async def test_after_an_edit_the_old_button_does_nothing_and_the_new_one_does(
    floor: Any, press: Press
) -> None:
    run, old = await shown_edited(floor, failed=press is Press.RETRY)
    before = await floor.states(run)
    outcome = await floor.press(run, "tell", press, shown=old.request)
    assert isinstance(outcome, ShownOtherwise)
    assert await floor.states(run) == before
    await floor.hurry()
    assert floor.said("tell:") == []
    assert "Payments are down" in json.dumps((await face(floor, run))["blocks"])

    action = ActionId.STEP_APPROVE if press is Press.APPROVE else ActionId.STEP_RETRY
    new = await button(floor, run, action)
    assert isinstance(await floor.press(run, "tell", press, shown=new.request), Run)
    await floor.hurry()
    (message,) = floor.said("tell:")
    assert message["text"] == "tell: Payments are down"


async def test_a_button_from_before_buttons_said_what_was_shown_asks_once_more(floor: Any) -> None:
    await floor.publish(posts("tell", StepMode.APPROVE))
    await floor.message()
    await floor.work()
    run = await started(floor)
    outcome = await floor.press(run, "tell", Press.APPROVE, shown="")
    assert isinstance(outcome, ShownOtherwise)
    assert await floor.states(run) == {"tell": "waiting"}


async def test_what_somebody_approved_is_shown_as_it_will_be_sent(floor: Any) -> None:
    """Though the message reads otherwise by now."""
    await floor.publish(posts("tell", StepMode.APPROVE))
    ts = await floor.message("Checkout is down")
    await floor.work()
    run = await started(floor)
    floor.slack.faults.add("chat.postMessage", RateLimited(30))
    await floor.press(run, "tell", Press.APPROVE)
    await floor.work("act")
    await floor.edit(ts, "Payments are down")
    await floor.pool.execute("UPDATE runs SET face_at = now()")
    await floor.work("basis", "evaluate", "face")
    assert await floor.states(run) == {"tell": "planned"}
    shown = json.dumps((await face(floor, run))["blocks"])
    assert "tell: Checkout is down" in shown
    assert "Payments are down" not in shown
    await floor.hurry()
    (message,) = floor.said("tell:")
    assert message["text"] == "tell: Checkout is down"


async def test_what_cannot_be_filled_in_fails_with_its_reason(floor: Any) -> None:
    step = floor.webhook("call", url="{{ extract.address }}")
    await floor.publish(step)
    run = await floor.start()
    assert isinstance(await floor.press(run, "call", Press.RETRY, shown=""), Run)
    assert await floor.states(run) == {"call": "failed"}
