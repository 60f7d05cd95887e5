"""Replay in a Trust Panel: judged again at once, and shown in the panel's own place."""

import re
from typing import Any

import structlog
from slack_bolt.async_app import AsyncAck, AsyncApp
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.domain.audit import signal_subject
from livesop_bot.domain.replays import NotReplayed, Replayed, ReplayRequest, Version
from livesop_bot.domain.rights import Right
from livesop_bot.errors import DatabaseAway
from livesop_bot.slack.listeners.boundary import boundary
from livesop_bot.slack.listeners.face import Face, within
from livesop_bot.slack.listeners.home.frame import changed_below
from livesop_bot.slack.listeners.modals import Modal
from livesop_bot.slack.listeners.rights import refusal
from livesop_bot.slack.listeners.trust_panel.opening import Asker, show_again
from livesop_bot.views import commands
from livesop_bot.views.ids import ActionId
from livesop_bot.views.trust_panel.state import News, Notice, PanelState, Place

log = structlog.get_logger()

_BUTTONS = (ActionId.WHY_REPLAY, ActionId.WHY_REPLAY_SAME, ActionId.WHY_JUDGE_AGAIN)
_LONGEST_S = 60.0
"""An evaluation's own limit is half of that, and the database may be slow besides."""


def register(app: AsyncApp, face: Face) -> None:
    """Answer to its buttons."""

    @app.action(re.compile(f"^({'|'.join(_BUTTONS)})$"))
    async def replay(ack: AsyncAck, body: dict[str, Any], client: AsyncWebClient) -> None:
        await ack()
        modal = Modal.pressed(client, body)
        async with boundary(body, modal.went_wrong):
            asker, state = Asker.of(body), PanelState.read(body["view"]["private_metadata"])
            subject = signal_subject(state.signal)
            if no := await refusal(face, asker.team, asker.user, Right.REPLAY, subject):
                news = News(notice=Notice.of(Place.REPLAY, no))
            else:
                await show_again(face, modal, asker, state, News(is_replaying=True))
                action = body["actions"][0]
                request = ReplayRequest(
                    team=asker.team,
                    signal=state.signal,
                    by=asker.user,
                    version=Version(action.get("value") or Version.NEWEST),
                    dry_run=action["action_id"] != ActionId.WHY_JUDGE_AGAIN,
                )
                news = await _replay(face, request)
            await show_again(face, modal, asker, state, news)
            await changed_below(client, face, body)


async def _replay(face: Face, request: ReplayRequest) -> News:
    async def replay() -> Replayed | NotReplayed:
        return await face.replay(request)

    try:
        replayed = await within(replay(), _LONGEST_S)
    except DatabaseAway as error:
        log.warning("replay.not_confirmed", signal=request.signal, error=str(error))
        return News(notice=Notice.of(Place.REPLAY, commands.not_confirmed()))
    face.homes.change(request.team)
    return News(replayed=replayed)
