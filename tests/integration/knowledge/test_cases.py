"""Past cases: kept of messages that an SOP answered, within the team, and gone with the message."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from livesop_bot.db.evaluations import Evaluations
from livesop_bot.db.jobs import EvaluateJob, RememberJob
from livesop_bot.db.pool import Pool
from livesop_bot.db.signals import store_batch
from livesop_bot.db.team_settings import TeamSettingsBook
from livesop_bot.db.teams import Teams
from livesop_bot.db.verdicts import Verdicts
from livesop_bot.db.workflows import Workflows
from livesop_bot.domain.decisions import Limits
from livesop_bot.domain.evaluations import Judgement
from livesop_bot.domain.runs import RunState
from livesop_bot.domain.signals import (
    EventId,
    MessageTs,
    NewSignal,
    Signal,
    SignalDeletion,
    SignalEdit,
    SignalId,
    Source,
    TeamId,
    UserId,
)
from livesop_bot.domain.verdicts import NewVerdict
from livesop_bot.errors import EmbedderBroken
from livesop_bot.sop.starter_pack import starter_pack
from tests.integration.knowledge.conftest import OTHER, TEAM, Desk, Grams
from tests.signals import a_signal

NOW = datetime.now(UTC)
SECRET = "xoxb-123456789012-123456789012-abcdefghijklmnopqrstuvwx"


class History:
    """A team's messages, and what came of them."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._evaluations = Evaluations(
            desk.pool, Teams(desk.pool), Limits(propose=0.5, auto=0.9), TeamSettingsBook(desk.pool)
        )
        self._count = 0
        self.grams = Grams()

    def message(self, text: str, *, team: TeamId = TEAM, channel: str = "C1") -> NewSignal:
        """A message that was not there before."""
        self._count += 1
        return a_signal(
            f"{int(NOW.timestamp())}.{self._count:06}",
            text,
            team=team,
            channel=channel,
            at=NOW,
            permalink=f"https://acme.slack.com/archives/{channel}/p{self._count}",
        )

    async def judged(self, message: NewSignal, confidence: float = 0.95) -> Signal:
        """Store a message and conclude its evaluation."""
        (stored,) = await store_batch(self.desk.pool, [message], timeout=5)
        assert stored.signal is not None
        job = EvaluateJob(stored.signal, 1)
        begun = await self._evaluations.begin(job)
        assert begun is not None
        workflow = await Workflows(self.desk.pool).get(message.team, "incident")
        judgement = Judgement(
            workflow=None, confidence=confidence, reasoning="because", evaluator="test"
        )
        await self._evaluations.conclude(
            job, *begun, judgement, workflow if confidence else None, latency_ms=1.0
        )
        return begun[0]

    async def work(self) -> list[SignalId]:
        """Do the remember jobs that are queued; gives their signals."""
        rows = await self.desk.pool.fetch(
            "DELETE FROM pgqueuer WHERE entrypoint = 'remember' RETURNING payload"
        )
        embedding = self.desk.embedding(self.grams)
        signals = [SignalId(json.loads(row["payload"])["signal"]) for row in rows]
        for signal in signals:
            await embedding.remember(RememberJob(signal), 0)
        return signals

    async def found(self, text: str, team: TeamId = TEAM) -> list[tuple[str, str, str]]:
        """What is like a text: the text, its SOP and its outcome."""
        retrieval = self.desk.retrieval(self.grams)
        return [
            (placed.case.text, placed.case.workflow_title, placed.case.outcome)
            for placed in await retrieval.find_cases(team, text, 5)
        ]


@pytest.fixture
async def history(desk: Desk, pool: Pool) -> History:
    for team in (TEAM, OTHER):
        await Workflows(pool).load_starter_pack(team, starter_pack())
    return History(desk)


async def test_what_an_sop_answered_is_kept_and_nothing_else(history: History) -> None:
    answered = await history.judged(history.message("The checkout is down, error 502"))
    await history.judged(history.message("The checkout page looks nice"), 0.0)
    await history.judged(history.message("The checkout may be slow"), 0.3)
    assert await history.work() == [answered.id]
    title = "Incident"
    ((text, sop, outcome),) = await history.found("checkout shows error 502 again")
    assert (text, outcome) == ("The checkout is down, error 502", "proposed")
    assert title in sop
    assert await history.found("happy birthday") == []


@pytest.mark.parametrize(
    ("state", "fits", "outcome"),
    [
        *((state, None, None) for state in RunState),
        (RunState.DONE, True, "done; people say it fits"),
        (RunState.CANCELLED, False, "cancelled; people say it does not fit"),
        (RunState.DISMISSED, False, "not this one, people said"),
    ],
)
async def test_whatever_a_case_came_to_is_said(
    history: History, state: RunState, fits: bool | None, outcome: str | None
) -> None:
    signal = await history.judged(history.message("The checkout is down, error 502"))
    await history.work()
    pool = history.desk.pool
    await pool.execute(
        "UPDATE runs SET state = $1, ended_at = "
        "CASE WHEN $1 NOT IN ('proposed', 'running') THEN now() END",
        state,
    )
    if fits is not None:
        run = await pool.fetchrow("SELECT workflow_id, evaluation_id FROM runs")
        assert run is not None
        verdict = NewVerdict(
            team=TEAM,
            signal=signal.id,
            revision=1,
            workflow=run["workflow_id"],
            fits=fits,
            evaluation=run["evaluation_id"],
            by=UserId("U1"),
        )
        assert await Verdicts(pool).keep(verdict)
    ((_, _, said),) = await history.found("checkout shows error 502 again")
    assert said == outcome if outcome else said


