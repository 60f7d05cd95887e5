"""What people ask LiveSOP for, through the socket: answers to questions, and starts by hand."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from livesop_bot.sandbox.demo import ADA, GENERAL, GRACE, INCIDENTS, LINUS, SUPPORT
from livesop_bot.sandbox.server import SlackServer

QUESTION = "what is the refund procedure?"


def said_by_bot(slack: SlackServer, channel: str) -> list[dict[str, Any]]:
    """LiveSOP's messages in a channel, threads included."""
    bot = slack.workspace.bot.user_id
    messages = slack.workspace.channel(channel).messages.values()
    return [message for message in messages if message["user"] == bot]


async def test_a_question_by_name_is_answered_once_in_its_thread(
    slack: SlackServer, database: str, start_app: Any, facts: Any
) -> None:
    await start_app(database)
    bot = slack.workspace.bot.user_id
    asked = slack.workspace.post(GENERAL, GRACE, f"<@{bot}> {QUESTION}")
    await facts.until("SELECT post_state FROM remarks", "posted")
    await facts.idle()
    answers = [one for one in facts.answers(asked["ts"]) if "Found:" in one["text"]]
    assert len(answers) == 1
    shown = str(answers[0]["blocks"])
    assert "*Refund request*" in shown
    assert "its steps are in this thread" in shown  # for it is proposed there, too
    # The mention came twice, as app_mention and as message; it is one signal, judged as any is.
    assert await facts.value("SELECT count(*) FROM raw_signals WHERE text <> ''") == 1
    assert await facts.value("SELECT max(caution) FROM evaluations") in (
        "",
        "the message asks LiveSOP something",
    )


async def test_a_question_in_a_direct_message_cites_the_knowledge(
    slack: SlackServer, database: str, start_app: Any, facts: Any
) -> None:
    await start_app(database)
    note = "Vacation policy\nEverybody has thirty days of vacation a year."
    await slack.interactions.command(GRACE, GENERAL, f"/livesop kb add {note}")
    await facts.until("SELECT count(*) FROM documents", 1)
    dm = slack.workspace.direct_channel(LINUS).id
    slack.workspace.post(dm, LINUS, "how many days of vacation do I have?")
    await facts.until("SELECT post_state FROM remarks", "posted")
    (answer,) = [one for one in said_by_bot(slack, dm) if "Found:" in one["text"]]
    assert "thirty days of vacation" in str(answer["blocks"])
    assert "From the knowledge: a note" in str(answer["blocks"])


async def test_what_nobody_knows_is_said_and_smalltalk_is_left_alone(
    slack: SlackServer, database: str, start_app: Any, facts: Any
) -> None:
    await start_app(database)
    dm = slack.workspace.direct_channel(LINUS).id
    slack.workspace.post(dm, LINUS, "thanks a lot")
    slack.workspace.post(dm, LINUS, "where is the coffee machine?")
    await facts.until("SELECT post_state FROM remarks", "posted")
    await facts.idle()
    (answer,) = said_by_bot(slack, dm)
    assert "have anything on `where is the coffee machine?`" in str(answer["blocks"])
    assert "/livesop kb add" in str(answer["blocks"])


async def test_who_says_hello_is_told_what_it_is_there_for(
    slack: SlackServer, database: str, start_app: Any, facts: Any
) -> None:
    await start_app(database)
    dm = slack.workspace.direct_channel(LINUS).id
    slack.workspace.post(dm, LINUS, "hi")
    await facts.until("SELECT post_state FROM remarks", "posted")
    await facts.idle()
    (answer,) = said_by_bot(slack, dm)
    assert "what is the refund procedure?" in str(answer["blocks"])
    assert "/livesop help" in str(answer["blocks"])


async def test_a_guest_is_not_answered_from_what_the_team_knows(
    slack: SlackServer, database: str, start_app: Any, facts: Any
) -> None:
    await start_app(database)
    slack.workspace.people[LINUS] = replace(slack.workspace.person(LINUS), is_guest=True)
    slack.workspace.post(GENERAL, LINUS, f"<@{slack.workspace.bot.user_id}> {QUESTION}")
    await facts.until("SELECT post_state FROM remarks", "cancelled")
    assert not [one for one in said_by_bot(slack, GENERAL) if "Found:" in one["text"]]


