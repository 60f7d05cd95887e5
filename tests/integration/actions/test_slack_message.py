"""Slack messages: where they go, what a message cannot put into them, what people are told."""

from datetime import UTC, datetime
from uuid import uuid4

import aiohttp
import pytest
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.slack_message import SlackMessage
from livesop_bot.domain.actions import ActionRequest
from livesop_bot.domain.occasion import THREAD
from livesop_bot.errors import ActionDelayed, ActionRefused, CannotTell
from livesop_bot.sandbox.demo import GRACE, INCIDENTS, SUPPORT
from livesop_bot.sandbox.faults import AnswerError, AnswerStatus
from livesop_bot.sandbox.server import SlackServer
from tests.integration.actions.conftest import posted


@pytest.fixture
def kind(client: AsyncWebClient) -> SlackMessage:
    return SlackMessage(client)


def request(kind: SlackMessage, values: dict[str, str], channel: str = "thread") -> ActionRequest:
    return kind.render({"channel": channel, "text": "On it."}, values)


async def test_it_goes_to_the_thread_to_a_channel_or_to_the_requester(
    kind: SlackMessage, values: dict[str, str], slack: SlackServer
) -> None:
    for channel in ("thread", "#support", SUPPORT, "dm: requester"):
        await kind.perform(request(kind, values, channel), uuid4())
    places = [(at, message.get("thread_ts")) for at, message in posted(slack, "On it.")]
    direct = slack.workspace.direct_channel(GRACE).id
    expected = [(INCIDENTS, values[THREAD]), (SUPPORT, None), (SUPPORT, None), (direct, None)]
    assert sorted(places, key=str) == sorted(expected, key=str)


async def test_what_a_message_says_mentions_nobody_and_links_nowhere(
    kind: SlackMessage, values: dict[str, str], slack: SlackServer
) -> None:
    values["message.text"] = "<!channel> <@U0ADA00001> <https://x.example|bank> & {{ sop.title }}"
    text = "<!here> {{ message.author }} in {{ message.channel }}: {{ message.text }}"
    made = kind.render({"text": text}, values)
    await kind.perform(made, uuid4())
    ((_, message),) = posted(slack, "<!here>")
    assert message["text"] == (
        f"<!here> <@{GRACE}> in <#{INCIDENTS}>: &lt;!channel&gt; &lt;@U0ADA00001&gt; "
        "&lt;https://x.example|bank&gt; &amp; {{ sop.title }}"
    )
    assert values["message.text"] in made.preview


async def test_a_long_text_is_cut_between_characters(
    kind: SlackMessage, values: dict[str, str]
) -> None:
    values["message.text"] = "&" * 5_000
    text = kind.render({"text": "{{ message.text }}"}, values).body["text"]
    assert len(text) <= 4_000
    assert text.endswith("&amp;…")


@pytest.mark.parametrize(
    ("channel", "missing", "said"),
    [
        ("thread", THREAD, "no thread"),
        ("thread", "message.channel", "no thread"),
        ("dm: requester", "message.author", "nobody to write to"),
    ],
)
async def test_a_place_that_a_message_does_not_have_is_refused_before_anything_is_sent(
    kind: SlackMessage, values: dict[str, str], channel: str, missing: str, said: str
) -> None:
    del values[missing]
    with pytest.raises(ActionRefused, match=said):
        request(kind, values, channel)


async def test_a_channel_that_it_is_not_in_is_named(
    kind: SlackMessage, values: dict[str, str], slack: SlackServer
) -> None:
    made = request(kind, values, "#secret")
    with pytest.raises(ActionRefused, match="in no public channel #secret: invite it there"):
        await kind.perform(made, uuid4())
    with pytest.raises(CannotTell, match="#secret"):
        await kind.find(made, uuid4(), datetime.now(UTC))
    assert posted(slack, "On it.") == []


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        ("not_in_channel", "invite it with /invite"),
        ("channel_not_found", "knows no such channel"),
        ("invalid_auth", "set SLACK_BOT_TOKEN"),
        ("missing_scope", "newest manifest"),
        ("something_new", r"something_new\): change the SOP"),
    ],
)
async def test_a_refusal_says_what_to_do(
    kind: SlackMessage, values: dict[str, str], slack: SlackServer, code: str, advice: str
) -> None:
    slack.faults.add("chat.postMessage", AnswerError(code))
    with pytest.raises(ActionRefused, match=advice):
        await kind.perform(request(kind, values), uuid4())


@pytest.mark.parametrize("call", ["users.conversations", "conversations.open"])
async def test_no_doubt_comes_of_looking_for_the_place(
    kind: SlackMessage, values: dict[str, str], slack: SlackServer, call: str
) -> None:
    slack.faults.add(call, AnswerStatus(500))
    channel = "dm: requester" if call == "conversations.open" else "#support"
    with pytest.raises(ActionDelayed):
        await kind.perform(request(kind, values, channel), uuid4())


async def test_no_doubt_comes_of_a_slack_that_was_never_reached(
    values: dict[str, str], session: aiohttp.ClientSession
) -> None:
    closed = AsyncWebClient(
        token="xoxb-x", base_url="http://127.0.0.1:1/api/", session=session, retry_handlers=[]
    )
    kind = SlackMessage(closed)
    with pytest.raises(ActionDelayed):
        await kind.perform(request(kind, values), uuid4())


async def test_a_message_without_a_link_was_posted_all_the_same(
    kind: SlackMessage, values: dict[str, str], slack: SlackServer
) -> None:
    assert (await kind.perform(request(kind, values), uuid4())).link
    slack.faults.add("chat.getPermalink", AnswerStatus(500))
    receipt = await kind.perform(request(kind, values), uuid4())
    assert receipt.link is None
    assert len(posted(slack, "On it.")) == 2


async def test_it_is_found_among_many_later_messages(
    kind: SlackMessage, values: dict[str, str], slack: SlackServer
) -> None:
    made, key, tried_at = request(kind, values, "#support"), uuid4(), datetime.now(UTC)
    receipt = await kind.perform(made, key)
    for number in range(450):
        slack.workspace.post(SUPPORT, GRACE, f"later {number}")
    found = await kind.find(made, key, tried_at)
    assert found is not None
    assert found.id == receipt.id
