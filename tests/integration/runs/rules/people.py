"""What people do: they press what there is, what there was, and end runs."""

from collections.abc import Sequence

from hypothesis import strategies as st
from hypothesis.stateful import rule

from livesop_bot.domain.decisions import Scope
from livesop_bot.domain.runs import OPEN, Run, RunState, ShownOtherwise, StepRecord, TooLate
from livesop_bot.domain.steps import NotOffered, Press
from livesop_bot.domain.workflows import StepId
from tests.integration.runs.conftest import ADA, TEAM
from tests.integration.runs.rules.invariants import Invariants
from tests.integration.runs.rules.plain import FOLLOWS, KINDS, OFFERED, ends, is_lost


class People(Invariants):
    """Everybody who has a hand in runs."""

    @rule(replayed=st.booleans())
    def go_on(self, replayed: bool) -> None:
        """Where the run is over, somebody replays its message or writes another."""
        self.loop.run(self._go_on(replayed))

    @rule(number=st.integers(0, 99))
    def press(self, number: int) -> None:
        """Somebody presses one of the buttons that there are."""
        self.loop.run(self._press(number))

    async def _press(self, number: int, but: Press | None = None) -> None:
        run = await self.floor.newest()
        buttons = [
            (record.id, press, chosen)
            for record in run.steps
            for press in sorted(OFFERED.get((KINDS[record.id], record.state), set()) - {but})
            for chosen in (("yes", "no") if press == "choose" else ("",))
        ]
        if run.state is RunState.PROPOSED:
            await self._start(run)
        elif run.state is RunState.RUNNING and buttons:
            step, press, chosen = buttons[number % len(buttons)]
            if press in ("approve", "retry"):
                await self._press_step(run, step, Press(press), chosen, shown="what was")
            await self._press_step(run, step, Press(press), chosen)

    async def _start(self, run: Run) -> None:
        started = await self.floor.presses.start(TEAM, run.id, ADA)
        if run.state is not RunState.PROPOSED:
            assert isinstance(started, TooLate)
            return
        assert isinstance(started, Run)
        run = await self.floor.run(run.id)
        assert run.started_by == ADA
        assert is_lost(run) or await self._verdict(run) is True

    @rule(
        step=st.sampled_from(sorted(KINDS)),
        press=st.sampled_from(Press),
        chosen=st.sampled_from(["yes", "no", "perhaps"]),
        shown=st.sampled_from([None, None, "what was"]),
    )
    def press_what_is_old(self, step: str, press: Press, chosen: str, shown: str | None) -> None:
        """Somebody presses a button of any age, in a message that shows what was."""
        self.loop.run(self._press_what_is_old(step, press, chosen, shown))

    async def _press_what_is_old(
        self, step: str, press: Press, chosen: str, shown: str | None
    ) -> None:
        run = await self.floor.newest()
        await self._press_step(run, step, press, chosen, shown)

    async def _press_step(
        self, run: Run, step: str, press: Press, chosen: str, shown: str | None = None
    ) -> None:
        """Press, and see that what is offered happens, and nothing else."""
        was = next((one for one in run.steps if one.id == step), StepRecord(id=StepId(step)))
        offered = run.state is RunState.RUNNING and press in OFFERED.get(
            (KINDS[step], was.state), ()
        )
        try:
            outcome = await self.floor.press(run, step, press, chosen, shown)
        except NotOffered:
            assert (offered, press, chosen) == (True, Press.CHOOSE, "perhaps")
            return
        after = await self.floor.run(run.id)
        if not offered or (shown and press in ("approve", "retry")):
            assert isinstance(outcome, ShownOtherwise if offered else TooLate)
            assert after.steps == run.steps
            assert not offered or after.version > run.version, "it is not shown anew"
            return
        assert isinstance(outcome, Run)
        now = next(one for one in after.steps if one.id == step)
        assert now.state in FOLLOWS[press]
        assert (now.changed_by, now.chosen) == (ADA, chosen if press == "choose" else "") or (
            now.state == "waiting" and now.repeats
        )
        if press == "hold" and was.changed_by is None:
            self.on[Scope.STEP, f"sop/{step}"] = (
                False  # as whoever takes something back switches it off
            )
        if press in ("approve", "retry"):
            assert now.state != "waiting" or (now.repeats and not was.repeats), "in vain"
            # Somebody said so, and knew that it may be there already.
            self.repeats[step] += was.repeats or was.state == "unknown"
        noted = await self.floor.pool.fetch("SELECT * FROM audit_log ORDER BY number DESC LIMIT 3")
        assert ("approval", f"run:{run.id}/{step}", ADA) in [
            (row["kind"], row["subject"], row["actor"]) for row in noted
        ]

    @rule(meant=st.integers(0, 4))
    def end(self, meant: int) -> None:
        """Somebody presses what does not end it; now and then one has enough of it."""
        states = [RunState.DISMISSED, RunState.CANCELLED]
        self.loop.run(self._end(states[::-1] if meant % 2 else states, in_vain=meant > 1))

    async def _end(self, states: Sequence[RunState], *, in_vain: bool) -> None:
        run = await self.floor.newest()
        fitting = ends(run)
        if in_vain:
            states = [state for state in states if not fitting[state]]
        meant = next((state for state in states if fitting[state]), run.state)
        for state in states:
            ended = await self.floor.presses.end(TEAM, run.id, state, ADA)
            assert isinstance(ended, Run if state is meant and fitting[state] else TooLate)
        after = await self.floor.run(run.id)
        by = ADA if any(fitting[state] for state in states) else run.ended_by
        assert (after.state, after.ended_by) == (meant, by)
        if meant is RunState.DISMISSED:
            assert is_lost(run) or await self._verdict(run) is False
            # Where Auto-Pilot was wrong too often, it is switched off.
            self.on[Scope.WORKFLOW, "sop"] = await self.floor.pool.fetchval(
                "SELECT is_on FROM autopilot_switches WHERE scope = 'workflow'"
            )
        await self._start(after)

    @rule()
    def end_pauses(self) -> None:
        """Somebody approves what waits for the breaker."""
        self.loop.run(self._end_pauses())

    async def _end_pauses(self) -> None:
        for row in await self.floor.pool.fetch("SELECT id FROM pauses WHERE ended_at IS NULL"):
            pause = await self.floor.duties.pauses.get(row["id"])
            assert pause is not None
            shown = {one.run: one.request.digest for one in pause.waiting}
            assert await self.floor.duties.pauses.end(TEAM, pause.id, ADA, shown)
        await self.floor.work("release")
        assert not await self.floor.pool.fetchval(
            "SELECT count(*) FROM run_steps AS s JOIN runs AS r ON r.id = s.run_id "
            "WHERE s.state = 'waiting' AND s.pause_id IS NOT NULL AND r.state = 'running'"
        ), "it still waits for a pause that is over"

    @rule()
    def nobody_comes(self) -> None:
        """For three days: what waits for people has an end."""
        self.loop.run(self._nobody_comes())

    async def _nobody_comes(self) -> None:
        before = await self.floor.newest()
        await self.floor.hours_pass(73)
        await self.floor.duties.every_minute()
        await self.floor.work("remind")
        moving = {one.state.value for one in before.steps} & {"planned", "trying"}
        after = await self.floor.run(before.id)
        assert moving or after.state not in OPEN
