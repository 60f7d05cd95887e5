"""Actions through the running app: killed in the middle, and stopped by the kill switch."""

from dataclasses import dataclass
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.registry import renderer
from livesop_bot.actions.slack_message import SlackMessage
from livesop_bot.db.held_run import HeldRuns
from livesop_bot.db.pool import Pool
from livesop_bot.db.presses import Presses
from livesop_bot.db.teams import Teams, step_subject
from livesop_bot.db.workflows import Workflows
from livesop_bot.domain.decisions import Scope
from livesop_bot.domain.runs import RunId
from livesop_bot.domain.signals import TeamId, UserId
from livesop_bot.domain.steps import Press
from livesop_bot.domain.workflows import ActionKind, StepId
from livesop_bot.sandbox.demo import GRACE, INCIDENTS
from livesop_bot.sandbox.faults import HandledUnanswered, NeverHandled
from livesop_bot.sandbox.server import SlackServer
from livesop_bot.sop.document import parse

OUTAGE = "URGENT: checkout is down, all payments fail with error 502"
ADA = UserId("U0ADA")
SOP = f"""
slug: outage
title: Outage
trigger:
  description: Something is down.
  examples: ["{OUTAGE}"]
steps:
  - id: tell
    title: Tell the thread
    kind: action
    mode: {{mode}}
    action: slack_message
    undo: {{undo}}
    with:
      text: "On it"
"""


@dataclass(frozen=True, slots=True)
class Desk:
    """People's side of the app."""

    pool: Pool
    slack: SlackServer
    team: TeamId

    async def publish(self, mode: str, undo: int) -> None:
        """Make the team's only SOP."""
        (sop,) = parse(SOP.format(mode=mode, undo=undo), "sop.yaml")
        await Teams(self.pool).ensure(self.team, "Acme")
        await Workflows(self.pool).publish(self.team, sop, ADA)
        await self.switch(is_on=True)
        for scope, subject in (
            (Scope.WORKFLOW, "outage"),
            (Scope.STEP, step_subject("outage", StepId("tell"))),
        ):
            await Teams(self.pool).set_autopilot(self.team, scope, subject, is_on=True, by=ADA)

    async def switch(self, *, is_on: bool) -> None:
        """Turn the kill switch."""
        await Teams(self.pool).set_autopilot(self.team, Scope.TEAM, "", is_on=is_on, by=ADA)

    async def approve(self) -> None:
        """Start the only run, and approve its step."""
        kind = SlackMessage(AsyncWebClient())
        runs = HeldRuns(self.pool, Teams(self.pool), renderer({ActionKind.SLACK_MESSAGE: kind}))
        run = RunId(await self.pool.fetchval("SELECT id FROM runs"))
        await Presses(runs).start(self.team, run, ADA)
        async with runs.hold(run) as held:
            assert held is not None
            shown = (await held.request(StepId("tell"))).digest
        await Presses(runs).step(self.team, run, StepId("tell"), Press.APPROVE, ADA, shown=shown)

    def said(self) -> int:
        """How often it was told."""
        messages = self.slack.workspace.channel(INCIDENTS).messages.values()
        return sum(one["text"] == "On it" for one in messages)


@pytest.fixture
async def desk(pool: Pool, slack: SlackServer) -> Desk:
    return Desk(pool, slack, TeamId(slack.workspace.team.id))


@pytest.mark.parametrize(
    "fault", [NeverHandled(), HandledUnanswered()], ids=["not done yet", "done already"]
)
async def test_killed_in_the_middle_of_an_action_it_happens_once(
    desk: Desk, database: str, start_bot: Any, facts: Any, fault: Any
) -> None:
    await desk.publish("approve", 0)
    bot = await start_bot(database)
    desk.slack.workspace.post(INCIDENTS, GRACE, OUTAGE)
    await facts.until("SELECT post_state FROM runs", "posted")
    desk.slack.faults.add("chat.postMessage", fault)
    await desk.approve()
    await facts.until("SELECT state FROM actions", "trying")
    if isinstance(fault, HandledUnanswered):
        await desk.slack.workspace.wait_for_message(lambda message: message["text"] == "On it")
    await bot.kill()

    await start_bot(database)
    await facts.until("SELECT state FROM runs", "done")
    await facts.idle()
    assert desk.said() == 1


async def test_the_kill_switch_takes_back_what_is_planned(
    desk: Desk, database: str, start_app: Any, facts: Any
) -> None:
    await desk.publish("auto", 3600)
    await start_app(database)
    for number in range(5):
        desk.slack.workspace.post(INCIDENTS, GRACE, f"{OUTAGE} {number}")
    await facts.until("SELECT count(*) FROM run_steps WHERE state = 'planned'", 5)
    await desk.switch(is_on=False)
    await facts.until("SELECT count(*) FROM run_steps WHERE state = 'waiting'", 5)
    await facts.until("SELECT count(*) FROM runs WHERE face_shown = face_version", 5)
    await facts.idle()
    assert desk.said() == 0


async def test_an_automatic_action_is_done_after_its_undo_window(
    desk: Desk, database: str, start_app: Any, facts: Any
) -> None:
    await desk.publish("auto", 1)
    await start_app(database)
    desk.slack.workspace.post(INCIDENTS, GRACE, OUTAGE)
    await facts.until("SELECT state FROM runs", "done")
    await facts.idle()
    assert desk.said() == 1
