"""A run from its message to its end, through the socket: each effect once, whatever happens."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from livesop_bot.app import Role
from livesop_bot.db.teams import Teams
from livesop_bot.domain.workflows import (
    Edge,
    Step,
    StepId,
    StepKind,
    StepMode,
    Trigger,
    WorkflowDefinition,
)
from livesop_bot.sandbox.changes import EphemeralShown
from livesop_bot.sandbox.demo import ADA, BUGS, GENERAL, GRACE, INCIDENTS, LINUS
from livesop_bot.sandbox.faults import HandledUnanswered, NeverHandled
from livesop_bot.sandbox.server import SlackServer
from tests.acceptance.thread import Thread
from tests.switches import allowed, tells


def _step(name: str, kind: StepKind, mode: StepMode = StepMode.MANUAL, **more: Any) -> Step:
    return Step(id=StepId(name), title=name.capitalize(), kind=kind, mode=mode, **more)


def _sop(slug: str, *steps: Step, edges: tuple[tuple[str, str, str], ...] = ()) -> Any:
    return WorkflowDefinition(
        slug=slug,
        title=slug.capitalize(),
        trigger=Trigger(description=slug),
        steps=steps,
        edges=tuple(
            Edge(source=StepId(one), target=StepId(other), label=label)
            for one, other, label in edges
        ),
    )


OUTAGE = _sop(
    "outage",
    _step("facts", StepKind.MANUAL),
    _step("critical", StepKind.DECISION),
    tells(StepMode.APPROVE),
    _step("wait", StepKind.MANUAL),
    edges=(("facts", "critical", ""), ("critical", "tell", "yes"), ("critical", "wait", "no")),
)
APPROVED = _sop("approved", tells(StepMode.APPROVE))
SOON = _sop("soon", tells(undo_s=2))
LATER = _sop("later", tells(undo_s=3600))


@pytest_asyncio.fixture
async def teams(database: str) -> AsyncIterator[Teams]:
    """A team with the SOPs, Auto-Pilot on for all of them."""
    async with allowed(database, OUTAGE, APPROVED, SOON, LATER) as teams:
        yield teams


def _say(slack: SlackServer, text: str, channel: str = INCIDENTS) -> Thread:
    return Thread(slack, channel, slack.workspace.post(channel, GRACE, text)["ts"])


def _told(slack: SlackServer, text: str) -> int:
    """How often it was posted."""
    messages = slack.workspace.channel(GENERAL).messages.values()
    return sum(message["text"] == f"Told: {text}" for message in messages)


async def test_people_and_livesop_carry_an_sop_out(
    slack: SlackServer, database: str, teams: Teams, start_bot: Any, facts: Any
) -> None:
    await start_bot(database, "named")
    thread = _say(slack, "outage checkout is down")
    await thread.until("*Proposed.*")
    (face,) = thread.faces
    await thread.press(GRACE, "Start")
    await thread.press(LINUS, "Done")
    assert "started by <@U0GRACE001>" in thread.text
    await thread.press(GRACE, "yes")
    await thread.until_button("Approve")
    assert "_Post in #general:_\n> Told: outage checkout is down" in thread.text
    assert _told(slack, "outage checkout is down") == 0, "not before somebody has approved it"
    await thread.press(ADA, "Approve")
    await thread.until("*Done*")
    await facts.idle()
    assert _told(slack, "outage checkout is down") == 1
    assert f"|Posted in #general>  ·  <@{ADA}>" in thread.text
    assert "Critical?" not in thread.text
    assert "✅  Facts  ·  <@U0LINUS001>" in thread.text
    assert "_not needed: Wait_" in thread.text
    assert thread.labels() == ["Why?"]
    assert [one["ts"] for one in thread.faces] == [face["ts"]], "updated in its place"
    assert "metadata" in thread.faces[0]
    assert await facts.value("SELECT state FROM runs") == "done"


async def test_auto_pilot_acts_when_its_window_is_over(
    slack: SlackServer, database: str, teams: Teams, start_bot: Any, facts: Any
) -> None:
    await start_bot(database, "named")
    thread = _say(slack, "soon a")
    await thread.until_button("Cancel")
    assert "Will be done at" in thread.text
    assert "started by Auto-Pilot" in thread.text
    assert _told(slack, "soon a") == 0
    await thread.until("*Done*")
    await facts.idle()
    assert _told(slack, "soon a") == 1


async def test_what_is_cancelled_in_its_window_does_not_happen(
    slack: SlackServer, database: str, teams: Teams, start_bot: Any, facts: Any
) -> None:
    await start_bot(database, "named")
    thread = _say(slack, "soon a")
    await thread.press(GRACE, "Cancel")
    await thread.until_button("Approve")
    await facts.idle()
    assert await facts.value("SELECT state FROM actions") == "cancelled"
    assert _told(slack, "soon a") == 0
    await thread.press(GRACE, "Skip")
    await thread.until("*Done*")
    assert _told(slack, "soon a") == 0


async def test_the_kill_switch_stops_what_is_not_claimed_and_says_so(
    slack: SlackServer, database: str, teams: Teams, start_bot: Any, facts: Any
) -> None:
    await start_bot(database, "named")
    threads = [_say(slack, "later", BUGS) for _ in range(3)]
    for thread in threads:
        await thread.until_button("Cancel")
    await slack.interactions.command(GRACE, GENERAL, "/livesop autopilot off")
    await facts.until("SELECT count(*) FROM run_steps WHERE state = 'waiting'", 3)
    for thread in threads:
        await thread.until_button("Approve")
        assert "Auto-Pilot is off for this team" in thread.text
    await facts.idle()
    assert _told(slack, "later") == 0


@pytest.mark.parametrize("fault", [HandledUnanswered(), NeverHandled()], ids=["done", "not done"])
async def test_killed_between_the_claim_and_the_outcome(
    slack: SlackServer, database: str, teams: Teams, start_bot: Any, facts: Any, fault: Any
) -> None:
    bot = await start_bot(database, "named")
    thread = _say(slack, "approved a")
    await thread.press(GRACE, "Start")
    await thread.until_button("Approve")
    slack.faults.add("chat.postMessage", fault)
    await thread.press(GRACE, "Approve")
    await facts.until("SELECT state FROM actions", "trying")
    if isinstance(fault, HandledUnanswered):
        await slack.workspace.wait_for_message(lambda m: m["text"] == "Told: approved a")
    await bot.kill()

    await start_bot(database, "named")
    await thread.until("*Done*")
    await facts.idle()
    assert _told(slack, "approved a") == 1
    assert await facts.value("SELECT state FROM actions") == "done"


async def test_two_processes_act_once(
    slack: SlackServer, database: str, teams: Teams, start_bot: Any, facts: Any
) -> None:
    await asyncio.gather(
        start_bot(database, "named"),
        start_bot(database, "named"),
        start_bot(database, "named", Role.WORKER),
    )
    threads = [_say(slack, f"approved {number}") for number in range(5)]
    for user in (GRACE, LINUS):
        await asyncio.gather(*(thread.press(user, "Start") for thread in threads[:1]))
    await asyncio.gather(*(thread.press(GRACE, "Start") for thread in threads[1:]))
    for thread in threads:
        button = await thread.until_button("Approve")
        pressed = [thread.try_to_press(user, button) for user in (GRACE, LINUS, ADA)]
        assert all(await asyncio.gather(*pressed))
    for thread in threads:
        await thread.until("*Done*")
    await facts.idle()
    assert [_told(slack, f"approved {number}") for number in range(5)] == [1] * 5
    assert all(len(thread.faces) == 1 for thread in threads)


async def test_a_press_on_an_old_message_after_a_restart(
    slack: SlackServer, database: str, teams: Teams, start_bot: Any
) -> None:
    bot = await start_bot(database, "named")
    thread = _say(slack, "approved a")
    start = await thread.until_button("Start")
    await bot.kill()
    assert await thread.try_to_press(GRACE, start) is False

    await start_bot(database, "named")
    await thread.press_now(GRACE, start)
    await thread.press(GRACE, "Approve")
    await thread.until("*Done*")
    told, _ = await asyncio.gather(
        slack.workspace.wait_for_change(lambda change: isinstance(change, EphemeralShown)),
        thread.press_now(LINUS, start),
    )
    assert "over already" in str(told)
    assert _told(slack, "approved a") == 1