async def test_an_sop_is_started_by_hand_in_a_channel(
    slack: SlackServer, database: str, start_app: Any, facts: Any
) -> None:
    await start_app(database)
    await facts.until("SELECT count(*) > 0 FROM workflows", True)
    await slack.interactions.command(
        GRACE, SUPPORT, "/livesop start refund-request customer 4711, <!channel>"
    )
    await facts.until("SELECT post_state FROM runs", "posted")
    opening, run = sorted(said_by_bot(slack, SUPPORT), key=lambda one: float(one["ts"]))
    assert f"<@{GRACE}> started *Refund request*" in str(opening["blocks"])
    assert "<!channel>" not in str(opening["blocks"])
    assert run["thread_ts"] == opening["ts"]
    assert f"started by <@{GRACE}>" in str(run["blocks"])
    assert await facts.value("SELECT cause || ' ' || reason FROM evaluations") == "manual by_hand"
    assert await facts.value("SELECT state || started_by FROM runs") == f"running{GRACE}"

    slack.workspace.delete(SUPPORT, opening["ts"])
    await facts.until("SELECT state FROM runs", "cancelled")


async def test_an_sop_is_started_by_hand_for_a_message(
    slack: SlackServer, database: str, start_app: Any, facts: Any
) -> None:
    await start_app(database)
    message = slack.workspace.post(SUPPORT, GRACE, "hello there, lovely weather today")
    await facts.until("SELECT count(*) FROM evaluations", 1)
    await slack.interactions.message_shortcut(ADA, SUPPORT, message["ts"], "start_shortcut")
    view = await form_of(slack, ADA, "start_form")
    picked = {"type": "static_select", "selected_option": {"value": "incident"}}
    await slack.interactions.submit(ADA, view["id"], {"start_sop": {"start_sop": picked}})
    await facts.until("SELECT post_state FROM runs", "posted")
    (run,) = facts.answers(message["ts"])
    assert f"started by <@{ADA}>" in str(run["blocks"])
    assert await facts.value("SELECT fits FROM verdicts") is True

    await slack.interactions.message_shortcut(ADA, SUPPORT, message["ts"], "start_shortcut")
    view = await form_of(slack, ADA, "start_form")
    await slack.interactions.submit(ADA, view["id"], {"start_sop": {"start_sop": picked}})
    await seen(slack, lambda: "open in this thread already" in str(slack.workspace.views.stacks))
    assert await facts.value("SELECT count(*) FROM runs") == 1


async def form_of(slack: SlackServer, user: str, callback: str) -> dict[str, Any]:
    """The modal on top, once it is that form."""

    def top() -> dict[str, Any]:
        stack = slack.workspace.views.stacks.get(user) or [{}]
        found: dict[str, Any] = stack[-1]
        return found

    await seen(slack, lambda: top().get("callback_id") == callback)
    return top()


async def seen(slack: SlackServer, what: Callable[[], bool]) -> None:
    """Wait until something is so in Slack."""
    if not what():
        await slack.workspace.wait_for_change(lambda _: what(), timeout=10)


async def test_what_waits_is_answered_from_the_list(
    slack: SlackServer, database: str, start_app: Any, facts: Any
) -> None:
    await start_app(database)
    slack.workspace.post(INCIDENTS, GRACE, "URGENT: checkout is down, payments fail with 502")
    await facts.until("SELECT post_state FROM runs", "posted")
    await slack.interactions.command(GRACE, INCIDENTS, "/livesop approvals")
    view = await form_of(slack, GRACE, "waiting")
    (row,) = [block for block in view["blocks"] if block["type"] == "actions"]
    start = row["elements"][0] | {"block_id": row["block_id"]}
    await slack.interactions.block_action(GRACE, {"type": "view", "view_id": view["id"]}, start)
    await facts.until("SELECT state || started_by FROM runs", f"running{GRACE}")
