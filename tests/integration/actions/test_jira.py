"""Jira: what an issue says, an index that lags, links back, and refusals that people can act on."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from pydantic import SecretStr

from livesop_bot.actions.jira_calls import Jira
from livesop_bot.actions.jira_comment import JiraComment
from livesop_bot.actions.jira_issue import JiraIssue
from livesop_bot.actions.jira_transition import JiraTransition
from livesop_bot.domain.actions import ActionRequest
from livesop_bot.errors import ActionDelayed, ActionInDoubt, ActionRefused, CannotTell
from livesop_bot.sandbox.faults import AnswerStatus, HandledUnanswered
from tests.integration.actions.conftest import QUICK
from tests.outside.jira_server import EMAIL, TOKEN, JiraServer


@pytest.fixture
def kind(site: Jira) -> JiraIssue:
    return JiraIssue(site, "OPS")


def request(kind: JiraIssue, values: dict[str, str], **fields: str) -> ActionRequest:
    return kind.render({"summary": "Look into it"} | fields, values)


def texts(node: dict[str, Any]) -> list[str]:
    """All texts of a document, in their order."""
    own = [node["text"]] if node["type"] == "text" else []
    return own + [text for child in node.get("content", ()) for text in texts(child)]


async def test_an_issue_holds_what_the_sop_says_the_message_and_the_reason(
    kind: JiraIssue, values: dict[str, str], jira: JiraServer
) -> None:
    made = request(
        kind,
        values,
        type="Incident",
        priority="High",
        labels="one, two",
        summary="Down: {{ message.text }}\n{{ extract.affected }}",
        description="Affected: {{ extract.affected }}\nSince: {{ extract.since }}",
    )
    receipt = await kind.perform(made, key := uuid4())
    fields = jira.issues["OPS-1"].fields
    assert (receipt.id, receipt.link) == ("OPS-1", f"{jira.url}/browse/OPS-1")
    assert fields["summary"] == "Down: checkout is down checkout"
    assert fields["labels"] == ["livesop", "one", "two", f"livesop-{key}"]
    assert (fields["issuetype"], fields["priority"]) == ({"name": "Incident"}, {"name": "High"})
    assert texts(fields["description"]) == [
        "Affected: checkout",
        "Since: (no since)",
        "checkout is down",
        "The message in Slack",
        "LiveSOP: Incident, confidence 93%. It names an outage.",
    ]
    assert values["message.permalink"] in str(fields["description"])
    (link,) = jira.issues["OPS-1"].remote_links.values()
    assert link["object"]["url"] == values["message.permalink"]


async def test_an_issue_that_the_index_does_not_show_yet_is_not_opened_again(
    kind: JiraIssue, values: dict[str, str], jira: JiraServer
) -> None:
    made, key, tried_at = request(kind, values), uuid4(), datetime.now(UTC)
    jira.lagging = True
    jira.faults.add("create", HandledUnanswered())
    with pytest.raises(ActionInDoubt):
        await kind.perform(made, key)
    with pytest.raises(CannotTell, match="or not yet") as open_:
        await kind.find(made, key, tried_at)
    assert open_.value.retry_after == pytest.approx(5, abs=1)
    jira.catch_up()
    found = await kind.find(made, key, tried_at)
    assert found is not None
    assert found.id == "OPS-1"
    assert jira.issues["OPS-1"].remote_links


@pytest.mark.parametrize(("ago", "wait"), [(0, 5), (100, 50), (580, 20)])
async def test_the_index_is_waited_for_with_growing_pauses(
    kind: JiraIssue, values: dict[str, str], ago: int, wait: float
) -> None:
    tried_at = datetime.now(UTC) - timedelta(seconds=ago)
    with pytest.raises(CannotTell) as open_:
        await kind.find(request(kind, values), uuid4(), tried_at)
    assert open_.value.retry_after == pytest.approx(wait, abs=2)


async def test_nothing_found_where_it_may_not_look_says_nothing(
    kind: JiraIssue, values: dict[str, str], jira: JiraServer
) -> None:
    jira.hidden.add("OPS")
    with pytest.raises(CannotTell, match="look into OPS"):
        await kind.find(request(kind, values), uuid4(), datetime.now(UTC) - timedelta(days=1))


async def test_a_link_back_that_fails_is_a_note_and_is_made_up_for(
    kind: JiraIssue, values: dict[str, str], jira: JiraServer
) -> None:
    made, key = request(kind, values), uuid4()
    jira.faults.add("remotelink", AnswerStatus(500))
    receipt = await kind.perform(made, key)
    assert "no link back" in receipt.note
    for _ in range(2):
        found = await kind.find(made, key, datetime.now(UTC))
        assert found is not None
        assert found.note == ""
    assert len(jira.issues["OPS-1"].remote_links) == len(jira.issues) == 1


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"type": "Epic"}, "issuetype: Specify a valid issue type"),
        ({"priority": "Urgent"}, "priority: The priority selected is invalid."),
        ({"project": "NOPE"}, "project: valid project is required"),
    ],
)
async def test_refused_fields_are_named(
    kind: JiraIssue, values: dict[str, str], jira: JiraServer, fields: dict[str, str], said: str
) -> None:
    with pytest.raises(ActionRefused, match=f"change the fields of the step.*{said}"):
        await kind.perform(request(kind, values, **fields), uuid4())
    assert jira.issues == {}


async def test_a_project_that_is_closed_to_the_account_is_named(
    kind: JiraIssue, values: dict[str, str], jira: JiraServer
) -> None:
    jira.closed.add("OPS")
    with pytest.raises(ActionRefused, match=rf"open an issue in OPS \(403\): give {EMAIL}"):
        await kind.perform(request(kind, values), uuid4())


@pytest.mark.parametrize("lenient", [False, True])
async def test_a_wrong_token_is_named_and_finds_nothing_out(
    values: dict[str, str], jira: JiraServer, session: aiohttp.ClientSession, lenient: bool
) -> None:
    jira.lenient_to_strangers = lenient
    wrong = Jira(session, base_url=jira.url, email=EMAIL, token=SecretStr("x"), limits=QUICK)
    kind = JiraIssue(wrong, "OPS")
    with pytest.raises(ActionRefused, match=r"\(401\): set JIRA_EMAIL and a valid JIRA_API_TOKEN"):
        await kind.perform(request(kind, values), uuid4())
    with pytest.raises(CannotTell, match="401"):
        await kind.find(request(kind, values), uuid4(), datetime.now(UTC) - timedelta(days=1))


async def test_what_is_not_set_is_named(
    values: dict[str, str], jira: JiraServer, session: aiohttp.ClientSession
) -> None:
    kind = JiraIssue(Jira(session, base_url=jira.url, email=EMAIL, token=None), "OPS")
    with pytest.raises(ActionRefused, match="set JIRA_BASE_URL, JIRA_EMAIL and JIRA_API_TOKEN"):
        await kind.perform(request(kind, values), uuid4())
    with pytest.raises(ActionRefused, match="JIRA_PROJECT"):
        request(JiraIssue(Jira(session, base_url=None, email=None, token=None), None), values)


@pytest.mark.parametrize(
    ("status", "error", "said"),
    [
        (302, ActionRefused, "JIRA_BASE_URL must be the site's own address"),
        (404, ActionRefused, "not there"),
        (408, ActionInDoubt, "408"),
        (200, ActionInDoubt, "cannot be read"),
        (413, ActionRefused, "413"),
    ],
)
async def test_other_answers_say_what_they_mean(
    kind: JiraIssue,
    values: dict[str, str],
    jira: JiraServer,
    status: int,
    error: type[Exception],
    said: str,
) -> None:
    jira.faults.add("create", AnswerStatus(status))
    with pytest.raises(error, match=said):
        await kind.perform(request(kind, values), uuid4())


async def test_no_doubt_comes_of_a_jira_that_was_never_reached(
    values: dict[str, str], session: aiohttp.ClientSession
) -> None:
    site = Jira(session, base_url="http://127.0.0.1:1", email=EMAIL, token=SecretStr(TOKEN))
    kind = JiraIssue(site, "OPS")
    with pytest.raises(ActionDelayed, match="cannot be reached"):
        await kind.perform(request(kind, values), uuid4())


async def test_a_comment_goes_to_the_issue_of_an_earlier_step_and_says_its_text(
    site: Jira, values: dict[str, str], jira: JiraServer
) -> None:
    issue = jira.open("OPS-7")
    fields = {"issue": "{{ steps.ticket.id }}", "text": "Again: {{ message.text }}"}
    kind = JiraComment(site)
    receipt = await kind.perform(
        kind.render(fields, values | {"steps.ticket.id": "OPS-7"}), uuid4()
    )
    assert texts(issue.comments[0].body) == ["Again: checkout is down"]
    assert receipt.link == f"{jira.url}/browse/OPS-7?focusedCommentId={receipt.id}"
    with pytest.raises(ActionRefused, match="was that step done"):
        kind.render(fields, values)
    gone = kind.render(fields, values | {"steps.ticket.id": "OPS-8"})
    with pytest.raises(ActionRefused, match=r"comment on OPS-8: it is not there \(404\)"):
        await kind.perform(gone, uuid4())


async def test_more_new_comments_than_it_looks_at_leave_it_open(
    site: Jira, values: dict[str, str], jira: JiraServer
) -> None:
    jira.open("OPS-7")
    kind = JiraComment(site)
    made = kind.render({"issue": "OPS-7", "text": "Again"}, values)
    for _ in range(50):
        await kind.perform(made, uuid4())
    with pytest.raises(CannotTell, match="too many"):
        await kind.find(made, uuid4(), datetime.now(UTC))
    assert await kind.find(made, uuid4(), datetime.now(UTC) + timedelta(hours=1)) is None


async def test_a_status_is_taken_once_and_a_way_that_does_not_exist_is_named(
    site: Jira, values: dict[str, str], jira: JiraServer
) -> None:
    issue = jira.open("OPS-7")
    kind = JiraTransition(site)
    made = kind.render({"issue": "OPS-7", "to": "In Progress"}, values)
    for _ in range(2):
        receipt = await kind.perform(made, uuid4())
        assert (receipt.words, issue.status) == ("OPS-7 is In Progress in Jira", "In Progress")
    issue.status = "To Do"
    with pytest.raises(ActionRefused, match="cannot go to Done from where it is, only to: In Prog"):
        await kind.perform(kind.render({"issue": "OPS-7", "to": "Done"}, values), uuid4())
