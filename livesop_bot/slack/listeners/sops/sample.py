"""Trying a message: judged by the evaluator of this process, and kept nowhere."""

from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.slack_calls import slack_errors
from livesop_bot.domain.signals import ChannelId
from livesop_bot.errors import DatabaseAway, EvaluatorAway, EvaluatorBroken
from livesop_bot.evaluation.rehearsal import ANYWHERE
from livesop_bot.slack.listeners.boundary import boundary
from livesop_bot.slack.listeners.face import Face
from livesop_bot.slack.listeners.home.frame import trouble_shown
from livesop_bot.slack.listeners.sops.drafting import Desk, show
from livesop_bot.views import modal as modals
from livesop_bot.views.blocks import View
from livesop_bot.views.ids import ActionId, CallbackId
from livesop_bot.views.inputs import answers
from livesop_bot.views.sops import sample as views
from livesop_bot.views.sops.editing import Editing

log = structlog.get_logger()


def register(app: AsyncApp, face: Face) -> None:
    """Answer to “Test a message” and to its form."""

    @app.action(ActionId.SOP_TEST)
    async def press(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        async with trouble_shown(client, body) as spot:
            editing = Editing(slug=body["actions"][0]["value"], home=spot.state)
            with slack_errors():
                await client.views_open(trigger_id=body["trigger_id"], view=views.form(editing))

    @app.view(CallbackId.SOP_TEST_FORM.value)
    async def sent(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        desk, filled = Desk.of(body), answers(body["view"])
        text, view_id = filled.get("text") or "", body["view"]["id"]
        await ack(response_action="update", view=views.testing(text, desk.editing))

        async def went_wrong() -> None:
            await show(client, view_id, modals.went_wrong(views.TITLE))

        async with boundary(body, went_wrong):
            channel = ChannelId(filled.get("channel") or ANYWHERE)
            await show(client, view_id, await _tested(face, desk, text, channel))


async def _tested(face: Face, desk: Desk, text: str, channel: ChannelId) -> View:
    try:
        found = await face.rehearsal.sample(desk.team, desk.user, text, channel)
    except DatabaseAway:
        return modals.database_away(views.TITLE)
    except TimeoutError:
        return views.not_tested("The evaluator did not answer in time; please try again.")
    except (EvaluatorAway, EvaluatorBroken) as error:
        log.warning("sample.not_judged", team=desk.team, error=str(error))
        return views.not_judged()
    return views.tested(text, found.judgement, found.workflow, found.decision, desk.editing.slug)