async def test_cases_are_found_within_the_team_alone(history: History) -> None:
    await history.judged(history.message("The vault is open", team=OTHER))
    await history.work()
    assert await history.found("the vault is open") == []
    assert len(await history.found("the vault is open", OTHER)) == 1


async def test_a_message_is_not_its_own_case_and_direct_messages_stay_where_they_are(
    history: History,
) -> None:
    first = await history.judged(history.message("The checkout is down, error 502"))
    direct = await history.judged(history.message("The checkout is down, error 504", channel="D1"))
    await history.work()
    cases = history.desk.retrieval(history.grams).cases
    assert await cases(first) == []
    assert [case.signal for case in await cases(direct)] == [first.id]
    again = replace(direct, id=SignalId(99))
    assert {case.signal for case in await cases(again)} == {first.id, direct.id}


async def test_a_deletion_takes_all_of_it(history: History) -> None:
    message = history.message("The checkout is down, error 502")
    await history.judged(message)
    await history.work()
    document = await history.desk.shelf.add_text(
        TEAM,
        message.text,
        by="U1",
        source="a message",
        message=(message.channel, message.message_ts),
    )
    other = await history.desk.add("A note that stays.")
    await history.desk.embed_all(history.grams)
    assert document.is_new
    deletion = SignalDeletion(
        event_id=EventId("EvDeleted"),
        team=TEAM,
        source=Source.SLACK,
        external_id=message.external_id,
        channel=message.channel,
        message_ts=message.message_ts,
        occurred_at=NOW,
        received_at=NOW,
    )
    await store_batch(history.desk.pool, [deletion], timeout=5)
    assert [each.id for each in await history.desk.documents.list(TEAM, 5)] == [other.id]
    assert await history.desk.count("chunks") == await history.desk.count("chunk_vectors") == 1
    assert not await history.desk.pool.fetch("SELECT FROM chunk_words WHERE word = 'checkout'")


async def test_what_is_deleted_before_its_job_is_never_kept(history: History) -> None:
    signal = await history.judged(history.message("The checkout is down"))
    await history.desk.cases.keep(signal.id, signal.revision + 1, "an older text")
    await history.desk.pool.execute(
        "UPDATE raw_signals SET state = 'deleted', deleted_at = now(), text = ''"
    )
    await history.work()
    await history.desk.cases.keep(signal.id, signal.revision, "The checkout is down")
    assert await history.desk.count("chunks") == 0


async def test_an_edit_of_an_answered_message_changes_its_case(history: History) -> None:
    message = history.message("The checkout is down, error 502")
    await history.judged(message)
    await history.work()
    edited = replace(message, event_id=EventId("EvEdited"), text="The printer is on fire")
    edit = SignalEdit(signal=edited, version=MessageTs("1900000000.000000"))
    await store_batch(history.desk.pool, [edit], timeout=5)
    await history.work()
    assert await history.found("checkout error 502") == []
    ((text, *_),) = await history.found("printer fire")
    assert text == "The printer is on fire"
    assert await history.desk.count("chunk_vectors") == 1


async def test_an_edit_takes_the_earlier_text_at_once(history: History) -> None:
    message = history.message("The checkout is down, error 502")
    await history.judged(message)
    await history.work()
    await history.desk.pool.execute("UPDATE runs SET state = 'cancelled', ended_at = now()")
    edited = replace(message, event_id=EventId("EvEdited"), text="Never mind the printer")
    edit = SignalEdit(signal=edited, version=MessageTs("1900000000.000000"))
    await store_batch(history.desk.pool, [edit], timeout=5)
    assert await history.desk.count("chunks") == 0
    await history.work()
    ((text, _, outcome),) = await history.found("printer, never mind")
    assert (text, outcome) == ("Never mind the printer", "cancelled")


async def test_after_a_failure_cases_are_left_alone_for_a_while(history: History) -> None:
    await history.judged(history.message("The checkout is down"))
    await history.desk.pool.execute("DELETE FROM pgqueuer")
    history.grams.failure = EmbedderBroken("no such model")
    embedding = history.desk.embedding(history.grams)
    await embedding.remember(RememberJob(SignalId(1)), 0)
    assert await history.found("the checkout is down, again") != [], "words find it"
    await embedding.catch_up()
    assert await history.desk.count("pgqueuer") == 0
    await history.desk.embedding(history.grams).catch_up()
    assert await history.desk.count("pgqueuer") == 1


async def test_secrets_in_a_message_are_not_kept(history: History) -> None:
    await history.judged(history.message(f"The checkout is down, the token is {SECRET}"))
    await history.work()
    ((text, *_),) = await history.found("checkout is down, token")
    assert SECRET not in text
    assert "masked" in text


async def test_a_message_of_files_alone_is_no_case(history: History) -> None:
    await history.judged(history.message(" "))
    assert len(await history.work()) == 1
    assert await history.desk.count("chunks") == 0


async def test_the_oldest_cases_go(history: History, monkeypatch: pytest.MonkeyPatch) -> None:
    from livesop_bot.db import cases

    monkeypatch.setattr(cases, "MOST_CASES", 2)
    for number in range(4):
        await history.judged(history.message(f"Outage number {number}", channel=f"C{number}"))
        await history.work()
    rows = await history.desk.pool.fetch("SELECT text FROM chunks ORDER BY id")
    assert [row["text"] for row in rows] == ["Outage number 2", "Outage number 3"]
