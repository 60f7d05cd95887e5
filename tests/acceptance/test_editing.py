"""Editing SOPs through the socket: Home, the editor's modals, publishing, and what comes of it."""

from typing import Any

from livesop_bot.domain.evaluations import Judgement
from livesop_bot.domain.workflows import StepId
from livesop_bot.errors import EvaluatorAway
from livesop_bot.evaluation.evaluator import Question
from livesop_bot.sandbox.demo import ADA, GRACE, INCIDENTS
from livesop_bot.sandbox.server import SlackServer
from tests.acceptance.hands import Hands

JUDGED = """
WITH signals AS (
    INSERT INTO raw_signals (event_id, team_id, source, external_id, channel_id, message_ts,
        author_id, author_is_bot, text, occurred_at, received_at, state)
    SELECT 'M' || n, 'T0SANDBOX', 'slack', $1 || ':' || n, $1, n::text, 'U1', false,
        'incident ' || n, now(), now(), 'evaluated'
    FROM generate_series(1, $2) AS n RETURNING id
)
INSERT INTO evaluations (team_id, signal_id, revision, cause, dry_run, reasoning, evidence,
    evaluator, verdict, reason, detail, latency_ms)
SELECT 'T0SANDBOX', id, 1, 'signal', false, '', '', 'words', 'skip', 'no_match', '', 1 FROM signals
"""
INCIDENT_STEP = StepId("declare")


class Named:
    """Takes the SOP whose slug is the first word of the message, and is sure of it."""

    name = "named"

    def __init__(self) -> None:
        self.is_away = False

    async def evaluate(self, question: Question) -> Judgement:
        """Compare the first word."""
        if self.is_away:
            raise EvaluatorAway("not there")
        word = question.signal.text.partition(" ")[0]
        slugs = {workflow.slug: workflow.id for workflow in question.workflows}
        return Judgement(
            workflow=slugs.get(word), confidence=0.95, reasoning="It says so.", evaluator=self.name
        )


async def test_an_sop_is_edited_published_and_fires(
    slack: SlackServer, database: str, start_app: Any, facts: Any, ada: Hands
) -> None:
    await start_app(database, evaluator=Named())
    slack.workspace.post(INCIDENTS, GRACE, "printer-fire on floor two")
    await facts.until("SELECT count(*) FROM evaluations", 1)
    await ada.workflows()
    await ada.press("sop_new", "", ada.home)
    await ada.until("New SOP")
    errors = await ada.send(title="Printer fire", description="A printer burns", examples="x" * 501)
    assert list(errors) == ["sop_field:examples"]
    assert (
        await ada.send(
            title="Printer fire",
            description="A printer burns",
            examples="printer-fire on floor two\nThe printer burns",
        )
        == {}
    )
    await ada.until("No steps yet")

    await ada.press("edit_add_step", "", ada.top)
    await ada.until("What is to be done")
    assert await ada.send(title="Fetch the extinguisher") == {}
    await ada.until("Review and publish")
    assert "Fetch the extinguisher" in str(ada.top)

    await ada.press("edit_publish", "", ada.top)
    await ada.until("newly fires on *1*")
    assert "printer-fire on floor two" in str(ada.top)
    assert await ada.send() == {}
    await ada.until("Version 1 is published", in_home=True)
    assert await facts.value("SELECT count(*) FROM drafts") == 0
    assert (
        await facts.value("SELECT actor FROM audit_log WHERE subject = 'workflow:printer-fire'")
        == ADA
    )

    slack.workspace.post(INCIDENTS, GRACE, "printer-fire on floor two, help")
    await facts.until(
        "SELECT w.slug FROM runs AS r JOIN workflows AS w ON w.id = r.workflow_id", "printer-fire"
    )


async def test_a_template_that_cannot_be_filled_in_is_refused_at_its_field(
    database: str, start_app: Any, facts: Any, ada: Hands
) -> None:
    await start_app(database)
    await ada.workflows()
    await ada.edit()
    await ada.choose("edit_step:1", f"edit/{INCIDENT_STEP}")
    await ada.until("What is to be done")
    errors = await ada.send(**{"with text": "{{ message.txt }}"})
    assert errors == {
        "sop_field:with text": "There is no {{ message.txt }}; did you mean message.text?"
    }
    assert await facts.value("SELECT count(*) FROM drafts") == 0


async def test_the_second_of_two_who_edit_is_told_and_loses_nothing(
    database: str, start_app: Any, facts: Any, ada: Hands, grace: Hands
) -> None:
    await start_app(database)
    for hands in (ada, grace):
        await hands.workflows()
        await hands.edit()
        await hands.press("edit_about", "", hands.top)
        await hands.until("What it is for")
    assert await ada.send(title="Outage") == {}
    await ada.until("last changed by you")

    assert await grace.send(summary="What Grace wrote") == {}
    told = str(await grace.until("changed this draft"))
    assert f"<@{ADA}>" in told
    assert "What Grace wrote" in told
    assert await facts.value("SELECT definition ->> 'title' FROM drafts") == "Outage"

    assert await grace.send(title="Outage", summary="What Grace wrote") == {}
    await grace.until("last changed by you")
    row = "SELECT concat(definition ->> 'title', ': ', definition ->> 'summary') FROM drafts"
    assert await facts.value(row) == "Outage: What Grace wrote"

    await ada.choose("edit_step:0", "down/severity")
    await ada.until("Nothing of yours was done")


