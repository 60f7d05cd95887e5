"""Modals between the helper that opens and fills them, and a Slack server."""

import asyncio
from typing import Any

import pytest
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.errors import DatabaseAway, SlackRefused
from livesop_bot.sandbox.demo import GRACE
from livesop_bot.sandbox.server import SlackServer
from livesop_bot.slack.listeners.boundary import boundary
from livesop_bot.slack.listeners.modals import Modal, opened, pushed
from livesop_bot.views.blocks import View, section
from livesop_bot.views.lint import violations
from livesop_bot.views.modal import database_away, loading, modal, went_wrong

FILLED = modal("Why", [section("Because.")])


def shown(slack: SlackServer) -> list[str]:
    """The first text of each modal that Grace has open, the lowest first."""
    return [
        view["blocks"][0]["text"]["text"] for view in slack.workspace.views.stacks.get(GRACE, ())
    ]


@pytest.fixture
def trigger(slack: SlackServer) -> str:
    """What Slack gives with a press of Grace's."""
    return slack.triggers.issue(GRACE)


@pytest.mark.parametrize("view", [loading("Why"), database_away("Why"), went_wrong("Why")])
def test_slack_takes_what_stands_in(view: View) -> None:
    assert violations(view) == []


async def test_it_is_open_before_there_is_anything_to_show(
    slack: SlackServer, client: AsyncWebClient, trigger: str
) -> None:
    made = await opened(client, trigger, loading("Why"))
    assert "One moment" in shown(slack)[0]
    looked_up = asyncio.Event()

    async def look() -> View:
        await looked_up.wait()
        return FILLED

    filling = asyncio.create_task(made.fill_from(look()))
    looked_up.set()
    assert await filling
    assert shown(slack) == ["Because."]


async def test_it_can_be_filled_again(
    slack: SlackServer, client: AsyncWebClient, trigger: str
) -> None:
    made = await opened(client, trigger, loading("Why"))
    assert await made.fill(FILLED)
    assert await made.fill(modal("Why", [section("And then.")]))
    assert shown(slack) == ["And then."]


async def test_without_a_database_it_says_so_and_what_to_do(
    slack: SlackServer, client: AsyncWebClient, trigger: str
) -> None:
    async def look() -> View:
        raise DatabaseAway("gone")

    made = await opened(client, trigger, loading("Why"))
    await made.fill_from(look())
    (view,) = slack.workspace.views.stacks[GRACE]
    assert shown(slack) == ["⚠️ The database is away"]
    assert "try again in a minute" in view["blocks"][1]["text"]["text"]
    assert view["title"]["text"] == "Why"


async def test_what_nobody_foresaw_is_said_in_it_and_logged(
    slack: SlackServer, client: AsyncWebClient, trigger: str, log_events: list[dict[str, Any]]
) -> None:
    async def look() -> View:
        raise RuntimeError("a mistake")

    made = await opened(client, trigger, loading("Why"))
    async with boundary({"type": "block_actions"}, made.went_wrong):
        await made.fill_from(look())
    assert shown(slack) == ["⚠️ Something went wrong here"]
    assert [event["event"] for event in log_events] == ["listener.failed"]


async def test_somebody_who_closed_it_is_left_in_peace(
    slack: SlackServer, client: AsyncWebClient, trigger: str
) -> None:
    made = await opened(client, trigger, loading("Why"))
    (view,) = slack.workspace.views.stacks[GRACE]
    await slack.interactions.close(GRACE, view["id"])
    assert not await made.fill(FILLED)
    assert shown(slack) == []


async def test_what_is_newer_is_not_overwritten(
    slack: SlackServer, client: AsyncWebClient, trigger: str
) -> None:
    made = await opened(client, trigger, loading("Why"))
    (view,) = slack.workspace.views.stacks[GRACE]
    other = Modal.pressed(client, {"view": view})
    assert await made.fill(FILLED)
    assert not await other.fill(modal("Why", [section("Too late.")]))
    assert shown(slack) == ["Because."]


async def test_a_trigger_is_good_for_one_modal(
    slack: SlackServer, client: AsyncWebClient, trigger: str
) -> None:
    await opened(client, trigger, FILLED)
    with pytest.raises(SlackRefused) as refused:
        await opened(client, trigger, FILLED)
    assert refused.value.code == "exchanged_trigger_id"


async def test_one_lies_over_the_other(
    slack: SlackServer, client: AsyncWebClient, trigger: str
) -> None:
    lower = await opened(client, trigger, FILLED)
    upper = await pushed(client, slack.triggers.issue(GRACE), loading("More"))
    assert await upper.fill(modal("More", [section("More.")]))
    assert await lower.fill(modal("Why", [section("Meanwhile.")]))
    assert shown(slack) == ["Meanwhile.", "More."]
