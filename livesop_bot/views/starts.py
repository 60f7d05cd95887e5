"""What is said to whoever starts an SOP by hand, and the form in which they pick one."""

from collections.abc import Sequence
from typing import assert_never

from livesop_bot.domain.starts import NotStarted
from livesop_bot.domain.workflows import Workflow
from livesop_bot.views.blocks import (
    Block,
    Message,
    View,
    code,
    context,
    line,
    message,
    plain,
    quote,
    section,
)
from livesop_bot.views.ids import ActionId, BlockId, CallbackId
from livesop_bot.views.modal import modal
from livesop_bot.views.sop_card import NO_SOPS

TITLE = "Start an SOP"
_MOST_OPTIONS = 100


def which(word: str, workflows: Sequence[Workflow]) -> Message:
    """Ask which SOP is meant."""
    if not workflows:
        return _said(NO_SOPS)
    listed = ", ".join(code(workflow.slug) for workflow in workflows[:30])
    return _said(
        f"Which one? {code(f'/livesop {word} {workflows[0].slug}', 120)}. There are: {listed}."
    )


def starting(workflow: Workflow) -> Message:
    """Confirm that a run is on its way into the channel."""
    return _said(
        f"*{line(workflow.title, 150)}* starts here in a moment; its steps will be in the thread "
        "of LiveSOP's message."
    )


def not_here() -> Message:
    """Say that LiveSOP cannot write in the channel."""
    return _said(
        "LiveSOP is not in this channel, so it can start nothing here: `/invite @LiveSOP`."
    )


def picker(workflows: Sequence[Workflow], text: str, metadata: str) -> View:
    """The form that asks which SOP to start for a message; `metadata` comes back with it."""
    if not workflows:
        return modal(TITLE, [section(NO_SOPS)])
    options = [
        {"text": plain(workflow.title, 75), "value": workflow.slug}
        for workflow in workflows[:_MOST_OPTIONS]
    ]
    pick: Block = {
        "type": "input",
        "block_id": BlockId.START_SOP.value,
        "label": plain("SOP", 24),
        "element": {
            "type": "static_select",
            "action_id": ActionId.START_SOP.value,
            "placeholder": plain("Pick one", 24),
            "options": options,
        },
    }
    left = len(workflows) - len(options)
    notes = "It starts in the thread of this message, at once. Its steps wait there for people."
    return modal(
        TITLE,
        [
            section(
                f"*For this message:*\n{quote(text, 600, 6)}"
                if text.strip()
                else "For this message:"
            ),
            pick,
            context(notes + (f" {left} more are started with `/livesop start`." if left else "")),
        ],
        callback=CallbackId.START_FORM,
        submit="Start",
        close="Cancel",
        metadata=metadata,
    )


def started(workflow: Workflow) -> View:
    """What the form becomes once the run is there."""
    title = f"*{line(workflow.title, 150)}*"
    return _told(f"✅  {title} was started; its steps are in the message's thread in a moment.")


def not_started(workflow: Workflow, why: NotStarted) -> View:
    """What the form becomes where nothing was started."""
    match why:
        case NotStarted.ALREADY_OPEN:
            return _told(f"*{line(workflow.title, 150)}* is open in this thread already.")
        case NotStarted.DELETED:
            return _told("The message was deleted, so nothing is started for it.")
        case _:
            assert_never(why)


def gone() -> View:
    """What it becomes where the SOP was archived meanwhile."""
    return _told("There is no such SOP any more; nothing was started. Please pick another.")


def unreadable() -> View:
    """What it becomes where Slack does not show the message to LiveSOP."""
    return _told(
        "LiveSOP cannot read this message, so nothing was started. Is LiveSOP in the channel? "
        "`/invite @LiveSOP`, then try again."
    )


def not_confirmed() -> View:
    """What it becomes where the database did not answer."""
    return _told(
        "⚠️ The database did not answer, so this is *not confirmed*. Look into the thread in a "
        "moment before you try again; it is never open there twice."
    )


def _told(text: str) -> View:
    return modal(TITLE, [section(text)])


def _said(text: str) -> Message:
    return message(text, [section(text)])
