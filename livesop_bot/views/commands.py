"""What `/livesop` answers; only the person who typed it sees these."""

from collections.abc import Collection, Sequence
from difflib import get_close_matches

from livesop_bot.domain.decisions import Scope
from livesop_bot.domain.workflows import Step, StepKind, StepMode, Workflow
from livesop_bot.views.autopilot import autopilot_sentence
from livesop_bot.views.blocks import Message, code, context, line, message, section
from livesop_bot.views.health import HomeHealth, health_line

WORDS = ("help", "status", "autopilot", "why", "verdict", "search", "kb")
"""What may follow `/livesop`."""

_MOST_LISTED = 15

_NARROWER = (
    "After `on` or `off` you may name an SOP, or an SOP and a step, to switch just that: "
    "`/livesop autopilot on incident declare`."
)

_HELP = "\n".join(
    (
        "`/livesop status`  how LiveSOP is doing",
        "`/livesop why <message link>`  what it made of a message, and why",
        "`/livesop verdict <message link> right | wrong | none | <sop>`  teach it",
        "`/livesop search <words>`  earlier messages that an SOP answered",
        "`/livesop kb`  the knowledge that it may cite: add, list, search, remove",
        "`/livesop autopilot`  what may start by itself",
        "`/livesop autopilot off`  stop that; everybody may",
        "`/livesop autopilot on`  allow it; admins only",
    )
).translate({ord("<"): "&lt;", ord(">"): "&gt;"})


def help_() -> Message:
    """Say what LiveSOP does and which commands there are."""
    return message(
        "LiveSOP finds the SOP that a message calls for. "
        "Commands: status, why, verdict, search, kb, autopilot.",
        [
            section(
                "*LiveSOP* reads the channels it is in, finds the SOP that a message calls for, "
                "and answers in the thread. Invite it with `/invite @LiveSOP`."
            ),
            section(_HELP),
            context(_NARROWER),
        ],
    )


def unknown(word: str) -> Message:
    """Answer a word that is no command, with the nearest one."""
    hint = _nearest(word.lower(), WORDS)
    near = f"Did you mean `/livesop {hint}`?" if hint else "`/livesop help` lists what there is."
    return _short(f"LiveSOP does not know {code(word, 60)}. {near}")


def status(*, autopilot: bool, health: HomeHealth) -> Message:
    """Say what may run, and how LiveSOP is doing."""
    sentence = autopilot_sentence(is_on=autopilot)
    return message(
        sentence,
        [
            section(sentence),
            context(health_line(health)),
            context("The latest decisions are in LiveSOP's Home tab."),
        ],
    )


def autopilot(
    *, is_on: bool, workflows: Sequence[Workflow], on: Collection[tuple[Scope, str]]
) -> Message:
    """Show the kill switch and the switch of each SOP."""
    sentence = autopilot_sentence(is_on=is_on)
    rows = [_switch_row(workflow, on) for workflow in workflows[:_MOST_LISTED]]
    if left := len(workflows) - len(rows):
        rows.append(f"… and {left} more")
    return message(
        sentence,
        [
            section(sentence),
            section("\n".join(rows) or "There are no SOPs yet.", expand=True),
            context(f"Change it with `/livesop autopilot on` or `off`. {_NARROWER}"),
        ],
    )


def autopilot_usage(text: str) -> Message:
    """Say how the command is written, after `text` was not understood."""
    first = text.split(maxsplit=1)[0] if text.split() else ""
    hint = _nearest(first.lower(), ("on", "off"))
    near = f" Did you mean `{hint}`?" if hint else ""
    return _short(
        f"{code(f'/livesop autopilot {text}')} is not a switch.{near} Write "
        "`/livesop autopilot on` or `off`, then an SOP if you mean just one, and a step of it if "
        "you mean just that: `/livesop autopilot on refund-request notify-finance`."
    )


def unknown_sop(slug: str, workflows: Sequence[Workflow]) -> Message:
    """Say that there is no such SOP, and which there are."""
    return no_such("SOP", slug, [workflow.slug for workflow in workflows])


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


def _nearest(word: str, known: Sequence[str]) -> str | None:
    return next(iter(get_close_matches(word, known, 1, 0.5)), None)


def no_such(what: str, name: str, known: Sequence[str]) -> Message:
    """Say that there is nothing of that name, and which there are."""
    hint = _nearest(name.lower(), known)
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
    if is_on and not steps and workflow.definition.acting_steps:
        tail = ", but none of its steps is, so it is only proposed"
    state = "*on*" if is_on else "off"
    return f"{code(workflow.slug)}  {line(workflow.title, 60)}: {state}{tail}"


def _acts(step: Step) -> bool:
    return step.kind is StepKind.ACTION


def _auto(step: Step) -> bool:
    return _acts(step) and step.mode is StepMode.AUTO
