"""The Trust Panel through the socket: opened, pressed, replayed, and with the database away."""

from collections.abc import Callable
from typing import Any

import pytest

from livesop_bot.domain.evaluations import Judgement
from livesop_bot.errors import EvaluatorBroken
from livesop_bot.evaluation.evaluator import Question
from livesop_bot.sandbox.demo import ADA, GRACE, INCIDENTS, LINUS
from livesop_bot.sandbox.server import SlackServer
from tests.acceptance.thread import Thread
from tests.reader import Reader

OUTAGE = "URGENT: checkout is down, all payments fail with error 502"


class Moody:
    """Breaks, until it does not."""

    name = "moody"

    def __init__(self) -> None:
        self.breaks = True

    async def evaluate(self, question: Question) -> Judgement:
        """Take the SOP for incidents, if any."""
        if self.breaks:
            raise EvaluatorBroken("it is in a mood")
        slugs = {workflow.slug: workflow.id for workflow in question.workflows}
        return Judgement(
            workflow=slugs["incident"],
            confidence=0.95,
            reasoning="It says so.",
            evidence="checkout is down",
            evaluator=self.name,
        )


async def test_why_a_verdict_a_switch_and_a_replay(
    slack: SlackServer, database: str, start_app: Any, facts: Any
) -> None:
    await start_app(database)
    message = slack.workspace.post(INCIDENTS, GRACE, OUTAGE)
    thread = Thread(slack, INCIDENTS, message["ts"])
    await thread.press(ADA, "Why?")
    ada = Reader(slack, ADA)
    await ada.until("*Incident*", f"> {OUTAGE}", "proposed; it waits for somebody to start it")

    await ada.press("👍 Right")
    await ada.until("💬  *Incident* fits, says")
    assert await facts.value("SELECT fits FROM verdicts WHERE replaced_at IS NULL") is True

    await ada.press("Switch on")
    await ada.until("The SOP as a whole: *on*")
    assert await facts.value("SELECT is_on FROM autopilot_switches WHERE scope = 'workflow'")

    await ada.press("Replay")
    await ada.until("A dry run: nothing was done.")
    assert await facts.value("SELECT count(*) FROM runs") == 1

    await thread.press(LINUS, "Start")
    await thread.until("started by")
    await ada.press("Refresh")
    await ada.until("started by <@U0LINUS001>")


async def test_what_could_not_be_judged_is_judged_again_for_real(
    slack: SlackServer, database: str, start_app: Any, facts: Any
) -> None:
    moody = Moody()
    await start_app(database, evaluator=moody)
    message = slack.workspace.post(INCIDENTS, GRACE, OUTAGE)
    await facts.until("SELECT state FROM raw_signals", "failed")
    await slack.interactions.message_shortcut(GRACE, INCIDENTS, message["ts"], "why_shortcut")
    grace = Reader(slack)
    await grace.until("It could not be judged", "it is in a mood", "Nothing: no SOP")

    moody.breaks = False
    await grace.press("Judge it again for real")
    await grace.until("Very sure · 95%", "It says so.")
    thread = Thread(slack, INCIDENTS, message["ts"])
    await thread.until("Proposed")
    assert await facts.value("SELECT actor FROM audit_log WHERE kind = 'replay'") == GRACE


@pytest.mark.parametrize("outage", ["stop", "freeze"])
async def test_with_the_database_away_it_opens_all_the_same_and_says_so(
    slack: SlackServer,
    private_postgres: Any,
    start_app: Any,
    facts_of: Callable[[str], Any],
    outage: str,
) -> None:
    await start_app(private_postgres.dsn)
    message = slack.workspace.post(INCIDENTS, GRACE, OUTAGE)
    thread = Thread(slack, INCIDENTS, message["ts"])
    why = await thread.until_button("Why?")
    getattr(private_postgres, outage)()
    grace = Reader(slack)
    await thread.press_now(GRACE, why)
    await grace.until("The database is away")
    (private_postgres.start if outage == "stop" else private_postgres.thaw)()
    await facts_of(private_postgres.dsn).until("SELECT count(*) FROM runs", 1)
    await grace.close()
    await thread.press_now(GRACE, why)
    await grace.until("*Incident*", f"> {OUTAGE}")
