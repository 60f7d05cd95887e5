"""Posting into a thread: refused, delayed, or accepted without an answer; posted once or not."""

from collections.abc import AsyncIterator
from typing import Any, Never

import aiohttp
import pytest
from pgqueuer import RetryRequested
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.registry import action_kinds, renderer
from livesop_bot.db.jobs import EvaluateJob, PostJob
from livesop_bot.db.runs import Runs
from livesop_bot.domain.runs import RunId
from livesop_bot.evaluation.lexical_evaluator import LexicalEvaluator
from livesop_bot.evaluation.threads import InThreads
from livesop_bot.metrics import Metrics
from livesop_bot.sandbox.demo import GRACE, INCIDENTS, demo_workspace
from livesop_bot.sandbox.faults import (
    AnswerError,
    AnswerStatus,
    HandledUnanswered,
    NeverHandled,
    RateLimited,
)
from livesop_bot.sandbox.server import SlackServer
from livesop_bot.settings import Settings
from livesop_bot.worker.faults import LANDS_S, MOST_BREAKS
from livesop_bot.worker.once import MOST_ATTEMPTS, Means
from livesop_bot.worker.post import Posting
from livesop_bot.worker.showing import Showing

OUTAGE = "URGENT: checkout is down, all payments fail with error 502"


class Desk:
    """A run that is to be posted, and the Slack that it goes to."""

    def __init__(
        self,
        slack: SlackServer,
        client: AsyncWebClient,
        posting: Posting,
        runs: Runs,
        run: RunId,
        ts: str,
        pool: Any,
    ) -> None:
        self.slack = slack
        self.client = client
        self.ts = ts
        self.run = run
        self.runs = runs
        self._posting = posting
        self._job = PostJob(run)
        self.pool = pool

    async def post(self, attempts: int = 0, *, soon: bool = False) -> None:
        """Work on the job once; what was sent before has arrived by then, unless it is `soon`."""
        if not soon:
            await self.pool.execute(
                "UPDATE runs SET post_tried_at = post_tried_at - interval '1 minute'"
            )
        await self._posting(self._job, attempts)

    async def state(self) -> tuple[str, str | None]:
        """How far it came, and why no further."""
        return tuple(await self.pool.fetchrow("SELECT post_state, post_error FROM runs"))

    @property
    def answers(self) -> int:
        """Messages in the thread."""
        messages = self.slack.workspace.channel(INCIDENTS).messages.values()
        return sum(one.get("thread_ts") == self.ts and one["ts"] != self.ts for one in messages)


@pytest.fixture
async def desk(tools: Any) -> AsyncIterator[Desk]:
    timeout = aiohttp.ClientTimeout(total=1)
    async with SlackServer(demo_workspace()) as slack, aiohttp.ClientSession(timeout=timeout) as s:
        message = slack.workspace.post(INCIDENTS, GRACE, OUTAGE)
        signal = await tools.store(OUTAGE, channel=INCIDENTS, ts=message["ts"])
        local = InThreads(LexicalEvaluator(), workers=1, on_abandoned=lambda _: None)
        concluded = await tools.evaluating(local)(EvaluateJob(signal, 1), attempts=0)
        client = AsyncWebClient(
            token=slack.bot_token, base_url=slack.api_url, session=s, retry_handlers=[]
        )
        runs = Runs(tools.pool)
        kinds = action_kinds(slack=client, session=s, settings=Settings(_env_file=None))
        posting = Posting(
            runs=runs,
            showing=Showing(runs, renderer(kinds)),
            means=Means(slack=client, metrics=Metrics()),
        )
        yield Desk(slack, client, posting, runs, concluded.run, message["ts"], tools.pool)


async def test_it_is_posted_once_however_often_the_job_comes(desk: Desk) -> None:
    for _ in range(3):
        await desk.post()
    assert (await desk.state())[0] == "posted"
    assert desk.answers == 1


@pytest.mark.parametrize("code", ["is_archived", "channel_not_found", "not_in_channel"])
async def test_what_slack_refuses_is_kept_with_its_reason(desk: Desk, code: str) -> None:
    desk.slack.faults.add("chat.postMessage", AnswerError(code))
    await desk.post()
    state, why = await desk.state()
    assert state == "failed"
    assert code in str(why)


