"""What `/livesop` answers; only the person who typed it sees these."""

from collections.abc import Collection, Sequence

from livesop_bot.domain.decisions import Scope
from livesop_bot.domain.signals import ChannelId
from livesop_bot.domain.waiting import WaitingCount
from livesop_bot.domain.workflows import Step, StepKind, StepMode, Workflow
from livesop_bot.views.autopilot import autopilot_sentence
from livesop_bot.views.blocks import (
    Block,
    Message,
    actions,
    button,
    channel,
    code,
    confirm,
    context,
    line,
    message,
    section,
)
from livesop_bot.views.health import HomeHealth, health_line
from livesop_bot.views.ids import ActionId, BlockId
from livesop_bot.views.sop_card import NO_SOPS
from livesop_bot.views.words import GROUPS, NAMES, Word, nearest

_MOST_LISTED = 15

_NARROWER = (
    "After `on` or `off` you may name an SOP, or an SOP and a step, to switch just that: "
    "`/livesop autopilot on incident declare`. `here` or a #channel is all that happens there."
)


def help_() -> Message:
    """Say what LiveSOP does and which commands there are."""
    blocks = [
        section(
            "*LiveSOP* reads the channels it is in, finds the SOP that a message calls for, "
            "and answers in the thread. Invite it with `/invite @LiveSOP`. Ask it something in a "
            "direct message, or by its name: _what is the refund procedure?_"
        )
    ]
    blocks += [
        section("\n".join((f"*{title}*", *map(_usage, group))), expand=True)
        for title, group in GROUPS
    ]
    blocks.append(context(f"{_NARROWER} Switching on takes an admin; switching off is for all."))
    return message(f"LiveSOP's commands: {', '.join(NAMES)}", blocks)


def unknown(word: str) -> Message:
    """Answer a word that is no command, with the nearest one."""
    hint = nearest(word)
    near = f"Did you mean `/livesop {hint}`?" if hint else "`/livesop help` lists what there is."
    return _short(f"LiveSOP does not know {code(word, 60)}. {near}")


def status(
    *,
    autopilot: bool,
    health: HomeHealth,
    waiting: WaitingCount,
    channels_off: Sequence[ChannelId] = (),
) -> Message:
    """Say what may run, what waits, and how LiveSOP is doing."""
    sentence = _switches(channels_off, is_on=autopilot)
    buttons = [_command("Feed", "feed", 0), _command("Approvals", "approvals", 1)]
    if autopilot:
        ask = confirm(
            title="Switch Auto-Pilot off?",
            text="For everybody: no SOP starts by itself until an admin switches it on again.",
            yes="Switch off",
        )
        buttons.append(_command("Autopilot off", "autopilot off", 2) | {"confirm": ask})
    buttons.append(_command("Help", "help", 3))
    return message(
        sentence,
        [
            section(f"{sentence}\n{_waits(waiting)}"),
            context(health_line(health)),
            actions(BlockId.COMMANDS, *buttons),
        ],
    )


def health(now: HomeHealth) -> Message:
    """Say how LiveSOP itself is doing."""
    said = health_line(now)
    return message(said, [section(said), context("Operators find more at its health port.")])


def not_a_number(word: str, text: str, most: int) -> Message:
    """Say which number is meant, after `text` was not one."""
    example = code(f"/livesop {word} {min(7, most)}")
    return _short(f"{code(text, 40)} is not a number from 1 to {most}. Try {example}.")


def learn_comes_later() -> Message:
    """Say what there is in place of it."""
    return _short(
        "`/livesop learn` is not there yet. LiveSOP learns from verdicts: "
        "`/livesop verdict &lt;message link&gt; right`, and from *Start* and *Not this*."
    )


def replay_usage() -> Message:
    """Say how the command is written."""
    return _short(
        "Which message? `/livesop replay &lt;message link&gt;` judges it again and only says what "
        "would follow; with `run` behind it, that is carried out, and with `same` the SOP that was "
        "named before is asked about in its version of then. In place of the link its signal's "
        "number will do, as `/livesop why` shows it."
    )


def slack_away() -> Message:
    """Answer where Slack did not say what had to be known."""
    return _short(
        "⚠️ Slack did not answer LiveSOP, so nothing was done. Please try again in a moment."
    )


def autopilot(
    *,
    is_on: bool,
    workflows: Sequence[Workflow],
    on: Collection[tuple[Scope, str]],
    channels_off: Sequence[ChannelId] = (),
) -> Message:
    """Show the kill switch, the channels that are off, and the switch of each SOP."""
    sentence = _switches(channels_off, is_on=is_on)
    rows = [_switch_row(workflow, on) for workflow in workflows[:_MOST_LISTED]]
    if left := len(workflows) - len(rows):
        rows.append(f"… and {left} more")
    return message(
        sentence,
        [
            section(sentence),
            section("\n".join(rows) or NO_SOPS, expand=True),
            context(f"Change it with `/livesop autopilot on` or `off`. {_NARROWER}"),
        ],
    )


