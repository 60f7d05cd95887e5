"""One look at a time, within its limit, whatever the database does."""

import asyncio
import contextlib
from collections.abc import MutableMapping
from typing import Any

from livesop_bot.db.queue import QueueState
from livesop_bot.errors import ConfigurationError, DatabaseAway
from livesop_bot.ops.checks import Checks, Lookout
from livesop_bot.ops.status import ModelState


class Database:
    """Answers unless told to hang or to be away; keeps count."""

    def __init__(self) -> None:
        self.asked = 0
        self.at_once = 0
        self.most_at_once = 0
        self.answers = asyncio.Event()
        self.answers.set()
        self.error: Exception | None = None
        self.pending: int | Exception = 0

    async def ping(self) -> None:
        self.asked += 1
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        try:
            await self.answers.wait()
        finally:
            self.at_once -= 1
        if self.error is not None:
            raise self.error

    async def pending_migrations(self) -> int:
        if isinstance(self.pending, Exception):
            raise self.pending
        return self.pending

    async def queue(self) -> QueueState:
        return QueueState(depth=2, oldest_age_seconds=0.0)


def lookout(database: Database, limit: float = 0.2) -> Lookout:
    return Lookout(
        Checks(
            database=database.ping,
            pending_migrations=database.pending_migrations,
            queue=database.queue,
            sockets=None,
            spool=None,
            model=lambda: ModelState("not_configured"),
            evaluator="local",
        ),
        limit=limit,
    )


async def test_those_who_ask_at_once_share_one_look() -> None:
    database = Database()
    looks = lookout(database)
    found = await asyncio.gather(*(looks.snapshot() for _ in range(50)))
    assert database.asked == 1
    assert all(snapshot is found[0] for snapshot in found)
    await looks.snapshot()
    assert database.asked == 2, "a later question is a new look: nothing is cached"


async def test_a_database_that_hangs_is_away_within_the_limit_and_asked_by_one_at_a_time() -> None:
    database = Database()
    database.answers.clear()
    looks = lookout(database)
    for _ in range(3):
        found = await looks.snapshot()
        assert found.database.problem == "no answer within 0.2 s"
        assert found.queue is None
    assert database.most_at_once == 1
    database.answers.set()
    assert (await looks.snapshot()).database.problem is None


async def test_a_question_that_cannot_be_cancelled_holds_back_the_next() -> None:
    """A driver may wait for the hung server even when it is told to give up."""
    database, let_go = Database(), asyncio.Event()
    asked = 0

    async def stubborn() -> None:
        nonlocal asked
        asked += 1
        if asked == 1:
            while not let_go.is_set():
                with contextlib.suppress(asyncio.CancelledError):
                    await let_go.wait()

    database.ping = stubborn  # type: ignore[method-assign]
    looks = lookout(database, limit=0.05)
    for _ in range(3):
        assert (await looks.snapshot()).database.problem is not None
    assert asked == 1
    let_go.set()
    assert (await looks.snapshot()).database.problem is None
    assert asked == 2


async def test_one_who_gives_up_does_not_end_the_look_of_the_others() -> None:
    database = Database()
    database.answers.clear()
    looks = lookout(database, limit=5)
    impatient = asyncio.create_task(looks.snapshot())
    patient = asyncio.create_task(looks.snapshot())
    await asyncio.wait({impatient}, timeout=0.01)
    impatient.cancel()
    database.answers.set()
    assert (await patient).database.problem is None


async def test_a_lost_database_is_reported_in_its_words_without_the_password() -> None:
    database = Database()
    database.error = DatabaseAway("no route to postgresql://ada:secret@db/livesop")
    found = await lookout(database).snapshot()
    assert found.database.problem == "no route to postgresql://ada:[masked: password]@db/livesop"


async def test_an_unexpected_error_is_logged_and_makes_the_database_unknown(
    log_events: list[MutableMapping[str, Any]],
) -> None:
    database = Database()
    database.error = RuntimeError("odd")
    found = await lookout(database).snapshot()
    assert found.status == "unhealthy"
    assert found.database.problem == "RuntimeError (see the log)"
    [fault] = [event for event in log_events if event["event"] == "health.check_failed"]
    assert fault["exc_info"] is True


async def test_pending_migrations_are_asked_for_until_there_are_none() -> None:
    database = Database()
    database.pending = 2
    looks = lookout(database)
    before = await looks.snapshot()
    assert before.database.pending_migrations == 2
    assert before.queue is None, "there is no queue to ask before the schema is there"
    database.pending = 0
    assert (await looks.snapshot()).queue == QueueState(2, 0.0)
    database.pending = ConfigurationError("asked again")
    assert (await looks.snapshot()).database.pending_migrations == 0


async def test_only_a_change_of_status_is_logged(
    log_events: list[MutableMapping[str, Any]],
) -> None:
    database = Database()
    looks = lookout(database)
    for error in (None, None, DatabaseAway("gone"), DatabaseAway("gone"), None):
        database.error = error
        await looks.snapshot()
    assert [(event["before"], event["now"], event["reasons"]) for event in log_events] == [
        (None, "healthy", []),
        ("healthy", "unhealthy", ["the database cannot be used"]),
        ("unhealthy", "healthy", []),
    ]


async def test_closing_ends_a_question_under_way() -> None:
    database = Database()
    database.answers.clear()
    looks = lookout(database, limit=5)
    asking = asyncio.create_task(looks.snapshot())
    await asyncio.wait({asking}, timeout=0.01)
    await looks.close()
    assert database.at_once == 0
    assert asking.cancelled()
