"""The switches: what may run by itself for this SOP, and the buttons that turn it."""

from collections.abc import Iterator

from livesop_bot.domain.decisions import Scope, Switches
from livesop_bot.domain.workflows import Step, StepMode, Workflow
from livesop_bot.views.blocks import Block, button, clip, confirm, context, counted, line, section
from livesop_bot.views.ids import ActionId
from livesop_bot.views.trust_panel.state import Panel, Place

_STEPS = 8


def switch_blocks(panel: Panel) -> Iterator[Block]:
    """Show the switches of the SOP that was named; everybody may switch off, admins on."""
    workflow, switches = panel.explanation.workflow, panel.explanation.switches
    named = None if panel.evaluation is None else panel.evaluation.workflow
    if workflow is None:
        if named is not None:
            yield context(f"*{line(named.title, 100)}* is archived: it starts no more.")
        return
    yield section(f"*Auto-Pilot for {line(workflow.title, 150)}*")
    for off in _wider(switches):
        yield context(off)
    yield _row(
        "Everything in this channel",
        Scope.CHANNEL,
        panel.explanation.signal.channel,
        is_on=switches.channel is True,
    )
    yield _row("The SOP as a whole", Scope.WORKFLOW, workflow.slug, is_on=switches.workflow is True)
    able = [step for step in workflow.definition.acting_steps if step.mode is StepMode.AUTO]
    for step in able[:_STEPS]:
        yield _step(workflow, step, is_on=switches.steps.get(step.id) is True)
    if len(able) > _STEPS:
        yield context(f"… and {counted(len(able) - _STEPS, 'more step')}: `/livesop autopilot`")
    if others := [
        step for step in workflow.definition.acting_steps if step.mode is not StepMode.AUTO
    ]:
        yield context(f"Never by itself: {line(', '.join(step.title for step in others), 300)}")
    if told := panel.told(Place.SWITCHES):
        yield context(told)


def asked(value: str) -> tuple[Scope, str]:
    """Read which switch a button stands for. Raises ValueError."""
    scope, _, subject = value.partition("|")
    return Scope(scope), subject


def _wider(switches: Switches) -> Iterator[str]:
    if switches.paused:
        yield (
            "⏸️  This SOP is paused: no message is matched with it, and it does nothing by itself. "
            "Home lets it go on."
        )
    if switches.team is not True:
        yield (
            "⏸️  Auto-Pilot is off for the whole team, so nothing starts by itself, whatever is on "
            "below. An admin can switch it on in LiveSOP's Home."
        )
    if switches.channel is not True:
        yield "⏸️  Auto-Pilot is off in this channel, so nothing starts here by itself."


def _step(workflow: Workflow, step: Step, *, is_on: bool) -> Block:
    subject = f"{workflow.slug}/{step.id}"
    return _row(f"Step: {step.title}", Scope.STEP, subject, is_on=is_on)


def _row(what: str, scope: Scope, subject: str, *, is_on: bool) -> Block:
    value = clip(f"{scope}|{subject}", 2000)
    if is_on:
        press = button(
            ActionId.WHY_SWITCH_OFF,
            "Switch off",
            style="danger",
            value=value,
            spoken=f"Switch off: {what}",
        )
        return section(f"🟢  {line(what, 160)}: *on*") | {"accessory": press}
    ask = confirm(
        title="Switch Auto-Pilot on?",
        text="LiveSOP will then do this by itself when it is sure. Everybody can switch it off.",
        yes="Switch on",
    )
    press = button(
        ActionId.WHY_SWITCH_ON, "Switch on", confirm=ask, value=value, spoken=f"Switch on: {what}"
    )
    return section(f"⚪  {line(what, 160)}: *off*") | {"accessory": press}
