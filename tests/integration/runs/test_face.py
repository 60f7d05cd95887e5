"""The face of a run: one message that shows the newest state, once a second, never posted again."""

from datetime import timedelta
from typing import Any

from livesop_bot.db.jobs import FaceJob
from livesop_bot.domain.steps import Press
from livesop_bot.sandbox.faults import AnswerStatus
from tests.integration.runs.conftest import by_hand

STEPS = tuple(by_hand(name) for name in "abcdefgh")


async def shown(floor: Any) -> tuple[int, int]:
    """The version that is shown, and the newest."""
    row = await floor.pool.fetchrow("SELECT face_shown, face_version FROM runs")
    return row["face_shown"], row["face_version"]


async def test_changes_within_a_second_are_shown_together(floor: Any, log_events: Any) -> None:
    await floor.publish(*STEPS)
    run = await floor.start()
    begun = await floor.pool.fetchval("SELECT now()")
    await floor.press(run, "a", Press.DONE)
    await floor.hurry()
    assert await floor.pool.fetchval("SELECT face_at FROM runs") >= begun + timedelta(seconds=1)
    log_events.clear()
    await floor.pool.execute("UPDATE runs SET face_at = now() + interval '1 hour'")  # a long second
    for step in STEPS[1:-1]:
        await floor.press(run, step.id, Press.DONE)
        await floor.work()
    assert updates(log_events) == []
    await floor.hurry()
    assert len(updates(log_events)) == 1
    assert len(set(await shown(floor))) == 1


def updates(log_events: Any) -> list[Any]:
    """What was logged of them."""
    return [one for one in log_events if one["event"] == "face.updated"]


async def test_an_older_version_is_not_shown_over_a_newer_one(floor: Any, log_events: Any) -> None:
    await floor.publish(*STEPS)
    run = await floor.start()
    await floor.press(run, "a", Press.DONE)
    await floor.hurry()
    log_events.clear()
    await floor.duties.facing(FaceJob(run.id, 2), 0)
    assert log_events == []


async def test_slack_being_away_is_waited_for(floor: Any) -> None:
    await floor.publish(*STEPS)
    run = await floor.start()
    floor.slack.faults.add("chat.update", AnswerStatus(503))
    await floor.press(run, "a", Press.DONE)
    await floor.hurry()
    assert len(set(await shown(floor))) == 2
    await floor.hurry()
    assert len(set(await shown(floor))) == 1


async def test_a_message_that_somebody_deleted_stays_deleted(floor: Any) -> None:
    await floor.publish(*STEPS)
    run = await floor.start()
    floor.slack.workspace.channel(run.channel).messages.pop(run.post_ts)
    for step in "ab":
        await floor.press(run, step, Press.DONE)
        await floor.hurry()
    assert floor.said("The SOP") == []
    row = await floor.pool.fetchrow("SELECT post_state, post_error FROM runs")
    assert tuple(row) == ("failed", "Somebody deleted the message.")
    assert (await floor.states(run))["c"] == "waiting", "the run itself goes on"
