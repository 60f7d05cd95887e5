"""`/livesop verdict`: a person says whether a judgement is right, or what a message calls for."""

from collections.abc import Sequence

import structlog

from livesop_bot.domain.audit import signal_subject
from livesop_bot.domain.evaluations import Evaluation
from livesop_bot.domain.rights import Right
from livesop_bot.domain.signals import Signal, SignalState, TeamId, UserId
from livesop_bot.domain.verdicts import on_judgement, on_message
from livesop_bot.errors import DatabaseAway
from livesop_bot.slack.listeners import message_link
from livesop_bot.slack.listeners.face import Face, within
from livesop_bot.slack.listeners.rights import refusal
from livesop_bot.views import commands, verdicts, why
from livesop_bot.views.blocks import Message

log = structlog.get_logger()


async def answer(face: Face, team: TeamId, user: UserId, words: Sequence[str]) -> Message:
    """Keep what follows `verdict`: a link to a message, and a word on it."""
    place = message_link.parse(" ".join(words[:-1]))
    if place is None:
        return verdicts.usage()
    try:
        found = await within(face.feed.of_message(team, *place))
        if found is None:
            return why.not_known()
        subject = signal_subject(found[0].id)
        if refused := await refusal(face, team, user, Right.VERDICT, subject):
            return refused
        return await within(_keep(face, team, user, *found, words[-1].lower()))
    except DatabaseAway as error:
        log.warning("verdict.not_confirmed", team=team, error=str(error))
        return commands.not_confirmed()


async def _keep(
    face: Face,
    team: TeamId,
    user: UserId,
    signal: Signal,
    evaluation: Evaluation | None,
    word: str,
) -> Message:
    if signal.state is SignalState.DELETED:
        return verdicts.deleted()
    workflows = {workflow.slug: workflow for workflow in await face.workflows.current(team)}
    if word in ("right", "wrong"):
        workflow = evaluation.workflow if evaluation else None
        verdict = on_judgement(evaluation, right=word == "right", by=user)
    elif word == "none" or word in workflows:
        workflow = workflows.get(word)
        verdict = on_message(signal, workflow, answers=evaluation, by=user)
    else:
        return verdicts.unknown_answer(word, list(workflows.values()))
    if verdict is None:
        return verdicts.not_judged(signal)
    if not await face.verdicts.keep(verdict):
        return verdicts.deleted()
    log.info("verdict.kept", signal=signal.id, sop=verdict.workflow, fits=verdict.fits, by=user)
    return verdicts.kept(verdict, workflow, is_outdated=verdict.revision != signal.revision)
