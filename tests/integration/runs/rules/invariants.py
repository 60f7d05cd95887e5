"""What must be so after every step, whatever it was."""

from hypothesis.stateful import invariant

from livesop_bot.domain.actions import ActionId
from livesop_bot.domain.runs import Run, RunState, TooLate
from tests.integration.runs.conftest import ADA, TEAM
from tests.integration.runs.rules.plain import GOES, LEFT, OVER, ends, is_lost, seen, stands
from tests.integration.runs.rules.stage import Stage


class Invariants(Stage):
    """All the rules, looked at after each step."""

    @invariant()
    def hold(self) -> None:
        """All the rules."""
        self.loop.run(self._hold())

    async def _hold(self) -> None:
        for row in await self.floor.pool.fetch("SELECT id FROM runs"):
            run = await self.floor.run(row["id"])
            self._holds_for(run, self.before.get(run.id))
            self.before[run.id] = run
        for step in ("page", "tell"):
            done = sum(one["thread_ts"] == self.ts for one in self.floor.said(f"{step}:"))
            assert done <= 1 + self.repeats[step], f"{step} was done {done} times"
        torn = await self.floor.pool.fetch(
            "SELECT s.state, a.state FROM run_steps AS s JOIN actions AS a USING (run_id, step_id) "
            "WHERE s.state <> a.state AND (s.state IN ('planned', 'trying') "
            "OR a.state IN ('planned', 'trying', 'unknown') "
            "OR (s.state, a.state) IN (('skipped', 'failed'), ('done', 'failed')))"
        )
        assert torn == [], "a step and its action say different things"
        await self._nothing_was_planned_for_who_switched_it_off()
        await self._nothing_is_claimed_on_what_changed()
        await self._nothing_else_ends_it()

    async def _nothing_is_claimed_on_what_changed(self) -> None:
        """Not even before its time: what hides behind the undo window, a switch or the breaker."""
        for row in await self.floor.pool.fetch("SELECT * FROM actions WHERE state = 'planned'"):
            run = await self.floor.run(row["run_id"])
            if run.state is RunState.RUNNING and is_lost(run):
                claim = await self.floor.duties.ledger.claim(ActionId(row["id"]))
                assert claim is None, "it would be done though the message changed"

    async def _nothing_else_ends_it(self) -> None:
        for row in await self.floor.pool.fetch("SELECT id FROM runs ORDER BY id DESC LIMIT 2"):
            run = await self.floor.run(row["id"])
            for state in (state for state, fits in ends(run).items() if not fits):
                ended = await self.floor.presses.end(TEAM, run.id, state, ADA)
                assert isinstance(ended, TooLate), f"{run.state} became {state}"
            assert await self.floor.run(run.id) == run

    async def _nothing_was_planned_for_who_switched_it_off(self) -> None:
        for row in await self.floor.pool.fetch("SELECT * FROM actions"):
            was = self.actions.get(row["id"])
            if row["state"] == "planned" and was not in ("planned", "trying"):
                assert not row["by_autopilot"] or self._allowed(row["step_id"]), "it was off"
            self.actions[row["id"]] = row["state"]

    def _holds_for(self, run: Run, before: Run | None) -> None:
        states = {str(record.id): record.state.value for record in run.steps}
        found = {
            step: "open" if state not in ("blocked", "bypassed") else state
            for step, state in states.items()
        }
        if run.state not in ("proposed", "running"):
            assert set(states.values()) <= LEFT, "the run is over and a step is open"
        if run.state is RunState.DONE:
            assert set(states.values()) <= OVER
        if run.state is RunState.RUNNING and states:
            assert not set(states.values()) <= OVER, "all is done and the run is not"
            chosen = next(one.chosen for one in run.steps if one.id == "urgent")
            taken = states["page" if chosen == "yes" else "note"]
            expected = stands(states["urgent"], chosen, taken)
            assert found == {"urgent": "open", "tell": "open"} | expected
            assert chosen in (("yes", "no") if states["urgent"] == "done" else ("",))
        if before is None:
            off = not any(self._allowed(step) for step in ("page", "tell"))
            assert not (off and run.state is RunState.RUNNING and run.started_by is None)
            return
        was = before.state
        if run.started_by != before.started_by:  # somebody started it since
            was = RunState.RUNNING
        assert run.state in {was, *GOES.get(was, ())}, f"{was} became {run.state}"
        if (was, run.state) == (RunState.PROPOSED, RunState.CANCELLED):
            assert (run.ended_by, run.ended_why != "") == (None, True), "only its message does so"
        assert run.version >= before.version
        if seen(run) != seen(before):
            assert run.version > before.version, "people do not see it"
        for old, new in zip(before.steps, run.steps, strict=False):
            if old.state in OVER:
                assert (new.state, new.chosen) == (old.state, old.chosen)
