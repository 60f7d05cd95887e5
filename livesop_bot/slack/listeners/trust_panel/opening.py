"""Opening a Trust Panel and showing it anew: what it shows is looked up here."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.domain.explanation import About, Explanation, OfMessage, OfRun
from livesop_bot.domain.knowledge import PastCase
from livesop_bot.domain.signals import ChannelId, Signal, TeamId, UserId
from livesop_bot.errors import DatabaseAway
from livesop_bot.slack.listeners.boundary import boundary
from livesop_bot.slack.listeners.face import Face, team_of, within
from livesop_bot.slack.listeners.modals import Modal, opened, pushed
from livesop_bot.slack.listeners.trust_panel.unheard import author_app, unheard
from livesop_bot.views.home.tabs import HomeState
from livesop_bot.views.modal import database_away, loading
from livesop_bot.views.trust_panel.panel import trust_panel
from livesop_bot.views.trust_panel.state import TITLE, News, Panel, PanelState
from livesop_bot.views.trust_panel.trouble import away
from livesop_bot.views.trust_panel.unknown import not_there, unknown

_CASES_S = 0.3
"""How long the panel waits for similar cases; where they take longer they are shown later."""
_NONE = News()
_LOOKED_AT = 10
"""Similar cases that are looked at; some of them the person may not read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """Who asks, and in which channel they are; empty where it is none."""

    team: TeamId
    user: UserId
    here: ChannelId

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "Asker":
        """Read it from a command or an interaction."""
        user = body.get("user_id") or body["user"]["id"]
        here = body.get("channel_id") or (body.get("channel") or {}).get("id") or ""
        return cls(team=team_of(body), user=UserId(user), here=ChannelId(here))


async def open_panel(
    face: Face,
    client: AsyncWebClient,
    body: Mapping[str, Any],
    about: About,
    message: Mapping[str, Any] | None = None,
) -> None:
    """Open the panel for whoever typed the command, chose the shortcut or pressed the button of
    `body`, which was acked. `message`: the Slack message that is asked about, where it is known.

    Raises SlackAway, SlackRefused where Slack does not open it; all else the panel says itself.
    """
    in_modal = (body.get("view") or {}).get("type") == "modal"
    modal = await (pushed if in_modal else opened)(client, body["trigger_id"], loading(TITLE))
    async with boundary(body, modal.went_wrong):
        asker = Asker.of(body)
        try:
            found = await within(_find(face, asker.team, about, message))
            if found is None and isinstance(about, OfMessage):
                why = await unheard(face, client, body, about.channel, message)
                await modal.fill(unknown(why, about.channel, author_app(message or {})))
                return
        except DatabaseAway:
            await modal.fill(database_away(TITLE))
            return
        if found is not None:
            run = about.run if isinstance(about, OfRun) else None
            below = HomeState.find((body.get("view") or {}).get("private_metadata") or "")
            state = PanelState(signal=found.signal.id, run=run, here=asker.here, home=below)
            await _show(face, modal, asker.user, state, found)
        else:
            await modal.fill(not_there())


async def show_again(
    face: Face,
    modal: Modal,
    asker: Asker,
    state: PanelState,
    news: News = _NONE,
) -> None:
    """Show a panel as things are now, after something was pressed in it."""
    for over_newer in (False, True):
        try:
            found = await within(face.explanations.find(asker.team, state.about))
            if found is None:
                await modal.fill(not_there())
                return
            shown = await _show(
                face, modal, asker.user, state, found, news=news, over_newer=over_newer
            )
        except DatabaseAway:
            shown = await modal.fill(away(state, news.notice.text if news.notice else ""))
        if shown:
            return
        # Another press was shown meanwhile: what is read now is newer than both.


async def panel_of(face: Face, asker: Asker, state: PanelState) -> Panel | None:
    """All that a panel shows, in full; None: it is not known any more. Raises DatabaseAway."""
    found = await within(face.explanations.find(asker.team, state.about))
    if found is None:
        return None
    panel = await _panel(face, asker.user, state, found)
    return replace(panel, cases=await _cases(face, asker.user, state, found.signal))


async def _find(
    face: Face, team: TeamId, about: About, message: Mapping[str, Any] | None
) -> Explanation | None:
    """LiveSOP's own message in a thread is not known: the message that it answers is."""
    found = await face.explanations.find(team, about)
    root = (message or {}).get("thread_ts")
    if found is None and root and isinstance(about, OfMessage) and (message or {}).get("bot_id"):
        return await face.explanations.find(team, OfMessage(about.channel, root))
    return found


async def _show(
    face: Face,
    modal: Modal,
    user: UserId,
    state: PanelState,
    found: Explanation,
    *,
    news: News = _NONE,
    over_newer: bool = False,
) -> bool:
    """Fill the panel; what is like it may come a moment later. False: it was closed or changed."""
    looking = asyncio.create_task(_cases(face, user, state, found.signal))
    try:
        panel = replace(await _panel(face, user, state, found), news=news)
        done, _ = await asyncio.wait({looking}, timeout=_CASES_S)
        cases = looking.result() if done else None
        shown = await modal.fill(trust_panel(replace(panel, cases=cases)), over_newer=over_newer)
        if shown and cases is None:
            await modal.fill(trust_panel(replace(panel, cases=await looking)))
        return shown
    finally:
        looking.cancel()


async def _panel(face: Face, user: UserId, state: PanelState, found: Explanation) -> Panel:
    sops, may_read, names = await asyncio.gather(
        within(face.workflows.current(found.signal.team)),
        face.readers.may_read(user, found.signal.channel, here=state.here),
        face.people.names([found.signal.text]),
    )
    return Panel(state=state, explanation=found, may_read=may_read, sops=sops, names=names)


async def _cases(face: Face, user: UserId, state: PanelState, signal: Signal) -> Sequence[PastCase]:
    """Earlier messages that an SOP answered, that are like this one and that this person may
    read; none where they cannot be looked up, for the rest of the panel does without."""
    try:
        found = await face.retrieval.find_cases(signal.team, signal.text, _LOOKED_AT)
    except DatabaseAway:
        return ()
    others = [placed for placed in found if placed.case.signal != signal.id]
    allowed = await asyncio.gather(
        *(face.readers.may_read(user, placed.channel, here=state.here) for placed in others)
    )
    return [placed.case for placed, may in zip(others, allowed, strict=True) if may]
