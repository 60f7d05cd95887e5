"""What waits for people, with a button that shows each as its thread does."""

from collections.abc import Iterator, Sequence

from livesop_bot.domain.steps import StepState
from livesop_bot.domain.waiting import Waiting
from livesop_bot.domain.workflows import StepKind, StepMode
from livesop_bot.views.blocks import (
    Block,
    Message,
    button,
    channel,
    context,
    date,
    line,
    link,
    message,
    section,
)
from livesop_bot.views.ids import ActionId
from livesop_bot.views.press import Pressed

SHOWN = 10


def waiting(found: Sequence[Waiting], *, hidden: int) -> Message:
    """List what waits, the longest first; `hidden`: what is in channels they may not read."""
    notes = list(_notes(found, hidden))
    if not found:
        text = "Nothing waits for anybody."
        return message(text, [section(f"✅  {text}"), *notes])
    things = "1 thing waits" if len(found) == 1 else f"{len(found)} things wait"
    rows = [
        section(_row(one)) | {"accessory": _review(one, number)}
        for number, one in enumerate(found[:SHOWN])
    ]
    return message(f"{things} for people", [section(f"*{things} for people*"), *rows, *notes])


def no_more() -> Message:
    """Say that what was to be reviewed is over."""
    text = "That is over, or gone. `/livesop approvals` shows what waits now."
    return message(text, [section(text)])


def _notes(found: Sequence[Waiting], hidden: int) -> Iterator[Block]:
    if len(found) > SHOWN:
        yield context(f"… and {len(found) - SHOWN} more.")
    if hidden:
        yield context(f"{hidden} more in channels that not everybody reads; ask there to see them.")


def _row(one: Waiting) -> str:
    step = next((each for each in one.definition.steps if each.id == one.step), None)
    title = f"*{line(one.definition.title, 100)}*"
    if step is None:
        what = "proposed: does it fit?"
    else:
        what = f"{line(step.title, 100)}: {_wanted(one, step.kind, step.mode)}"
    where = link(one.permalink, "message")
    return f"{title}  ·  {what}\n{channel(one.channel)}  ·  since {date(one.since)}  ·  {where}"


def _wanted(one: Waiting, kind: StepKind, mode: StepMode) -> str:
    match one.state:
        case StepState.FAILED:
            return "_failed_"
        case StepState.UNKNOWN:
            return "_may have happened_"
        case _ if kind is StepKind.DECISION:
            return "_to decide_"
        case _ if kind is StepKind.ACTION and mode is not StepMode.MANUAL:
            return "_to approve_"
        case _:
            return "_to do_"


def _review(one: Waiting, number: int) -> Block:
    value = Pressed(run=one.run).value()
    return button(ActionId.RUN_REVIEW, "Review", value=value, number=number)