async def test_only_admins_publish_and_are_named_to_who_may_not(
    slack: SlackServer, database: str, start_app: Any, facts: Any, grace: Hands
) -> None:
    await start_app(database)
    await grace.workflows()
    await grace.edit()
    await grace.press("edit_about", "", grace.top)
    await grace.until("What it is for")
    await grace.send(title="Outage")
    await grace.until("Review and publish")
    await grace.press("edit_publish", "", grace.top)
    await grace.until("Only admins publish")
    assert grace.top["submit"] is None

    await slack.interactions.submit(GRACE, grace.top["id"], {})  # as if the button were there
    assert f"<@{ADA}>" in str(await grace.until("nothing was changed"))
    assert await facts.value("SELECT max(version) FROM workflow_versions") == 1
    assert (
        await facts.value("SELECT subject FROM audit_log WHERE kind = 'refusal'")
        == "workflow:incident"
    )


async def test_an_action_that_changed_loses_its_switch_and_an_old_version_comes_back(
    database: str, start_app: Any, facts: Any, ada: Hands
) -> None:
    await start_app(database)
    await facts.value(
        "INSERT INTO autopilot_switches VALUES ('T0SANDBOX', 'step', 'incident/declare', true)"
    )
    await ada.workflows()
    await ada.edit()
    await ada.choose("edit_step:1", f"edit/{INCIDENT_STEP}")
    await ada.until("What is to be done")
    assert (
        await ada.send(**{"with text": "Something else: {{ message.text | line | short 80 }}"})
        == {}
    )
    await ada.until("Review and publish")
    await ada.press("edit_publish", "", ada.top)
    await ada.until("Auto-Pilot goes off for")
    await ada.until("there are none yet to compare on")
    assert "> Something else: Payments are down, customers get errors at checkout" in str(ada.top)
    assert await ada.send() == {}
    await ada.until("Version 2 is published", in_home=True)
    assert await facts.value("SELECT is_on FROM autopilot_switches") is False

    await ada.press("sop_history", "incident", ada.home)
    await ada.until("Version 1")
    await ada.press("version_compare:1", "1", ada.top)
    await ada.until("What restoring it would change")
    await ada.press("version_restore", "1", ada.top)
    await ada.until("there are none yet to compare on")
    assert await ada.send() == {}
    await ada.until("Version 3 is published", in_home=True)
    assert await facts.value("SELECT is_on FROM autopilot_switches") is False
    same = "SELECT count(DISTINCT definition) FROM workflow_versions WHERE version IN (1, 3)"
    assert await facts.value(f"{same} AND definition ->> 'slug' = 'incident'") == 1


async def test_the_latest_200_messages_are_compared_or_it_is_told_that_they_could_not_be(
    database: str, start_app: Any, facts: Any, ada: Hands
) -> None:
    evaluator = Named()
    await start_app(database, evaluator=evaluator)
    await facts.value(JUDGED, INCIDENTS, 201)
    await ada.workflows()
    await ada.edit()
    await ada.choose("edit_step:1", f"edit/{INCIDENT_STEP}")
    await ada.until("Minutes that it saves a person")
    assert await ada.send(saves="7") == {}
    await ada.until("Review and publish")
    await ada.click("Review and publish …")
    shown = str(await ada.until("The latest 200 messages"))
    assert "minutes that it saves a person: 2 → 7" in shown, "alone it can be published, too"
    assert "it fires on 200, as before" in shown

    await ada.close()
    evaluator.is_away = True
    await ada.click("Review and publish …")
    assert "there are none yet" not in str(await ada.until("could not be found out"))
    assert await ada.send() == {}
    await ada.until("Version 2 is published", in_home=True)


async def test_what_is_paused_proposes_nothing_until_an_admin_resumes_it(
    slack: SlackServer, database: str, start_app: Any, facts: Any, ada: Hands, grace: Hands
) -> None:
    await start_app(database)
    await grace.workflows()
    await grace.press("sop_pause", "incident", grace.home)
    await grace.until("Paused", in_home=True)
    text = "URGENT: checkout is down, all payments fail with error 502"
    slack.workspace.post(INCIDENTS, GRACE, text)
    await facts.until("SELECT count(*) FROM evaluations", 1)
    assert (
        await facts.value(
            "SELECT count(*) FROM runs AS r JOIN workflows AS w "
            "ON w.id = r.workflow_id WHERE w.slug = 'incident'"
        )
        == 0
    )

    await grace.press("sop_resume", "incident", grace.home)
    await grace.until("nothing was changed")
    await ada.workflows()
    await ada.press("sop_resume", "incident", ada.home)
    await facts.until("SELECT paused_at FROM workflows WHERE slug = 'incident'", None)
    await ada.press("sop_archive", "incident", ada.home)
    await facts.until("SELECT archived_at IS NOT NULL FROM workflows WHERE slug = 'incident'", True)
    await ada.press("sop_archived", "", ada.home)
    await ada.until("Archived SOPs", in_home=True)
    await ada.press("sop_take_back:0", "incident", ada.home)
    await facts.until("SELECT archived_at FROM workflows WHERE slug = 'incident'", None)


async def test_a_message_is_tried_and_kept_nowhere(
    database: str, start_app: Any, facts: Any, grace: Hands
) -> None:
    await start_app(database)
    await grace.workflows()
    await grace.press("sop_test", "incident", grace.home)
    await grace.until("As if sent in")
    assert await grace.send(text="checkout is down, all payments fail with error 502") == {}
    await grace.until("Nothing was stored")
    assert "Incident" in str(grace.top)
    assert await facts.value("SELECT count(*) FROM raw_signals") == 0
    assert await facts.value("SELECT count(*) FROM evaluations") == 0
