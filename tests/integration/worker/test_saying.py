"""Saying: of two workers one speaks, and what Slack may have taken is not said again."""

from collections.abc import AsyncIterator
from uuid import UUID

import aiohttp
import pytest
from pgqueuer import RetryRequested
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.db.pool import Pool
from livesop_bot.db.tries import KeyedTries
from livesop_bot.errors import SlackAway, SlackBusy
from livesop_bot.sandbox.demo import GENERAL, demo_workspace
from livesop_bot.sandbox.faults import HandledUnanswered, NeverHandled, RateLimited
from livesop_bot.sandbox.server import SlackServer
from livesop_bot.views.blocks import Message, message
from livesop_bot.worker.delivery import Delivery, Place
from livesop_bot.worker.faults import LANDS_S
from livesop_bot.worker.saying import Saying
from livesop_bot.worker.sweep import sweep

PLACE = Place(key=UUID(int=7), channel=GENERAL)


class Desk:
    """Something to say, and the Slack that it goes to."""

    def __init__(self, pool: Pool, slack: SlackServer, client: AsyncWebClient) -> None:
        self.pool = pool
        self.slack = slack
        self.client = client

    async def say(self) -> bool:
        """Have a worker say it; gives whether it was there."""
        saying = Saying(KeyedTries(self.pool), self.client)
        return (await saying.once(PLACE, message("Hello.")))[1]

    async def wait(self, interval: str) -> None:
        """Let time go by."""
        await self.pool.execute(
            f"UPDATE message_tries SET tried_at = tried_at - interval '{interval}'"
        )

    @property
    def said(self) -> int:
        """How often it was said."""
        messages = self.slack.workspace.channel(GENERAL).messages.values()
        return sum(one["text"] == "Hello." for one in messages)


@pytest.fixture
async def desk(pool: Pool) -> AsyncIterator[Desk]:
    timeout = aiohttp.ClientTimeout(total=1)
    async with SlackServer(demo_workspace()) as slack, aiohttp.ClientSession(timeout=timeout) as s:
        client = AsyncWebClient(
            token=slack.bot_token, base_url=slack.api_url, session=s, retry_handlers=[]
        )
        yield Desk(pool, slack, client)


async def test_of_two_who_looked_at_the_same_time_one_speaks(desk: Desk) -> None:
    async def hello() -> Message:
        return message("Hello.")

    first, second = (
        Delivery(notes=KeyedTries(desk.pool), message=PLACE.key, tried_at=None, quiet=0)
        for _ in range(2)
    )
    assert await first(desk.client, PLACE, hello, event_type="livesop_run")
    with pytest.raises(RetryRequested):
        await second(desk.client, PLACE, hello, event_type="livesop_run")
    assert desk.said == 1


async def test_it_is_said_once_however_often_the_job_comes(desk: Desk) -> None:
    assert [await desk.say() for _ in range(3)] == [False, True, True]
    assert desk.said == 1


async def test_accepted_without_an_answer_is_found(desk: Desk) -> None:
    desk.slack.faults.add("chat.postMessage", HandledUnanswered())
    with pytest.raises(SlackAway):
        await desk.say()
    assert await desk.say() is True
    assert desk.said == 1


async def test_what_may_be_on_its_way_is_waited_for(desk: Desk) -> None:
    desk.slack.faults.add("chat.postMessage", NeverHandled())
    with pytest.raises(SlackAway):
        await desk.say()
    with pytest.raises(RetryRequested) as retry:
        await desk.say()
    assert 1 < retry.value.delay.total_seconds() <= LANDS_S * 1.25
    assert desk.said == 0
    await desk.wait("1 minute")
    assert await desk.say() is False
    assert desk.said == 1


async def test_being_asked_to_wait_is_no_doubt(desk: Desk) -> None:
    desk.slack.faults.add("chat.postMessage", RateLimited(3))
    with pytest.raises(SlackBusy):
        await desk.say()
    assert await desk.say() is False


async def test_tries_are_forgotten_when_no_job_can_ask_for_them(desk: Desk) -> None:
    await desk.say()
    await desk.wait("6 days")
    await sweep(desk.pool)
    assert await desk.pool.fetchval("SELECT count(*) FROM message_tries") == 1
    await desk.wait("2 days")
    await sweep(desk.pool)
    assert await desk.pool.fetchval("SELECT count(*) FROM message_tries") == 0
