"""What people who pressed a run's button are told, where the run's message does not say it."""

from collections.abc import Sequence

from livesop_bot.domain.runs import RunState, ShownOtherwise, TooLate
from livesop_bot.domain.signals import UserId
from livesop_bot.domain.steps import StepState
from livesop_bot.views.blocks import Message, line, member, message, person, section

_STATES = {
    StepState.BLOCKED: "not open yet",
    StepState.WAITING: "waiting again",
    StepState.PLANNED: "about to be done",
    StepState.TRYING: "under way",
    StepState.DONE: "done",
    StepState.SKIPPED: "skipped",
    StepState.BYPASSED: "not on the way that was taken",
    StepState.FAILED: "failed",
    StepState.UNKNOWN: "waiting for somebody to look",
    StepState.CANCELLED: "cancelled",
}


def too_late(late: TooLate, by: UserId) -> Message:
    """Say that nothing was changed, and what is the case instead."""
    if late.step is not None and late.record is not None:
        who = late.record.changed_by
        first = f"{person(who)} was quicker" if who else "It has moved on meanwhile"
        if who == by:
            first = "You have pressed already"
        what = f"*{line(late.step.title, 150)}* is {_STATES[late.record.state]}."
        return _short(f"{first}: {what} Nothing was changed by your press.")
    if late.state is RunState.RUNNING:
        return _short("This SOP was started already; nothing was changed.")
    if late.state is RunState.PROPOSED:
        return _short("This SOP was not started yet, so nothing was changed.")
    return _short("This SOP is over already; nothing was changed.")


def shown_otherwise(late: ShownOtherwise) -> Message:
    """Say that nothing was done, for it would not have been what the person saw."""
    return _short(
        f"What *{line(late.step.title, 150)}* would send has changed since it was shown to you, so "
        "nothing was done. LiveSOP's message shows it anew: please read it and press again."
    )


def not_allowed(approvers: Sequence[str]) -> Message:
    """Say who may press it."""
    named = [member(one) for one in approvers]
    return _short(f"Only {', '.join(named[:20])} may move this step on; nothing was changed.")


def nobody_knows() -> Message:
    """Say that Slack did not say who may press it."""
    return _short(
        "Slack did not say whether you may move this step on, so nothing was changed. "
        "Please try again in a moment."
    )


def not_ours() -> Message:
    """Say that a button is of a form that this version does not know."""
    return _short(
        "This button is too old for LiveSOP to read; nothing was changed. `/livesop approvals` "
        "lists what waits, with buttons of now."
    )


def no_bots() -> Message:
    """Say that only people press buttons."""
    return _short("Only people can move an SOP on; nothing was changed.")


def _short(text: str) -> Message:
    return message(text, [section(text)])
