"""Auto-Pilot's switches: how they stand, how they are turned, and what that means."""

from collections.abc import Collection, Sequence

from livesop_bot.domain.decisions import Scope
from livesop_bot.domain.signals import ChannelId
from livesop_bot.domain.workflows import Step, StepId, StepKind, StepMode, Workflow
from livesop_bot.views.blocks import Message, channel, code, context, line, message, section
from livesop_bot.views.sop_card import NO_SOPS
from livesop_bot.views.words import nearest

_MOST_LISTED = 15

NARROWER = (
    "After `on` or `off` you may name an SOP, or an SOP and a step, to switch just that: "
    "`/livesop autopilot on incident declare`. `here` or a #channel is all that happens there."
)


def autopilot_sentence(*, is_on: bool) -> str:
    """Say what the kill switch means as it stands."""
    return f"*{headline(is_on=is_on)}.* {meaning(is_on=is_on)}"


def headline(*, is_on: bool) -> str:
    """Name the state of the kill switch."""
    return "Auto-Pilot is on" if is_on else "Auto-Pilot is off"


def meaning(*, is_on: bool) -> str:
    """Say what that means for the team."""
    if is_on:
        return "SOPs that are switched on start by themselves when LiveSOP is sure."
    return "LiveSOP only proposes; no SOP starts by itself."


def overview(
    *,
    is_on: bool,
    workflows: Sequence[Workflow],
    on: Collection[tuple[Scope, str]],
    channels_off: Sequence[ChannelId] = (),
) -> Message:
    """Show the kill switch, the channels that are off, and the switch of each SOP."""
    sentence = team_switch(channels_off, is_on=is_on)
    first = sorted(workflows, key=lambda one: not _any_on(one, on))  # else what is on may be cut
    rows = [_switch_row(workflow, on) for workflow in first[:_MOST_LISTED]]
    if left := len(workflows) - len(rows):
        rows.append(f"… and {left} more")
    return message(
        sentence,
        [
            section(sentence),
            section("\n".join(rows) or NO_SOPS, expand=True),
            context(f"Change it with `/livesop autopilot on` or `off`. {NARROWER}"),
        ],
    )


def usage(text: str) -> Message:
    """Say how the command is written, after `text` was not understood."""
    first = text.split(maxsplit=1)[0] if text.split() else ""
    hint = nearest(first, ("on", "off"))
    near = f" Did you mean `{hint}`?" if hint and hint != first.lower() else ""
    return _short(
        f"{code(f'/livesop autopilot {text}')} is not a switch.{near} Write "
        "`/livesop autopilot on` or `off`, then an SOP if you mean just one, and a step of it if "
        "you mean just that: `/livesop autopilot on incident declare`. For a channel it is `here`, "
        "or its #name."
    )


def unknown_channel(name: str) -> Message:
    """Say that no channel of that name can be switched from elsewhere."""
    return _short(
        f"LiveSOP is in no channel named {code(name)}, so nothing was changed. Check the name, or "
        "write `/livesop autopilot off here` in that channel."
    )


def never_automatic(step: Step, workflow: Workflow) -> Message:
    """Say why a step cannot be switched on."""
    how = "after approval" if _acts(step) and step.mode is StepMode.APPROVE else "by hand"
    return _short(
        f"*{line(step.title, 100)}* of *{line(workflow.title, 100)}* is done {how}; there is "
        "nothing to switch on. Only steps that the SOP marks as automatic have a switch."
    )


