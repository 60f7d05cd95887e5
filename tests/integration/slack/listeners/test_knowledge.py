"""Knowledge in a workspace: added by command, link, form and file, listed, searched, removed."""

import asyncio
import json
from typing import Any

import pytest

from livesop_bot.db.pool import Pool
from livesop_bot.sandbox.changes import Change, EphemeralShown, ViewShown
from livesop_bot.sandbox.demo import ADA, BUGS, GENERAL, GRACE, LINUS, SUPPORT
from livesop_bot.sandbox.faults import AnswerError
from livesop_bot.sandbox.people import Person
from livesop_bot.sandbox.server import SlackServer
from livesop_bot.views.ids import ActionId, BlockId, CallbackId
from tests.integration.slack.listeners.conftest import Desk

SHORTCUT = CallbackId.KNOWLEDGE_SHORTCUT.value
ROTA = "The rota changes on Mondays.\nWhoever is on duty carries the pager."


class Talk:
    """A person's side: what is typed and chosen, and the answers that come some time after."""

    def __init__(self, slack: SlackServer) -> None:
        self.slack = slack
        self._answers: asyncio.Queue[str] = asyncio.Queue()
        self._views: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        slack.workspace.listen(self._look)

    def _look(self, change: Change) -> None:
        if isinstance(change, ViewShown):
            self._views.put_nowait(change.view)
        elif isinstance(change, EphemeralShown):
            blocks = change.message["blocks"]
            texts = [block.get("text") or block["elements"][0] for block in blocks]
            self._answers.put_nowait("\n".join(text["text"] for text in texts))

    async def type(self, user: str, line: str, channel: str = GENERAL) -> str:
        """Type a command; gives the answer."""
        await self.slack.interactions.command(user, channel, line)
        return await self.answer()

    async def choose(self, user: str, message: dict[str, Any], channel: str = GENERAL) -> None:
        """Choose “Add to knowledge” in a message's menu."""
        await self.slack.interactions.message_shortcut(user, channel, message["ts"], SHORTCUT)

    async def answer(self) -> str:
        """The next answer."""
        async with asyncio.timeout(10):
            return await self._answers.get()

    async def form(self) -> dict[str, Any]:
        """The form that was opened or updated last."""
        async with asyncio.timeout(10):
            return await self._views.get()

    async def submit(self, user: str, form: Any, title: str, text: str) -> dict[str, str]:
        """Fill the form in and send it; gives the errors."""
        values = {
            BlockId.KNOWLEDGE_TITLE.value: {ActionId.KNOWLEDGE_TITLE.value: {"value": title}},
            BlockId.KNOWLEDGE_TEXT.value: {ActionId.KNOWLEDGE_TEXT.value: {"value": text}},
        }
        errors: dict[str, str] = await self.slack.interactions.submit(user, form["id"], values)
        return errors


@pytest.fixture
def talk(desk: Desk) -> Talk:
    return Talk(desk.slack)


async def test_a_text_is_added_listed_found_and_removed(talk: Talk) -> None:
    assert "Added *The rota changes on Mondays.* (number 1" in await talk.type(
        GRACE, f"/livesop kb add {ROTA}"
    )
    assert "is known already" in await talk.type(LINUS, f"/livesop kb add {ROTA}")
    assert "1.  *The rota changes" in (listed := await talk.type(LINUS, "/livesop kb list"))
    assert f"<@{GRACE}>" in listed
    assert "carries the pager" in await talk.type(LINUS, "/livesop kb search who is on duty, pager")
    assert "Nothing in the knowledge" in await talk.type(LINUS, "/livesop kb search quarterly tax")
    assert "Only whoever added" in await talk.type(LINUS, "/livesop kb remove 1")
    assert "no document with the number" in await talk.type(LINUS, "/livesop kb remove 7")
    assert "was removed" in await talk.type(GRACE, "/livesop kb remove 1")
    assert "There is no knowledge yet" in await talk.type(GRACE, "/livesop kb list")


async def test_admins_may_remove_what_others_added(talk: Talk) -> None:
    await talk.type(GRACE, f"/livesop kb add {ROTA}")
    talk.slack.faults.add("users.info", AnswerError("internal_error"))
    assert "Only whoever added" in await talk.type(ADA, "/livesop kb remove 1")
    assert "was removed" in await talk.type(ADA, "/livesop kb remove 1")


