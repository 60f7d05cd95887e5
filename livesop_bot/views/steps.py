"""The steps in a run's message: one line each, and more of those whose turn it is."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from livesop_bot.domain.actions import ActionRequest
from livesop_bot.domain.runs import Run, RunState, StepRecord
from livesop_bot.domain.signals import ChannelId
from livesop_bot.domain.steps import (
    FINAL,
    MOST_ANSWERS,
    PLANNING,
    Press,
    StepState,
    choices,
    offers,
)
from livesop_bot.domain.workflows import Step, StepId, StepKind, StepMode
from livesop_bot.views.blocks import (
    Block,
    actions,
    button,
    channel,
    confirm,
    context,
    counted,
    escape,
    line,
    link,
    person,
    quote,
    section,
    time,
)
from livesop_bot.views.ids import ActionId, BlockId
from livesop_bot.views.press import Pressed


@dataclass(frozen=True, slots=True)
class Room:
    """How much a message holds: `open` steps with buttons, each with what stands between them
    three blocks of the 50 there are, and `rows` of their instructions; lines about steps without
    buttons, `between` those with buttons and `alone` where there are none."""

    open: int
    rows: int
    between: int
    alone: int


AMPLE = Room(open=12, rows=8, between=8, alone=12)
SCARCE = Room(open=3, rows=1, between=2, alone=12)
"""For a message whose texts are too long all together."""
_MOST_NAMED = 5

MARKS = {
    StepState.BLOCKED: "▫️",
    StepState.WAITING: "🔵",
    StepState.PLANNED: "⏳",
    StepState.TRYING: "⏳",
    StepState.DONE: "✅",
    StepState.SKIPPED: "⏭️",
    StepState.BYPASSED: "➖",
    StepState.FAILED: "⚠️",
    StepState.UNKNOWN: "❓",
    StepState.CANCELLED: "✖️",
}
"""How far a step is, at a glance."""
_WAITING = frozenset({StepState.WAITING, StepState.FAILED, StepState.UNKNOWN})
_BUTTONS = {
    Press.APPROVE: (ActionId.STEP_APPROVE, "Approve", "primary"),
    Press.DONE: (ActionId.STEP_DONE, "Done", "primary"),
    Press.SKIP: (ActionId.STEP_SKIP, "Skip", None),
    Press.HOLD: (ActionId.STEP_HOLD, "Cancel", "danger"),
    Press.RETRY: (ActionId.STEP_RETRY, "Retry", None),
    Press.MARK_DONE: (ActionId.STEP_MARK_DONE, "Mark done", "primary"),
}
_AGAIN = confirm(
    title="Do it again?",
    text="It may have happened already. Then it will be there twice.",
    yes="Do it again",
    no="Not now",
)
Requests = Mapping[StepId, ActionRequest | str]


def step_blocks(run: Run, requests: Requests, room: Room) -> Iterator[Block]:
    """Show the steps in their order; where many have nothing to press, the nearest are shown."""
    records = {record.id: record for record in run.steps}
    steps = [
        (step, records.get(step.id, StepRecord(id=step.id)))
        for step in run.workflow.definition.steps
    ]
    running = run.state is RunState.RUNNING
    able = [one for one in steps if running and offers(one[0], one[1].state)]
    now = able[: room.open]
    shown = room.between if now else room.alone
    quiet: list[tuple[Step, StepRecord]] = []
    number = 0
    for step, record in steps:
        if number < len(now) and now[number][0] is step:
            yield from _listed(run, quiet, requests, shown)
            quiet = []
            number += 1
            text = _open(run, step, record, requests.get(step.id), room.rows)
            yield section(text, expand=True)
            buttons = _buttons(run, step, record, requests.get(step.id))
            yield actions(BlockId.STEP, *buttons, of=str(number))
        else:
            quiet.append((step, record))
    yield from _listed(run, quiet, requests, shown)
    if more := len(able) - len(now):
        which = f"the buttons of {counted(more, 'more step')}"
        yield context(f"⚠️  No room for {which}: they come as soon as those above are answered.")


def waiting_steps(run: Run) -> list[tuple[Step, StepRecord]]:
    """The steps that wait for people, in their order."""
    records = {record.id: record for record in run.steps}
    return [
        (step, records[step.id])
        for step in run.workflow.definition.steps
        if step.id in records and records[step.id].state in _WAITING
    ]


def waiting_blocks(run: Run, requests: Requests, most: int) -> Iterator[Block]:
    """Show the steps that wait for people with their buttons, at most so many of them."""
    for number, (step, record) in enumerate(waiting_steps(run)[:most], 1):
        text = _open(run, step, record, requests.get(step.id), AMPLE.rows)
        yield section(text, expand=True)
        buttons = _buttons(run, step, record, requests.get(step.id))
        yield actions(BlockId.STEP, *buttons, of=f"{run.id}.{number}")


def _listed(
    run: Run, steps: Sequence[tuple[Step, StepRecord]], requests: Requests, shown: int
) -> Iterator[Block]:
    """Steps without buttons in one block: the last that are over, the next that are to come."""
    off = [step.title for step, record in steps if record.state is StepState.BYPASSED]
    on = [one for one in steps if one[1].state is not StepState.BYPASSED]
    over = [one for one in on if one[1].state in FINAL]
    ahead = [one for one in on if one[1].state not in FINAL]
    folded, kept_back = over[:-shown], ahead[shown:]
    hidden = {step.id for step, _ in (*folded, *kept_back)}
    lines = [
        _over(step, record)
        if record.state in FINAL
        else _ahead(run, step, record, requests.get(step.id))
        for step, record in on
        if step.id not in hidden
    ]
    if folded:
        lines.insert(0, f"✅  _{counted(len(folded), 'earlier step')}_")
    if off:
        lines.append(f"➖  _not needed: {line(', '.join(off), 200)}_")
    if kept_back:
        lines.append(f"▫️  _… and {counted(len(kept_back), 'more step')}_")
    if lines:
        yield section("\n".join(lines), expand=True)


def _over(step: Step, record: StepRecord) -> str:
    who = person(record.changed_by) if record.changed_by else ""
    match record.state:
        case StepState.DONE if step.kind is StepKind.DECISION:
            what = f"*{line(record.chosen, 60)}*" if record.chosen else ""
        case StepState.DONE:
            what = left_behind(record, 120)
        case StepState.SKIPPED | StepState.CANCELLED:
            what = record.state.value
        case _:
            what = ""
    parts = (f"{MARKS[record.state]}  {line(step.title, 80)}", what, who)
    return "  ·  ".join(filter(None, parts))


def left_behind(record: StepRecord, limit: int) -> str:
    """What a step left behind; the second line of its detail is what did not go as wished."""
    words, _, note = record.detail.partition("\n")
    words = " ".join(words.split())[:limit]
    what = link(record.link, words or "see it") if record.link else escape(words)
    return f"{what}  ·  ⚠️ {line(note, 150)}" if note else what


def _ahead(run: Run, step: Step, record: StepRecord, request: ActionRequest | str | None) -> str:
    words = line(request.words, 100) if isinstance(request, ActionRequest) else ""
    if record.state is StepState.TRYING:
        how = f"_{words}: under way …_" if words else "_under way …_"
    elif record.state is not StepState.BLOCKED:  # its turn, but nothing to press, or no room
        how = _outcome(record)
    else:
        how = f"_{', '.join(filter(None, (words, _mode(run, step))))}_"
    return "  ·  ".join(filter(None, (f"{MARKS[record.state]}  {line(step.title, 80)}", how)))


def _open(
    run: Run, step: Step, record: StepRecord, request: ActionRequest | str | None, rows: int
) -> str:
    lines = [f"{MARKS[record.state]}  *{line(step.title, 150)}*", _outcome(record)]
    if record.state is StepState.WAITING:
        if more := choices(step, run.workflow.definition)[MOST_ANSWERS:]:
            which = f"{counted(len(more), 'more answer')}: {line(', '.join(more), 300)}"
            lines.append(f"⚠️  No room for {which}. Split the decision in the SOP.")
        told = step.instructions.splitlines()
        lines += [line(row, 400) for row in told[:rows]]
        if told[rows:]:
            lines[-1] += " …"
        if step.approvers:
            lines.append(f"🔒  Only {_named(step.approvers)} may press here.")
    lines.append(_preview(run, record, request))
    return "\n".join(filter(None, lines))


def _named(approvers: Sequence[str]) -> str:
    """Who may press; a user group goes unnamed, for its name would call all of it."""
    people = [person(one) for one in approvers if not one.startswith("S")]
    named = people[:_MOST_NAMED]
    if more := len(people) - len(named):
        named.append(counted(more, "other person", "other people"))
    if groups := len(approvers) - len(people):
        named.append(f"the members of {counted(groups, 'user group')}")
    return " and ".join(filter(None, (", ".join(named[:-1]), named[-1])))


def _outcome(record: StepRecord) -> str:
    detail = line(record.detail, 500)
    match record.state:
        case StepState.PLANNED:
            return f"{_when(record)}{f'  ({detail})' if detail else ''}"
        case StepState.FAILED:
            return f"*Failed.*  {detail}"
        case StepState.UNKNOWN:
            return f"*May have happened.*  {detail} Please look there, then say what you saw."
        case _:
            seen = link(record.link, "See it") if record.link else ""
            return "  ".join(filter(None, (detail, seen)))


def _when(record: StepRecord) -> str:
    if record.due_at is None:
        return "About to be done"
    return f"Will be done at *{time(record.due_at)}*"


def _preview(run: Run, record: StepRecord, request: ActionRequest | str | None) -> str:
    """What a press, or the end of the waiting time, brings about."""
    if request is None:
        return ""
    if isinstance(request, str):
        if record.state is StepState.FAILED:
            return ""  # it says so already
        return f"⚠️  {line(request, 300)}"
    what = f"_{line(request.words, 150)}:_" if request.preview else f"_{line(request.words, 150)}_"
    signal = run.evaluation.signal
    text = previewed(request, signal.author, signal.channel)
    return f"{what}\n{text}" if text else what


def previewed(request: ActionRequest, author: str, where: ChannelId, most: int = 1_000) -> str:
    """What an action would send, up to `most` characters; the person and the channel of the
    message by their names.
    """
    text = quote(request.preview, most, rows=10)
    for one, name in ((author, person), (where, channel)):
        if re.fullmatch(r"[A-Z0-9]{9,30}", one):
            text = re.sub(rf"(?<![\w/])[@#]?{one}(?![\w/])", name(one), text)
    return text


def _mode(run: Run, step: Step) -> str:
    if step.kind is StepKind.DECISION:
        labels = [label for label in choices(step, run.workflow.definition) if label]
        return f"decide: {line(' / '.join(labels), 100)}" if labels else "decide"
    if step.kind is StepKind.MANUAL:
        return "by hand"
    match step.mode:
        case StepMode.AUTO:
            return "automatic"
        case StepMode.APPROVE:
            return "after approval"
        case StepMode.MANUAL:
            return "by hand"
        case _:
            assert_never(step.mode)


def _buttons(
    run: Run, step: Step, record: StepRecord, request: ActionRequest | str | None
) -> Iterator[Block]:
    shown = request.digest if isinstance(request, ActionRequest) else ""
    for press in offers(step, record.state):
        if press is Press.CHOOSE:
            for number, label in enumerate(choices(step, run.workflow.definition)[:MOST_ANSWERS]):
                value = Pressed(run=run.id, step=step.id, chosen=label).value()
                text = label or "Go on"
                spoken = f"{text}: {step.title}"
                yield button(ActionId.STEP_CHOOSE, text, value=value, number=number, spoken=spoken)
            continue
        action_id, text, style = _BUTTONS[press]
        digest = shown if press in PLANNING else ""
        value = Pressed(run=run.id, step=step.id, request=digest).value()
        doubtful = press is Press.APPROVE and record.repeats
        doubtful |= press is Press.RETRY and record.state is StepState.UNKNOWN
        ask = _AGAIN if doubtful else None
        spoken = f"{text}: {step.title}"
        yield button(action_id, text, style=style, confirm=ask, value=value, spoken=spoken)