async def test_being_asked_to_wait_is_no_doubt_and_never_given_up(desk: Desk) -> None:
    desk.slack.faults.add("chat.postMessage", RateLimited(3))
    with pytest.raises(RetryRequested) as retry:
        await desk.post(attempts=MOST_ATTEMPTS + 100)
    assert retry.value.delay.total_seconds() >= 3
    assert (await desk.state())[0] == "planned"


@pytest.mark.parametrize(
    "fault", [AnswerStatus(500), AnswerStatus(503), AnswerError("internal_error")]
)
async def test_a_failing_slack_is_asked_what_happened_before_posting_again(
    desk: Desk, fault: Any
) -> None:
    desk.slack.faults.add("chat.postMessage", fault)
    with pytest.raises(RetryRequested):
        await desk.post()
    assert (await desk.state())[0] == "trying"
    await desk.post(attempts=1)
    assert (await desk.state())[0] == "posted"
    assert desk.answers == 1


async def test_accepted_without_an_answer_is_found_and_not_doubled(desk: Desk) -> None:
    desk.slack.faults.add("chat.postMessage", HandledUnanswered())
    with pytest.raises(RetryRequested):
        await desk.post()
    assert desk.answers == 1
    await desk.post(attempts=1)
    assert (await desk.state())[0] == "posted"
    assert desk.answers == 1


async def test_it_is_given_up_in_the_end_and_says_so(desk: Desk) -> None:
    desk.slack.faults.add("chat.postMessage", AnswerStatus(500))
    await desk.post(attempts=MOST_ATTEMPTS - 1)
    state, why = await desk.state()
    assert state == "failed"
    assert "500" in str(why)


def never(*_: object) -> Never:
    """What fills in an action, at fault."""
    raise ZeroDivisionError


async def test_a_fault_of_its_own_rests_and_is_a_dead_letter_with_its_reason_in_the_end(
    desk: Desk,
) -> None:
    posting = Posting(
        runs=desk.runs,
        showing=Showing(desk.runs, never),
        means=Means(slack=desk.client, metrics=Metrics()),
    )
    with pytest.raises(ZeroDivisionError):
        await posting(PostJob(desk.run), MOST_BREAKS - 2)
    assert (await desk.state())[0] == "planned"
    await posting(PostJob(desk.run), MOST_BREAKS - 1)
    assert await desk.state() == (
        "failed",
        "LiveSOP broke off (ZeroDivisionError); its log says where.",
    )
    assert desk.answers == 0


async def test_what_is_not_there_yet_is_looked_for_until_it_must_have_arrived(desk: Desk) -> None:
    desk.slack.faults.add("chat.postMessage", NeverHandled())
    with pytest.raises(RetryRequested):
        await desk.post()
    with pytest.raises(RetryRequested) as retry:
        await desk.post(attempts=1, soon=True)
    assert 1 < retry.value.delay.total_seconds() <= LANDS_S * 1.25
    assert desk.answers == 0
    await desk.post(attempts=2)
    assert desk.answers == 1


async def test_of_two_who_look_at_the_same_time_one_posts(desk: Desk) -> None:
    early, late = await desk.runs.claim_post(desk.run), await desk.runs.claim_post(desk.run)
    assert early is not None
    assert late is not None
    assert await desk.runs.tries.begin(desk.run, early.tried_at) is not None
    assert await desk.runs.tries.begin(desk.run, late.tried_at) is None


async def test_a_try_that_was_taken_over_has_no_say(desk: Desk) -> None:
    early = await desk.runs.tries.begin(desk.run, None)
    assert early is not None
    assert await desk.runs.tries.begin(desk.run, early) is not None
    await desk.runs.tries.failed(desk.run, early, "Too slow.")
    await desk.runs.tries.not_posted(desk.run, early)
    assert (await desk.state())[0] == "trying"
    await desk.post(attempts=1)
    assert (await desk.state())[0] == "posted"
