"""Earned autonomy of an SOP: how its steps stand, what another threshold would do, and what a
thread is told where Auto-Pilot was switched off by itself."""

import math
from collections.abc import Iterator, Sequence
from datetime import timedelta

from livesop_bot.domain.autonomy import (
    AGREED,
    DISMISSALS,
    DISMISSED_IN,
    LEAST,
    RECENT,
    SPREAD,
    Agreement,
    Demotion,
    DemotionCause,
    Outlook,
    StepAutonomy,
)
from livesop_bot.domain.what_if import Shift
from livesop_bot.domain.workflows import Step, StepMode, Workflow
from livesop_bot.views.blocks import (
    Block,
    Message,
    bar,
    button,
    code,
    confirm,
    context,
    counted,
    date,
    divider,
    line,
    message,
    percent,
    person,
    section,
)
from livesop_bot.views.ids import ActionId

_SHOWN = 15
"""Steps with a block of their own."""
_DAY = timedelta(days=1)


def autonomy_blocks(
    workflow: Workflow,
    steps: Sequence[StepAutonomy],
    shifts: Sequence[Shift],
    *,
    today: float,
    days: int,
    is_admin: bool,
) -> list[Block]:
    """Show an SOP's acting steps, and what other thresholds than `today`'s would have changed in
    the last `days`; nothing where none of its steps could be automatic."""
    able = [one for one in steps if one.step.mode is not StepMode.MANUAL]
    if not able:
        return []
    shown = [_step(workflow, one, is_admin=is_admin) for one in able[:_SHOWN]]
    if len(able) > _SHOWN:
        shown.append(context(f"… and {counted(len(able) - _SHOWN, 'more step')}."))
    return [
        divider(),
        section("*What the steps have earned*"),
        *shown,
        context(_rule()),
        *_what_if(shifts, today, days),
    ]


def demoted(demotion: Demotion) -> Message:
    """Say in the thread what was switched off, why, and who can switch it on again."""
    sop, who = f"*{line(demotion.workflow.title, 150)}*", person(demotion.pressed_by)
    if demotion.cause is DemotionCause.UNDONE and demotion.step is not None:
        what = f"the step *{line(demotion.step.title, 150)}* of {sop}"
        why = f"{who} took back what it was about to do here"
        how = f"on {demotion.workflow.slug} {demotion.step.id}"
    else:
        what = sop
        why = (
            f"{who} dismissed what it started here, and that was the second time within "
            f"{DISMISSED_IN // _DAY} days"
        )
        how = f"on {demotion.workflow.slug}"
    text = (
        f"🛑  Auto-Pilot is off for {what} from now on: {why}. It waits for people again. "
        f"An admin can switch it on: {code(f'/livesop autopilot {how}', 200)}"
    )
    return message(text, [section(text)])


def _step(workflow: Workflow, one: StepAutonomy, *, is_admin: bool) -> Block:
    title, value = line(one.step.title, 150), f"{workflow.slug}/{one.step.id}"
    if one.is_on:
        on = section(f"🟢  *{title}*\nOn: where Auto-Pilot is sure, it does this by itself.")
        spoken = f"Switch off: {one.step.title}"
        off = button(ActionId.AUTONOMY_OFF, "Switch off", value=value, spoken=spoken)
        return on | {"accessory": off}
    rows = [f"{'🎓' if one.outlook.is_earned else '⚪'}  *{title}*", _agreement(one.agreement)]
    if one.demoted_at is not None:
        rows.append(f"Counted anew since {date(one.demoted_at)}, when Auto-Pilot was switched off.")
    rows.append(_verdict(one, is_admin=is_admin))
    block = section("\n".join(rows))
    if one.may_be_switched_on and is_admin:
        block["accessory"] = button(
            ActionId.AUTONOMY_ON,
            "Switch on",
            style="primary",
            value=value,
            confirm=_ask(workflow, one.step),
            spoken=f"Switch on: {one.step.title}",
        )
    return block


def _agreement(agreement: Agreement) -> str:
    if not agreement.decided:
        return "Nobody has decided yet where Auto-Pilot would have done this."
    days = max(math.ceil(agreement.spread / _DAY), 1)
    share = agreement.approved / agreement.decided
    return (
        f"{bar(share)}  {agreement.approved:,} of {agreement.decided:,} approved in "
        f"{counted(days, 'day')}"
    )


def _verdict(one: StepAutonomy, *, is_admin: bool) -> str:
    outlook = one.outlook
    if not outlook.is_earned:
        return f"_Not earned yet: {_missing(outlook)}._"
    if one.step.mode is StepMode.APPROVE:
        return (
            "_Earned; but the SOP says that it waits for approval. Editing the SOP changes that._"
        )
    if is_admin:
        return "_Earned: people decide as Auto-Pilot would have. You can switch it on._"
    return "_Earned: people decide as Auto-Pilot would have. An admin can switch it on._"


def _missing(outlook: Outlook) -> str:
    parts = []
    if outlook.approvals:
        parts.append(f"{counted(outlook.approvals, 'more approval')}{_in_a_row(outlook)}")
    if outlook.days:
        parts.append(f"decisions over {counted(outlook.days, 'more day')}")
    return " and ".join(parts)


def _in_a_row(outlook: Outlook) -> str:
    return " in a row" if outlook.approvals > 1 else ""


def _rule() -> str:
    return (
        f"A step earns its switch by {LEAST} decisions or more over {SPREAD // _DAY} days, where "
        f"Auto-Pilot would have acted: people approve {percent(AGREED)} by a careful estimate, and "
        f"all of the last {RECENT}. It never switches itself on. It switches itself off when "
        f"somebody takes an action back, and for the SOP after {DISMISSALS} dismissed starts "
        f"within {DISMISSED_IN // _DAY} days."
    )


def _ask(workflow: Workflow, step: Step) -> Block:
    seconds = step.undo.total_seconds()
    undo = (
        f"Everybody has {seconds:g} s to take it back." if seconds else "It cannot be taken back."
    )
    return confirm(
        title="Switch Auto-Pilot on for this step?",
        text=f"“{step.title[:60]}” is then done by itself where LiveSOP is sure, if Auto-Pilot is "
        f"on for “{workflow.title[:60]}” and the team. {undo}",
        yes="Switch on",
    )


def _what_if(shifts: Sequence[Shift], today: float, days: int) -> Iterator[Block]:
    """What other thresholds would have changed, had every switch been on."""
    lines = [_shift(one) for one in shifts if one.starts]
    head = f"*Another threshold?*  It is {percent(today)}; in the last {counted(days, 'day')}"
    if lines:
        yield section("\n".join((f"{head}, as if all had been on:", *lines)))
    elif shifts:
        yield section(f"{head} no other near it would have changed a start.")


def _shift(shift: Shift) -> str:
    count, more = abs(shift.starts), "more" if shift.starts > 0 else "fewer"
    them = "" if count == 1 else f"{shift.wrong:,} of them "
    wrong = f", {them}dismissed" if shift.wrong else ""
    return f"•  at *{percent(shift.threshold)}*: {counted(count, f'{more} start')}{wrong}"
