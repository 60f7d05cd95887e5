"""What somebody is told who may not do something: who may."""

from collections.abc import Sequence

from livesop_bot.domain.rights import Right, Role, needed
from livesop_bot.views.blocks import Message, View, member, message, section
from livesop_bot.views.modal import modal

_DOING = {
    Right.APPROVE: "start an SOP or move it on",
    Right.VERDICT: "teach LiveSOP by a verdict",
    Right.REPLAY: "have a message judged again",
    Right.EDIT: "edit an SOP",
    Right.SWITCH_ON: "switch Auto-Pilot on",
    Right.PUBLISH: "publish, resume, archive or restore an SOP",
    Right.SETTINGS: "change LiveSOP's settings",
}
_OFF = " Switching it *off* is open to everybody."


def refused(right: Right, who: Sequence[str]) -> Message:
    """Say that nothing was changed, and whom to ask."""
    is_admin = needed(right) is Role.ADMIN
    whom = "Only admins" if is_admin else "Only operators"
    if not who and not is_admin:
        whom = "Only members of this workspace who are no guests"
    text = f"{whom} can {_DOING[right]}; nothing was changed.{ask(right, who)}"
    return _short(text + (_OFF if right is Right.SWITCH_ON else ""))


def ask(right: Right, who: Sequence[str]) -> str:
    """Whom to ask, as a sentence of its own; operators where everybody is one need no names."""
    named = [member(one) for one in who]
    if not named:
        return " Please ask an admin of this workspace." if needed(right) is Role.ADMIN else ""
    return f" Please ask {' or '.join((', '.join(named[:-1]), named[-1]) if named[1:] else named)}."


def nobody_knows(right: Right) -> Message:
    """Say that Slack did not say who they are."""
    return _short(
        f"Slack did not say whether you may {_DOING[right]}, so nothing was changed. "
        "Please try again in a moment."
    )


def notice(answer: Message) -> View:
    """The same in a modal, for presses in a tab, where nothing else can be said to one person."""
    return modal("LiveSOP", [section(answer.text)])


def _short(text: str) -> Message:
    return message(text, [section(text)])
