"""What `/livesop` answers; only the person who typed it sees these."""

from collections.abc import Sequence

from livesop_bot.domain.signals import ChannelId
from livesop_bot.domain.waiting import WaitingCount
from livesop_bot.domain.workflows import Workflow
from livesop_bot.views.autopilot import NARROWER, team_switch
from livesop_bot.views.blocks import (
    Block,
    Message,
    actions,
    button,
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
from livesop_bot.views.waiting import waits
from livesop_bot.views.words import GROUPS, NAMES, Word, nearest

_MOST_LISTED = 15


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
    blocks.append(context(f"{NARROWER} Switching on takes an admin; switching off is for all."))
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
    sentence = team_switch(channels_off, is_on=autopilot)
    buttons = [_command("Feed", "feed", 0), _command("Approvals", "approvals", 1)]
    if autopilot:
        ask = confirm(
            title="Switch Auto-Pilot off?",
            text="For everybody: no SOP starts by itself until an admin switches it on again.",
            yes="Switch off",
        )
        buttons.append(_command("Switch Auto-Pilot off", "autopilot off", 2) | {"confirm": ask})
    buttons.append(_command("Help", "help", 3))
    return message(
        sentence,
        [
            section(f"{sentence}\n{waits(waiting)}"),
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


def unknown_sop(slug: str, workflows: Sequence[Workflow]) -> Message:
    """Say that there is no such SOP, and which there are."""
    if not workflows:
        return _short(NO_SOPS)
    return no_such("SOP", slug, [workflow.slug for workflow in workflows])


def unknown_step(step: str, workflow: Workflow) -> Message:
    """Say that the SOP has no such step, and which act."""
    known = [step.id for step in workflow.definition.steps]
    return no_such(f"step of *{line(workflow.title, 100)}*", step, known)


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
