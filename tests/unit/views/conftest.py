"""Values to show: ordinary ones to read, and strategies for extreme ones."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from uuid import UUID

import pytest
from hypothesis import strategies as st

from livesop_bot.domain.actions import ActionRequest
from livesop_bot.domain.decisions import Decision, Reason, Verdict
from livesop_bot.domain.evaluations import Cause, Evaluation, EvaluationId
from livesop_bot.domain.knowledge import Passage, PassageId
from livesop_bot.domain.runs import PostState, Run, RunId, RunState, StepRecord
from livesop_bot.domain.signals import (
    ChannelId,
    MessageTs,
    Signal,
    SignalId,
    SignalState,
    Source,
    TeamId,
    UserId,
)
from livesop_bot.domain.steps import StepState
from livesop_bot.domain.workflows import (
    ActionKind,
    Edge,
    Step,
    StepId,
    StepKind,
    StepMode,
    Trigger,
    Workflow,
    WorkflowDefinition,
    WorkflowId,
)
from livesop_bot.views.health import HomeHealth

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def workflow() -> Workflow:
    """An SOP with a step of every kind and mode."""
    return Workflow(
        id=WorkflowId(1),
        team=TeamId("T1"),
        version=3,
        definition=WorkflowDefinition(
            slug="tier-3-escalation",
            title="Tier-3 escalation",
            trigger=Trigger(description="An outage that customers feel"),
            steps=(
                Step(
                    id=StepId("facts"),
                    title="Collect the facts",
                    kind=StepKind.MANUAL,
                    mode=StepMode.MANUAL,
                    instructions="Who is affected, since when, and what they see.",
                ),
                Step(
                    id=StepId("critical"),
                    title="Is it critical?",
                    kind=StepKind.DECISION,
                    mode=StepMode.MANUAL,
                ),
                Step(
                    id=StepId("page"),
                    title="Open an incident",
                    kind=StepKind.ACTION,
                    mode=StepMode.APPROVE,
                    action=ActionKind.JIRA_ISSUE,
                ),
                Step(
                    id=StepId("tell"),
                    title="Tell the channel",
                    kind=StepKind.ACTION,
                    mode=StepMode.AUTO,
                    action=ActionKind.SLACK_MESSAGE,
                ),
            ),
            edges=(
                Edge(source=StepId("critical"), target=StepId("page"), label="yes"),
                Edge(source=StepId("critical"), target=StepId("tell"), label="no"),
            ),
        ),
    )


@pytest.fixture(scope="session")
def signal() -> Signal:
    """A message that was judged."""
    return Signal(
        id=SignalId(7),
        team=TeamId("T1"),
        source=Source.SLACK,
        external_id="C012AB3CD:1772625600.000100",
        channel=ChannelId("C012AB3CD"),
        message_ts=MessageTs("1772625600.000100"),
        thread_ts=None,
        author="U1",
        author_is_bot=False,
        text="payments are down",
        permalink="https://acme.slack.com/archives/C012AB3CD/p1772625600000100",
        occurred_at=NOON,
        received_at=NOON,
        stored_at=NOON,
        state=SignalState.EVALUATED,
        revision=1,
        attempt=1,
    )


@pytest.fixture(scope="session")
def evaluation(signal: Signal, workflow: Workflow) -> Evaluation:
    """A match that was proposed because Auto-Pilot is off."""
    return Evaluation(
        id=EvaluationId(9),
        signal=signal,
        workflow=workflow,
        confidence=0.93,
        reasoning="It reads like the SOP's example of a payment outage.",
        evidence="payments are down",
        evaluator="lexical",
        decision=Decision(
            Verdict.PROPOSE,
            Reason.AUTOPILOT_OFF,
            "Proposed, not started: Auto-Pilot is off for this team.",
        ),
        cause=Cause.SIGNAL,
        dry_run=False,
        latency_ms=4.2,
        created_at=NOON,
    )


@pytest.fixture(scope="session")
def run(evaluation: Evaluation, workflow: Workflow) -> Run:
    """The proposed run of that evaluation."""
    return Run(
        id=RunId(5),
        team=TeamId("T1"),
        workflow=workflow,
        evaluation=evaluation,
        channel=ChannelId("C012AB3CD"),
        thread_ts=MessageTs("1772625600.000100"),
        state=RunState.PROPOSED,
        idempotency_key=UUID(int=1),
        post_state=PostState.PLANNED,
        post_ts=None,
    )


@pytest.fixture(scope="session")
def health() -> HomeHealth:
    """A process that is well."""
    return HomeHealth(
        sockets=2,
        queue_depth=0,
        oldest_job_s=None,
        spool_events=0,
        database=True,
        evaluator="lexical",
    )


@cache
def _text() -> st.SearchStrategy[str]:
    """Text as people write it, and as people who try things write it, short or far too long."""
    odd = st.sampled_from(["", " ", "\n", "&", "<", ">", "&amp;", "<!channel>", "<@U1>", "|", "*"])
    unit = st.one_of(
        odd, st.text(max_size=8), st.sampled_from(["```", "> x\n", "é", "🙂", "x" * 90])
    )
    return st.builds(lambda part, times: part * times, unit, st.sampled_from([0, 1, 2, 40, 4000]))


@cache
def _steps() -> st.SearchStrategy[tuple[Step, ...]]:
    step = st.builds(
        Step,
        id=st.builds(StepId, _text().map(lambda text: text[:63])),
        title=_text(),
        kind=st.sampled_from(StepKind),
        mode=st.sampled_from(StepMode),
        instructions=_text(),
        fields=st.just({}),
    )
    repeated = st.builds(lambda one, times: (one,) * times, step, st.sampled_from([0, 1, 7, 200]))
    return st.one_of(st.lists(step, max_size=3).map(tuple), repeated)


@cache
def _workflows() -> st.SearchStrategy[Workflow]:
    return st.builds(
        Workflow,
        id=st.just(WorkflowId(1)),
        team=st.just(TeamId("T1")),
        version=st.just(1),
        definition=st.builds(
            _definition, _text(), _text(), _steps(), _text().map(lambda text: text[:60])
        ),
    )


def _definition(slug: str, title: str, steps: tuple[Step, ...], label: str) -> WorkflowDefinition:
    edges = tuple(Edge(source=s.id, target=s.id, label=label) for s in steps[:40])
    return WorkflowDefinition(
        slug=slug, title=title, trigger=Trigger(description=""), steps=steps, edges=edges
    )


@pytest.fixture(scope="session")
def workflows() -> st.SearchStrategy[Workflow]:
    """SOPs with texts of any kind and length, and up to 200 steps."""
    return _workflows()


@pytest.fixture(scope="session")
def texts() -> st.SearchStrategy[str]:
    """Texts of any kind and length."""
    return _text()


@pytest.fixture(scope="session")
def signals() -> st.SearchStrategy[Signal]:
    """Signals in any state."""
    return _signals()


@cache
def _signals() -> st.SearchStrategy[Signal]:
    return st.builds(
        Signal,
        channel=st.builds(ChannelId, _text()),
        permalink=st.none() | _text() | st.just("https://acme.slack.com/archives/C1/p1"),
        text=_text(),
        occurred_at=st.just(NOON),
        received_at=st.just(NOON),
        stored_at=st.just(NOON),
        revision=st.integers(1, 3),
    )


@pytest.fixture(scope="session")
def evaluations() -> st.SearchStrategy[Evaluation]:
    """Evaluations of every outcome, with texts of any kind and length."""
    return _evaluations()


@pytest.fixture(scope="session")
def passages() -> st.SearchStrategy[tuple[Passage, ...]]:
    """Passages with texts of any kind and length."""
    return _passages()


@cache
def _passages() -> st.SearchStrategy[tuple[Passage, ...]]:
    link = st.none() | _text() | st.just("https://acme.slack.com/archives/C1/p1")
    passage = st.builds(
        Passage,
        id=st.just(PassageId(1)),
        title=_text(),
        text=_text(),
        source=_text(),
        link=link,
    )
    return st.lists(passage, max_size=6).map(tuple)


@cache
def _evaluations() -> st.SearchStrategy[Evaluation]:
    return st.builds(
        Evaluation,
        signal=_signals(),
        workflow=st.none() | _workflows(),
        confidence=st.none() | st.floats(0, 1),
        reasoning=_text(),
        evidence=_text(),
        evaluator=_text(),
        decision=st.builds(Decision, st.sampled_from(Verdict), st.sampled_from(Reason), _text()),
        citations=_passages(),
        created_at=st.builds(datetime.fromtimestamp, st.integers(10**9, 4 * 10**9), st.just(UTC)),
    )


@pytest.fixture(scope="session")
def runs() -> st.SearchStrategy[Run]:
    """Runs in every state, their steps in any, with texts of any kind and length."""
    return _runs()


@cache
def _runs() -> st.SearchStrategy[Run]:
    record = st.builds(
        StepRecord,
        id=st.just(StepId("")),
        state=st.sampled_from(StepState),
        chosen=_text(),
        detail=_text(),
        link=st.none() | _text() | st.just("https://acme.slack.com/archives/C1/p1"),
        changed_by=st.none() | st.just(UserId("<@U1>")),
        due_at=st.none() | st.just(NOON),
    )
    begun = st.builds(Run, workflow=_workflows(), evaluation=_evaluations())
    return st.builds(_run, begun, st.lists(record, min_size=1, max_size=4), _text())


def _run(begun: Run, kinds: list[StepRecord], why: str) -> Run:
    """As if its steps had come to where the records say, each in turn."""
    steps = tuple(
        replace(kinds[number % len(kinds)], id=step.id)
        for number, step in enumerate(begun.workflow.definition.steps)
    )
    return replace(begun, steps=steps, ended_why=why)


@pytest.fixture(scope="session")
def requests() -> st.SearchStrategy[ActionRequest | str]:
    """What an action would send, with texts of any kind and length, or why it cannot be said."""
    request = st.builds(ActionRequest, words=_text(), preview=_text(), body=st.just({}))
    return st.one_of(request, _text())


@pytest.fixture(scope="session")
def mentions() -> Callable[[object], list[str]]:
    """Every mrkdwn text below a view that would notify people."""

    def found(node: object) -> list[str]:
        if isinstance(node, dict):
            kind, text = node.get("type"), node.get("text")
            if kind == "mrkdwn" and isinstance(text, str):
                return [text] if any(bad in text for bad in ("<!channel", "<@", "<!here")) else []
            return [hit for value in node.values() for hit in found(value)]
        if isinstance(node, (list, tuple)):
            return [hit for value in node for hit in found(value)]
        return []

    return found
