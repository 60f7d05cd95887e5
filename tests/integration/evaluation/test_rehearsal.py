"""Rehearsals: what would happen is said, and nothing of it is kept."""

from dataclasses import replace

import pytest

from livesop_bot.db.pool import Pool
from livesop_bot.db.workflows import Workflows
from livesop_bot.domain.decisions import Limits, Verdict
from livesop_bot.domain.evaluations import Judgement
from livesop_bot.domain.signals import ChannelId, Signal, SignalId, TeamId, UserId
from livesop_bot.domain.workflows import WorkflowDefinition
from livesop_bot.evaluation.evaluator import Question
from livesop_bot.evaluation.rehearsal import ANYWHERE, Rehearsal
from livesop_bot.sop.starter_pack import starter_pack
from tests.questions import TEAM, question

INCIDENT = next(sop for sop in starter_pack() if sop.slug == "incident")
REFUND = next(sop for sop in starter_pack() if sop.slug == "refund-request")


class Keyed:
    """Takes the first SOP of which a keyword stands in the text, and is sure of it."""

    name = "keyed"

    def __init__(self) -> None:
        self.asked: list[Question] = []

    async def evaluate(self, question: Question) -> Judgement:
        """Look for keywords."""
        self.asked.append(question)
        found = next(
            (
                workflow.id
                for workflow in question.workflows
                if any(
                    word in question.signal.text for word in workflow.definition.trigger.keywords
                )
            ),
            None,
        )
        return Judgement(
            workflow=found, confidence=0.8 if found is not None else 0, reasoning="", evaluator="k"
        )


def watching_for(sop: WorkflowDefinition, *keywords: str) -> WorkflowDefinition:
    return replace(sop, trigger=replace(sop.trigger, keywords=keywords))


def signals(*texts: str) -> list[Signal]:
    """Messages in one channel."""
    return [
        replace(question(text).signal, id=SignalId(number)) for number, text in enumerate(texts, 1)
    ]


@pytest.fixture
def keyed() -> Keyed:
    """The evaluator."""
    return Keyed()


@pytest.fixture
async def rehearsal(pool: Pool, keyed: Keyed) -> Rehearsal:
    """A team with two SOPs, and what rehearses."""
    await pool.execute("INSERT INTO teams (team_id) VALUES ($1)", TEAM)
    for sop in (watching_for(INCIDENT, "down"), watching_for(REFUND, "money")):
        await Workflows(pool).publish(TEAM, sop, "U1")

    async def limits(_: TeamId) -> Limits:
        return Limits(propose=0.5, auto=0.9)

    return Rehearsal(pool=pool, evaluator=keyed, local=keyed, limits=limits, time_limit=5)


async def test_what_newly_fires_and_what_fires_no_more_is_told(rehearsal: Rehearsal) -> None:
    new = watching_for(INCIDENT, "fire", "both", "money")
    given = signals("it is down", "fire, fire", "give me money", "lunch?", "down, and on fire")
    found = await rehearsal.compare(TEAM, new, given, seconds=30)
    assert [hit.signal.text for hit in found.starts] == ["fire, fire"]
    assert [hit.signal.text for hit in found.stops] == ["it is down"]
    assert (found.same, found.looked_at, found.given) == (1, 5, 5)


async def test_another_sop_that_fires_instead_is_named(rehearsal: Rehearsal) -> None:
    new = watching_for(REFUND, "down")
    given = signals("give me money", "it is down")
    found = await rehearsal.compare(TEAM, replace(new, slug="a-new-one"), given, seconds=30)
    assert found.starts == (), "the incident SOP comes first for what is down"
    found = await rehearsal.compare(TEAM, watching_for(INCIDENT), given, seconds=30)
    assert [(hit.signal.text, hit.other) for hit in found.stops] == [("it is down", "")]


async def test_thresholds_and_channels_of_the_new_version_count(rehearsal: Rehearsal) -> None:
    sure = watching_for(INCIDENT, "down")
    for trigger in (
        replace(sure.trigger, propose_from=81),
        replace(sure.trigger, channels=(ChannelId("C9"),)),
    ):
        found = await rehearsal.compare(
            TEAM, replace(sure, trigger=trigger), signals("it is down"), seconds=30
        )
        assert [hit.signal.text for hit in found.stops] == ["it is down"]


async def test_when_the_time_is_up_it_says_how_far_it_came(rehearsal: Rehearsal) -> None:
    found = await rehearsal.compare(TEAM, INCIDENT, signals("it is down") * 3, seconds=-1)
    assert (found.looked_at, found.given) == (0, 3)


async def test_a_draft_is_never_taken_for_a_version(rehearsal: Rehearsal, keyed: Keyed) -> None:
    """Evaluators remember SOPs by id and version, so a draft has a number of its own."""
    for keyword in ("fire", "smoke"):
        await rehearsal.compare(TEAM, watching_for(INCIDENT, keyword), signals("x"), seconds=30)
    versions = {
        workflow.version
        for asked in keyed.asked
        for workflow in asked.workflows
        if workflow.slug == "incident"
    }
    assert len(versions) == 3
    assert len([version for version in versions if version < 0]) == 2


async def test_a_text_is_tried_and_kept_nowhere(rehearsal: Rehearsal, pool: Pool) -> None:
    found = await rehearsal.sample(TEAM, UserId("U1"), "it is down, key sk_live_x", ANYWHERE)
    assert found.workflow is not None
    assert (found.workflow.slug, found.decision.verdict) == ("incident", Verdict.PROPOSE)
    nothing = await rehearsal.sample(TEAM, UserId("U1"), "lunch?", ChannelId("C1"))
    assert (nothing.workflow, nothing.decision.verdict) == (None, Verdict.SKIP)
    for table in ("raw_signals", "evaluations", "runs", "pgqueuer"):
        assert await pool.fetchval(f"SELECT count(*) FROM {table}") == 0
