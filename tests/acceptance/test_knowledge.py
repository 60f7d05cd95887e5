"""Knowledge, through the socket: added, given a vector, cited by a judgement, and shown."""

from collections.abc import Sequence
from typing import Any

from livesop_bot.db.pool import Pool, create_pool
from livesop_bot.db.search import Search
from livesop_bot.db.vectors import Vectors
from livesop_bot.domain.evaluations import Judgement
from livesop_bot.domain.signals import TeamId
from livesop_bot.evaluation.evaluator import Question
from livesop_bot.knowledge.embeddings import Vector, checked
from livesop_bot.knowledge.retrieval import Retrieval
from livesop_bot.sandbox.demo import BUGS, GENERAL, GRACE, INCIDENTS, LINUS
from livesop_bot.sandbox.server import SlackServer
from tests.reader import Reader

NOTE = "Payment outage runbook\nWhen checkout fails with error 502, restart the payment gateway."
OUTAGE = "URGENT: checkout is down, all payments fail with error 502"


class Letters:
    """Vectors of how often each letter occurs."""

    model, floor, problem = "letters", 0.5, ""

    async def embed(self, team: TeamId, texts: Sequence[str]) -> Sequence[Vector]:
        """Give a vector for each text."""
        rows = [[text.lower().count(chr(97 + at)) + 0.1 for at in range(26)] for text in texts]
        return checked(rows, len(texts))


class Citing:
    """Judges every message to be the first SOP, and cites what knowledge there is about it."""

    name = "citing"

    def __init__(self, pool: Pool) -> None:
        self._library = Retrieval(Search(pool), Vectors(pool), Letters())

    async def evaluate(self, question: Question) -> Judgement:
        """Cite."""
        return Judgement(
            workflow=question.workflows[0].id,
            confidence=0.8,
            reasoning="It reads like it.",
            evaluator=self.name,
            citations=tuple(await self._library.passages(question.signal)),
        )


def said(slack: SlackServer) -> str:
    """What was answered to people so far."""
    return str([shown.message["blocks"] for shown in slack.workspace.ephemerals.values()])


async def test_what_was_added_is_cited_in_the_thread_and_in_why(
    slack: SlackServer, database: str, start_app: Any, facts: Any
) -> None:
    pool = await create_pool(database, max_size=2)
    _, health = await start_app(database, evaluator=Citing(pool), embeddings=Letters())
    await slack.interactions.command(GRACE, GENERAL, f"/livesop kb add {NOTE}")
    await facts.until("SELECT count(*) FROM chunk_vectors WHERE model = 'letters'", 1)
    assert (await health.get())[1]["checks"]["knowledge"]["status"] == "full_text_and_vectors"

    message = slack.workspace.post(INCIDENTS, GRACE, OUTAGE)
    await facts.until("SELECT post_state FROM runs", "posted")
    (answer,) = facts.answers(message["ts"])
    assert "Based on: Payment outage runbook" in str(answer["blocks"])
    link = await facts.value("SELECT permalink FROM raw_signals WHERE text <> ''")
    await slack.interactions.command(GRACE, INCIDENTS, f"/livesop why {link}")
    await Reader(slack, GRACE).until("restart the payment gateway")
    await pool.close()


async def test_an_answered_message_is_found_again_until_it_is_deleted(
    slack: SlackServer, database: str, start_app: Any, facts: Any
) -> None:
    await start_app(database, embeddings=Letters())
    message = slack.workspace.post(INCIDENTS, GRACE, OUTAGE)
    slack.workspace.add_channel("C0SECRET01", "secret").is_private = True
    slack.workspace.post("C0SECRET01", GRACE, f"{OUTAGE}, and hush")
    await facts.until("SELECT count(*) FROM chunk_vectors WHERE kind = 'case'", 2)

    await slack.interactions.command(LINUS, BUGS, "/livesop search checkout error 502, payments")
    shown = slack.workspace.ephemerals
    await with_answer(slack, 1)
    assert OUTAGE in said(slack)
    assert "hush" not in said(slack)
    await slack.interactions.command(LINUS, "C0SECRET01", "/livesop search checkout error 502")
    await with_answer(slack, 2)
    assert "hush" in said(slack)
    shown.clear()

    slack.workspace.delete(INCIDENTS, message["ts"])
    await facts.until("SELECT count(*) FROM chunks", 1)
    await slack.interactions.command(LINUS, BUGS, "/livesop search checkout error 502, payments")
    await with_answer(slack, 1)
    assert "No earlier message" in said(slack)


async def with_answer(slack: SlackServer, count: int) -> None:
    """Wait for the answer that comes some time after the ack."""
    if len(slack.workspace.ephemerals) < count:
        await slack.workspace.wait_for_change(
            lambda _: len(slack.workspace.ephemerals) >= count, timeout=10
        )
