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
    except DatabaseAway as error:
        log.warning("verdict.not_confirmed", team=team, error=str(error))
        return commands.not_confirmed()
    return why.not_known() if found is None else await give(face, user, *found, words[-1].lower())


async def give(
    face: Face, user: UserId, signal: Signal, evaluation: Evaluation | None, word: str
) -> Message:
    """Keep `right`, `wrong`, `none` or an SOP's name, said of a message and what was made of it;
    says what came of it, whatever that is."""
    subject = signal_subject(signal.id)
    if refused := await refusal(face, signal.team, user, Right.VERDICT, subject):
        return refused
    try:
        return await within(_keep(face, user, signal, evaluation, word))
    except DatabaseAway as error:
        log.warning("verdict.not_confirmed", team=signal.team, error=str(error))
        return commands.not_confirmed()


async def _keep(
    face: Face, user: UserId, signal: Signal, evaluation: Evaluation | None, word: str
) -> Message:
    if signal.state is SignalState.DELETED:
        return verdicts.deleted()
    workflows = {workflow.slug: workflow for workflow in await face.workflows.current(signal.team)}
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
    face.homes.change(signal.team)
    log.info("verdict.kept", signal=signal.id, sop=verdict.workflow, fits=verdict.fits, by=user)
    return verdicts.kept(verdict, workflow, is_outdated=verdict.revision != signal.revision)
