"""Figures are counted where things happen: once, whoever does them and however often they try."""

import asyncio

from livesop_bot.db.figures import Figures
from livesop_bot.db.pool import Pool
from livesop_bot.domain.evaluations import Cause
from livesop_bot.domain.figures import DayFigures, SopFigures
from livesop_bot.domain.runs import RunState
from livesop_bot.domain.signals import TeamId
from livesop_bot.domain.steps import Press
from livesop_bot.domain.workflows import StepMode
from tests.integration.runs.conftest import ADA, TEAM, Floor, posts

OTHER = TeamId("T9")


async def _today(pool: Pool) -> DayFigures:
    return (await Figures(pool).of_team(TEAM, 1))[-1]


async def _sop(pool: Pool) -> SopFigures:
    (figures,) = (await Figures(pool).of_sops(TEAM)).values()
    return figures


async def test_what_autopilot_does_is_counted(floor: Floor, pool: Pool) -> None:
    await floor.publish(posts("tell", saves_min=3), posts("ask", StepMode.APPROVE, saves_min=4))
    run = await floor.start()
    await floor.message("nothing of interest")
    await floor.hurry()
    assert await floor.states(run) == {"tell": "done", "ask": "waiting"}
    today = await _today(pool)
    assert (today.signals, today.started, today.actions, today.saved_min) == (2, 1, 1, 3)
    await floor.press(run, "ask", Press.APPROVE)
    await floor.work()
    today = await _today(pool)
    assert (today.actions, today.saved_min) == (2, 7)
    assert await _sop(pool) == SopFigures(matched=1, started=1, actions=2, saved_min=7)


async def test_what_people_decide_is_counted(floor: Floor, pool: Pool) -> None:
    await floor.publish(posts("tell", StepMode.APPROVE))
    proposed = [await floor.start(text) for text in ("first", "second", "third")]
    await floor.presses.start(TEAM, proposed[0].id, ADA)
    for run in proposed[1:]:
        await floor.presses.end(TEAM, run.id, RunState.DISMISSED, ADA)
    await floor.presses.end(TEAM, proposed[1].id, RunState.DISMISSED, ADA)  # too late
    found = await _sop(pool)
    assert found == SopFigures(matched=3, started=1, approved=1, dismissed=2)
    assert found.precision == 1 / 3


async def test_a_message_matches_once_however_often_it_is_judged(floor: Floor, pool: Pool) -> None:
    await floor.publish(posts("tell", StepMode.APPROVE))
    ts = await floor.message()
    await floor.work()
    await floor.edit(ts, "Checkout is down again")
    await floor.work()
    assert await pool.fetchval("SELECT count(*) FROM evaluations") == 2
    replay = {"signal": 1, "revision": 2, "cause": Cause.REPLAY, "by": ADA}
    for dry_run in (True, False):
        job = replay | {
            "dry_run": dry_run,
            "signal": await pool.fetchval("SELECT id FROM raw_signals"),
        }
        await floor.duties.evaluations()["evaluate"](job, 0)
    assert await pool.fetchval("SELECT count(*) FROM evaluations") == 4
    assert (await _sop(pool)).matched == 1
    assert (await _today(pool)).signals == 1


async def test_a_deletion_that_comes_first_is_no_signal(floor: Floor, pool: Pool) -> None:
    await floor.stores.teams.ensure(TEAM, "Acme")
    ts = floor.slack.workspace.clock.next()
    await floor.delete(ts)  # type: ignore[arg-type]  # the clock's times are plain texts
    assert (await _today(pool)).signals == 0


async def test_folding_changes_no_figure(floor: Floor, pool: Pool) -> None:
    await floor.publish(posts("tell", saves_min=3))
    figures = Figures(pool)
    await floor.start("one")
    await floor.hurry()
    first = await _today(pool), await _sop(pool)
    assert await figures.fold() > 0
    assert (await _today(pool), await _sop(pool)) == first
    assert await figures.fold() == 0
    await floor.start("two")
    await floor.hurry()
    both = await _today(pool)
    assert (both.signals, both.started, both.saved_min) == (2, 2, 6)
    await asyncio.gather(*(figures.fold() for _ in range(5)))
    assert await _today(pool) == both
    assert await pool.fetchval("SELECT count(*) FROM figure_changes") == 0


async def test_teams_do_not_see_each_others_figures(floor: Floor, pool: Pool) -> None:
    await floor.publish(posts("tell"))
    await floor.start()
    figures = Figures(pool)
    for _ in range(2):
        assert sum(day.signals for day in await figures.of_team(OTHER, 14)) == 0
        assert await figures.of_sops(OTHER) == {}
        await figures.fold()