def switched(
    *, is_on: bool, workflow: Workflow | None = None, step: Step | None = None, team_on: bool = True
) -> Message:
    """Confirm a switch: the team's, an SOP's or a step's; `team_on` is the kill switch."""
    if workflow is None:
        turn = (
            "Stop everything at any time with `/livesop autopilot off`."
            if is_on
            else "An admin can switch it on again."
        )
        return _short(f"{autopilot_sentence(is_on=is_on)} {turn}")
    name = f"*{line(workflow.title, 100)}*"
    if step is not None:
        name = f"*{line(step.title, 100)}* of {name}"
    if not is_on:
        return _short(f"Auto-Pilot is now *off* for {name}.")
    notes = []
    if step is None and workflow.definition.acting_steps:
        notes.append(_steps_needed(workflow))
    if not team_on:
        notes.append("Auto-Pilot is still off for the team: `/livesop autopilot on`.")
    return _short(" ".join([f"Auto-Pilot is now *on* for {name}.", *notes]))


def switched_channel(where: ChannelId, *, is_on: bool, team_on: bool) -> Message:
    """Confirm the switch of a channel; `team_on` is the kill switch."""
    if not is_on:
        return _short(
            f"Auto-Pilot is now *off* in {channel(where)}: there LiveSOP only proposes. An admin "
            "can switch it on again: `/livesop autopilot on here`."
        )
    note = "" if team_on else " Auto-Pilot is still off for the team: `/livesop autopilot on`."
    return _short(
        f"Auto-Pilot is now *on* in {channel(where)}, for the SOPs and steps that are on.{note}"
    )


def team_switch(channels_off: Sequence[ChannelId], *, is_on: bool) -> str:
    """Say how the kill switch stands, and in which channels it is off besides."""
    return f"{autopilot_sentence(is_on=is_on)}{off_in(channels_off)}"


def off_in(channels_off: Sequence[ChannelId]) -> str:
    """Name the channels in which Auto-Pilot is off, on a line of its own; empty: there is none."""
    if not channels_off:
        return ""
    named = ", ".join(map(channel, channels_off[:_MOST_LISTED]))
    left = len(channels_off) - _MOST_LISTED
    return f"\nOff in {named}{f' and {left} more' if left > 0 else ''}."


def _steps_needed(workflow: Workflow) -> str:
    """Say what an SOP with steps that act needs, besides its own switch, to start by itself."""
    steps = [step.id for step in workflow.definition.acting_steps if _auto(step)]
    if not steps:
        return "None of its steps may run by itself, so it is only proposed."
    which = "its automatic step" if len(steps) == 1 else "one of its automatic steps"
    command = code(f"/livesop autopilot on {workflow.slug} {steps[0]}", 300)
    others = ", ".join(code(each, 60) for each in steps[1:_MOST_LISTED])
    return f"To start by itself it needs {which} on, too: {command}{others and f' (or {others})'}."


def _any_on(workflow: Workflow, on: Collection[tuple[Scope, str]]) -> bool:
    return (Scope.WORKFLOW, workflow.slug) in on or bool(_steps_on(workflow, on))


def _steps_on(workflow: Workflow, on: Collection[tuple[Scope, str]]) -> list[StepId]:
    return [
        step.id
        for step in workflow.definition.acting_steps
        if (Scope.STEP, f"{workflow.slug}/{step.id}") in on
    ]


def _switch_row(workflow: Workflow, on: Collection[tuple[Scope, str]]) -> str:
    is_on, steps = (Scope.WORKFLOW, workflow.slug) in on, _steps_on(workflow, on)
    shown = ", ".join(code(step, 40) for step in steps[:2])
    more = f" and {len(steps) - 2} more" if len(steps) > 2 else ""
    tail = f", {'with' if is_on else 'which holds back'} {shown}{more}" if steps else ""
    tail += ", ⏸️ paused" if workflow.paused else ""
    if is_on and not steps and workflow.definition.acting_steps:
        tail += ", but none of its steps is, so it is only proposed"
    state = "*on*" if is_on else "off"
    return f"{code(workflow.slug)}  {line(workflow.title, 60)}: {state}{tail}"


def _acts(step: Step) -> bool:
    return step.kind is StepKind.ACTION


def _auto(step: Step) -> bool:
    return _acts(step) and step.mode is StepMode.AUTO


def _short(text: str) -> Message:
    return message(text, [section(text)])