def autopilot_usage(text: str) -> Message:
    """Say how the command is written, after `text` was not understood."""
    first = text.split(maxsplit=1)[0] if text.split() else ""
    hint = nearest(first, ("on", "off"))
    near = f" Did you mean `{hint}`?" if hint else ""
    return _short(
        f"{code(f'/livesop autopilot {text}')} is not a switch.{near} Write "
        "`/livesop autopilot on` or `off`, then an SOP if you mean just one, and a step of it if "
        "you mean just that: `/livesop autopilot on incident declare`. For a channel it is `here`, "
        "or its #name."
    )


def unknown_sop(slug: str, workflows: Sequence[Workflow]) -> Message:
    """Say that there is no such SOP, and which there are."""
    if not workflows:
        return _short(NO_SOPS)
    return no_such("SOP", slug, [workflow.slug for workflow in workflows])


def unknown_channel(name: str) -> Message:
    """Say that no channel of that name can be switched from elsewhere."""
    return _short(
        f"LiveSOP is in no channel named {code(name)}, so nothing was changed. Check the name, or "
        "write `/livesop autopilot off here` in that channel."
    )


def unknown_step(step: str, workflow: Workflow) -> Message:
    """Say that the SOP has no such step, and which act."""
    known = [step.id for step in workflow.definition.steps]
    return no_such(f"step of *{line(workflow.title, 100)}*", step, known)


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


def database_away() -> Message:
    """Answer for anything that only reads."""
    return _short(
        "⚠️ The database is away, so I cannot look that up; nothing was changed. Try again in a "
        "moment. New messages are kept safe, and no SOP starts meanwhile."
    )


def not_confirmed() -> Message:
    """Answer for a switch: the database may or may not have got it, and that is what is said."""
    return _short(
        "⚠️ The database did not answer, so this is *not confirmed*. Please try again in a "
        "moment. No SOP starts while the database is away."
    )


def went_wrong() -> Message:
    """Answer when something failed that nobody foresaw."""
    return _short("Something went wrong here. It has been logged; please try again in a moment.")


def _short(text: str) -> Message:
    return message(text, [section(text)])


def _switches(channels_off: Sequence[ChannelId], *, is_on: bool) -> str:
    sentence = autopilot_sentence(is_on=is_on)
    if not channels_off:
        return sentence
    named = ", ".join(map(channel, channels_off[:_MOST_LISTED]))
    left = len(channels_off) - _MOST_LISTED
    return f"{sentence}\nOff in {named}{f' and {left} more' if left > 0 else ''}."


def _waits(waiting: WaitingCount) -> str:
    things, more = waiting.proposals + waiting.steps, " or more" if waiting.is_capped else ""
    if not things:
        return "Nothing waits for people."
    return f"*{things:,}{more} {'thing waits' if things == 1 else 'things wait'} for people.*"


def _usage(word: Word) -> str:
    typed = " ".join(filter(None, ("/livesop", word.name, word.follows)))
    return f"{code(typed)}  {word.does}"


def _command(text: str, command: str, number: int) -> Block:
    """A button that stands for a command."""
    return button(ActionId.COMMAND, text, value=command, number=number)


def no_such(what: str, name: str, known: Sequence[str]) -> Message:
    """Say that there is nothing of that name, and which there are."""
    hint = nearest(name, known)
    near = f" Did you mean {code(hint)}?" if hint else ""
    listed = ", ".join(code(each) for each in known[:_MOST_LISTED])
    left = len(known) - _MOST_LISTED
    more = f" and {left} more" if left > 0 else ""
    there = f"There are: {listed}{more}." if known else "There are none yet."
    return _short(f"There is no {what} named {code(name)}.{near} {there}")


def _steps_needed(workflow: Workflow) -> str:
    """Say what an SOP with steps that act needs, besides its own switch, to start by itself."""
    steps = [step.id for step in workflow.definition.acting_steps if _auto(step)]
    if not steps:
        return "None of its steps may run by itself, so it is only proposed."
    which = "its automatic step" if len(steps) == 1 else "one of its automatic steps"
    command = code(f"/livesop autopilot on {workflow.slug} {steps[0]}", 300)
    others = ", ".join(code(each, 60) for each in steps[1:_MOST_LISTED])
    return f"To start by itself it needs {which} on, too: {command}{others and f' (or {others})'}."


def _switch_row(workflow: Workflow, on: Collection[tuple[Scope, str]]) -> str:
    is_on = (Scope.WORKFLOW, workflow.slug) in on
    steps = [
        step.id
        for step in workflow.definition.acting_steps
        if (Scope.STEP, f"{workflow.slug}/{step.id}") in on
    ]
    shown = ", ".join(code(step, 40) for step in steps[:2])
    more = f" and {len(steps) - 2} more" if len(steps) > 2 else ""
    tail = f", with {shown}{more}" if steps else ""
    tail += ", ⏸️ paused" if workflow.paused else ""
    if is_on and not steps and workflow.definition.acting_steps:
        tail += ", but none of its steps is, so it is only proposed"
    state = "*on*" if is_on else "off"
    return f"{code(workflow.slug)}  {line(workflow.title, 60)}: {state}{tail}"


def _acts(step: Step) -> bool:
    return step.kind is StepKind.ACTION


def _auto(step: Step) -> bool:
    return _acts(step) and step.mode is StepMode.AUTO
