"""Trust that is taken back, and the greeting: through the socket, once each, whatever is killed."""

from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio

from livesop_bot.db.teams import Teams
from livesop_bot.domain.decisions import Scope
from livesop_bot.domain.workflows import Trigger, WorkflowDefinition
from livesop_bot.sandbox.demo import ADA, GRACE, INCIDENTS, LINUS
from livesop_bot.sandbox.server import SlackServer
from tests.acceptance.thread import Thread
from tests.switches import TEAM, allowed, tells

LATER = WorkflowDefinition(
    slug="later",
    title="Later",
    trigger=Trigger(description="later"),
    steps=(tells(undo_s=3600),),
)


@pytest_asyncio.fixture
async def teams(database: str) -> AsyncIterator[Teams]:
    """A team with an SOP that Auto-Pilot may start."""
    async with allowed(database, LATER) as teams:
        yield teams


def _say(slack: SlackServer, text: str) -> Thread:
    return Thread(slack, INCIDENTS, slack.workspace.post(INCIDENTS, GRACE, text)["ts"])


def _notices(slack: SlackServer, thread: Thread) -> list[str]:
    """What the thread was told of a switch that went off."""
    replies = slack.workspace.channel(INCIDENTS).replies.get(thread.ts, [])
    return [reply["text"] for reply in replies if reply["text"].startswith("🛑")]


async def test_an_undo_takes_the_step_back_for_all_that_it_was_about_to_do(
    slack: SlackServer, database: str, teams: Teams, start_bot: Any, facts: Any
) -> None:
    bot = await start_bot(database, "named")
    first, second = _say(slack, "later a"), _say(slack, "later b")
    await second.until_button("Cancel")
    await first.press(LINUS, "Cancel")
    await facts.until("SELECT count(*) FROM demotions", 1)
    await bot.kill()
    await start_bot(database, "named")
    await facts.idle()
    assert (Scope.STEP, "later/tell") not in await teams.switched_on(TEAM)
    (notice,) = _notices(slack, first)
    assert f"<@{LINUS}> took back" in notice
    await second.until("Auto-Pilot is off for this step")
    assert _notices(slack, second) == []
    third = _say(slack, "later c")
    await third.until("*Proposed.*")


async def test_two_starts_that_do_not_fit_switch_the_sop_off(
    slack: SlackServer, database: str, teams: Teams, start_bot: Any, facts: Any
) -> None:
    await start_bot(database, "named")
    threads = [_say(slack, f"later {name}") for name in "ab"]
    for thread in threads:
        await thread.press(GRACE, "Not this")
        await thread.until("*Not this one,*")
    await facts.until("SELECT count(*) FROM demotions WHERE told_at IS NOT NULL", 1)
    assert (Scope.WORKFLOW, "later") not in await teams.switched_on(TEAM)
    assert [len(_notices(slack, thread)) for thread in threads] == [0, 1]
    assert "Nothing was done" in threads[0].text


async def test_who_opens_home_first_is_greeted_once(
    slack: SlackServer, database: str, start_bot: Any, facts: Any
) -> None:
    bot = await start_bot(database, "named")
    slack.workspace.open_home(LINUS)
    await facts.until("SELECT greeted FROM guides", LINUS)
    await bot.kill()
    await start_bot(database, "named")
    slack.workspace.open_home(ADA)
    await facts.until("SELECT count(*) FROM guides WHERE greeted_at IS NOT NULL", 1)
    await facts.idle()
    said = {
        user: sum(
            message["user"] == slack.workspace.bot.user_id
            for message in slack.workspace.direct_channel(user).messages.values()
        )
        for user in (LINUS, ADA)
    }
    assert said == {LINUS: 1, ADA: 0}