@pytest.mark.parametrize("line", ["kb", "kb what", "kb remove", "kb search"])
async def test_half_a_command_is_explained(talk: Talk, line: str) -> None:
    assert "/livesop kb add" in await talk.type(GRACE, f"/livesop {line}")


async def test_the_form_adds_what_it_holds(talk: Talk, pool: Pool) -> None:
    await talk.slack.interactions.command(GRACE, GENERAL, "/livesop kb add")
    form = await talk.form()
    assert BlockId.KNOWLEDGE_TEXT in await talk.submit(GRACE, form, "Nothing", " \n ")
    assert await talk.submit(GRACE, form, "On duty", ROTA) == {}
    assert "Added *On duty*" in json.dumps(await talk.form())
    assert await pool.fetchval("SELECT title FROM documents") == "On duty"


async def test_a_message_comes_with_its_link_and_goes_with_it(talk: Talk, pool: Pool) -> None:
    message = talk.slack.workspace.post(SUPPORT, GRACE, "Refunds: see &lt;finance&gt;, <#C1|money>")
    await talk.choose(GRACE, message, SUPPORT)
    form = await talk.form()
    text = form["blocks"][2]["element"]["initial_value"]
    assert text == "Refunds: see <finance>, #money"
    assert await talk.submit(GRACE, form, "Refunds", text) == {}
    row = await pool.fetchrow("SELECT kind, link, message FROM documents")
    assert row is not None
    assert row["kind"] == "message"
    assert row["link"].endswith(f"/archives/{SUPPORT}/p{message['ts'].replace('.', '')}")
    assert row["message"] == f"{SUPPORT}:{message['ts']}"


async def test_files_of_a_message_are_read(talk: Talk, pool: Pool) -> None:
    share = talk.slack.workspace.share
    await talk.choose(GRACE, share(GENERAL, GRACE, "on-call.md", ROTA.encode()))
    assert "Added *<https" in (said := await talk.answer())
    assert "on call" in said
    await talk.choose(GRACE, share(GENERAL, GRACE, "photo.md", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"))
    assert "photo.md was not added. It is of a kind that cannot be read" in await talk.answer()
    await talk.choose(GRACE, share(GENERAL, GRACE, "big.txt", b"word " * 1_100_000))
    assert "too large" in await talk.answer()
    talk.slack.scopes.remove("files:read")
    await talk.choose(GRACE, share(GENERAL, GRACE, "other.md", b"# Other"))
    assert "Slack does not let LiveSOP read it" in await talk.answer()
    assert await pool.fetchval("SELECT count(*) FROM documents") == 1


@pytest.mark.parametrize(
    "change",
    [
        {"url_private_download": "https://files.example.com/x", "mode": "hosted"},
        {"url_private_download": "http://127.0.0.1:1/x"},
        {"url_private_download": "https://slack.com.example.com/x"},
        {"mode": "external"},
    ],
)
async def test_the_token_goes_to_slack_alone(talk: Talk, change: dict[str, str]) -> None:
    message = talk.slack.workspace.share(GENERAL, GRACE, "a.md", b"# Title")
    message["files"][0] |= change
    await talk.choose(GRACE, message)
    assert "It is not kept in Slack" in await talk.answer()


async def test_a_link_is_followed_only_where_everybody_may_read(talk: Talk, pool: Pool) -> None:
    workspace = talk.slack.workspace
    workspace.add_channel("C0SECRET01", "secret").is_private = True
    workspace.people["U0GUEST001"] = Person(
        id="U0GUEST001", name="gus", real_name="Gus", is_guest=True
    )

    def link(channel: str) -> str:
        message = workspace.post(channel, LINUS, f"A note that was written in {channel}")
        return str(workspace.permalink(workspace.channels[channel], message))

    add = "/livesop kb add"
    assert "was not added" in await talk.type(GRACE, f"{add} {link('C0SECRET01')}")
    assert "was not added" in await talk.type("U0GUEST001", f"{add} {link(BUGS)}")
    talk.slack.faults.add("conversations.info", AnswerError("internal_error"))
    assert "was not added" in await talk.type(GRACE, f"{add} {link(SUPPORT)}")
    assert await pool.fetchval("SELECT count(*) FROM documents") == 0
    assert "Added" in await talk.type(GRACE, f"{add} {link(BUGS)}")
    assert "Added" in await talk.type(GRACE, f"{add} {link('C0SECRET01')}", "C0SECRET01")
