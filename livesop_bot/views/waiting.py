"""What waits for people, as a list to go through: proposals, and steps whose turn it is."""

from collections.abc import Iterator, Mapping, Sequence

from livesop_bot.domain.actions import ActionRequest
from livesop_bot.domain.message_text import as_read
from livesop_bot.domain.runs import Run, RunState
from livesop_bot.domain.waiting import WaitingCount
from livesop_bot.domain.workflows import StepId
from livesop_bot.views.blocks import (
    Block,
    View,
    actions,
    button,
    channel,
    context,
    counted,
    date,
    divider,
    line,
    link,
    percent,
    person,
    quote,
    section,
)
from livesop_bot.views.ids import ActionId, BlockId, CallbackId
from livesop_bot.views.modal import modal
from livesop_bot.views.press import Pressed
from livesop_bot.views.steps import waiting_blocks, waiting_steps

TITLE = "Waiting for people"
MOST = 8
"""Runs that are shown at once; with their steps they fit into a modal's 100 blocks."""
_MOST_STEPS = 4

Requests = Mapping[StepId, ActionRequest | str]


def waiting(
    found: Sequence[tuple[Run, Requests]],
    *,
    more: int,
    hidden: int,
    may_press: bool,
    names: Mapping[str, str] = {},
    note: str = "",
    metadata: str = "",
) -> View:
    """List runs in which people are waited for, each with what can be pressed now.

    `more`: how many wait behind these; `hidden`: in how many channels' threads that this person
    may not be able to read; `names`: of people whom messages mention, by
    their ids; `note`: what came of a press, as mrkdwn.
    """
    blocks: list[Block] = [section(f"⚠️  {note}")] if note else []
    if not may_press:
        blocks.append(context("🔒  You can look; moving an SOP on takes an operator of LiveSOP."))
    for run, requests in found[:MOST]:
        blocks += [*_run(run, requests, names, may_press=may_press), divider()]
    if not found:
        blocks.append(section("✅  *Nothing here waits.*  You can close this."))
    if more:
        blocks.append(context(f"{more:,} more {_verb(more)}; they move up as you go."))
    if hidden:
        blocks.append(
            context(
                f"{hidden:,} {'more ' if found else ''}{_verb(hidden)} in channels that are "
                "private, or that you may not read: to be answered in the thread."
            )
        )
    return modal(TITLE, blocks, callback=CallbackId.WAITING, metadata=metadata)


def waits(count: WaitingCount) -> str:
    """Say in a line how much waits, for everything that leads to the list."""
    if not count.proposals and not count.steps:
        return "✅  Nothing waits for people."
    kinds = []
    if count.proposals:
        kinds.append(counted(count.proposals, "proposal"))
    if count.steps:
        kinds.append(counted(count.steps, "step"))
    more = "At least " if count.is_capped else ""
    verb = _verb(count.proposals + count.steps)
    return f"⏳  *{more}{' and '.join(kinds)}* {verb} for people."


def _verb(number: int) -> str:
    return "waits" if number == 1 else "wait"


def _run(
    run: Run, requests: Requests, names: Mapping[str, str], *, may_press: bool
) -> Iterator[Block]:
    evaluation, signal = run.evaluation, run.evaluation.signal
    sure = "" if evaluation.confidence is None else f"  ·  {percent(evaluation.confidence)}"
    more = len(waiting_steps(run)) - _MOST_STEPS
    beyond = f"  ·  {counted(more, 'more step')} to press in its thread" if more > 0 else ""
    yield section(f"*{line(run.workflow.title, 200)}*{sure}{beyond}")
    who = "an app" if signal.author_is_bot else person(signal.author)
    yield context(
        "  ·  ".join(
            filter(
                None,
                (
                    date(evaluation.created_at),
                    channel(signal.channel),
                    who,
                    link(signal.permalink, "open message"),
                ),
            )
        )
    )
    text = as_read(signal.text, names)
    if quoted := quote(text, 300, rows=2):
        yield section(quoted)
    if run.state is RunState.PROPOSED:
        yield section(f"Proposed: {line(evaluation.reasoning, 600) or 'it may fit.'}")
        if may_press:
            value = Pressed(run=run.id).value()
            which = f"{run.workflow.title}, for {text}"
            start = button(
                ActionId.RUN_START, "Start", style="primary", value=value, spoken=f"Start: {which}"
            )
            dismiss = button(
                ActionId.RUN_DISMISS, "Not this", value=value, spoken=f"Not this: {which}"
            )
            yield actions(BlockId.RUN, start, dismiss, of=str(run.id))
        return
    for block in waiting_blocks(run, requests, _MOST_STEPS):
        if may_press or block["type"] != "actions":
            yield block
