"""Rights at the press of a button: who may not is told who may, and it is noted."""

import structlog

from livesop_bot.domain.audit import AuditEntry, AuditKind, Value
from livesop_bot.domain.rights import Right, may, needed
from livesop_bot.domain.signals import TeamId, UserId
from livesop_bot.errors import DatabaseAway, SlackAway, SlackRefused
from livesop_bot.slack.listeners.face import Face, within
from livesop_bot.views import commands, rights
from livesop_bot.views.blocks import Message

log = structlog.get_logger()


async def refusal(
    face: Face, team: TeamId, user: UserId, right: Right, subject: str
) -> Message | None:
    """None: this person has the right. Else what to tell them; not knowing is a refusal, too.

    `subject` names what was meant, as the audit log has it.
    """
    try:
        if may(await within(face.people.role(team, user)), right):
            return None
        who = await within(face.people.who_are(team, needed(right)))
    except DatabaseAway as error:
        log.warning("rights.not_read", team=team, user=user, error=str(error))
        return commands.database_away()
    except (SlackAway, SlackRefused) as error:
        log.warning("rights.person_unknown", team=team, user=user, error=str(error))
        await note_refusal(face, team, user, subject, {"right": right, "why": "unknown"})
        return rights.nobody_knows(right)
    why = f"not_an_{needed(right)}"
    await note_refusal(face, team, user, subject, {"right": right, "why": why})
    return rights.refused(right, who)


async def note_refusal(
    face: Face, team: TeamId, user: UserId, subject: str, after: dict[str, Value]
) -> None:
    """What was not done need not be recorded to stay so: the log is told in any case."""
    log.info("press.refused", team=team, user=user, subject=subject, why=after["why"])
    entry = AuditEntry(actor=user, kind=AuditKind.REFUSAL, subject=subject, after=after)
    try:
        await within(face.audit.note(team, entry))
    except DatabaseAway as error:
        log.warning("audit.refusal_not_noted", team=team, user=user, error=str(error))
