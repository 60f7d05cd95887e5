"""App Home, Workflows, one SOP: what it is for, its steps with their ways, switches and buttons."""

from collections.abc import Collection, Iterator

from livesop_bot.domain.workflows import Step, StepId, StepKind, StepMode, WorkflowDefinition
from livesop_bot.views.blocks import (
    Block,
    actions,
    button,
    channel,
    confirm,
    context,
    divider,
    header,
    line,
    member,
    section,
)
from livesop_bot.views.home.workflows import Card, autopilot_words, changed_line, figures_line
from livesop_bot.views.ids import ActionId, BlockId

_EXAMPLES, _WAYS, _CHANNELS, _KEYWORDS = 3, 6, 10, 12


def details(
    card: Card, *, team_on: bool, steps_on: Collection[StepId], is_admin: bool, notice: str = ""
) -> list[Block]:
    """Show an SOP as somebody may use it; pressing asks for their rights again.

    `notice`: what to say of their last press. How far Auto-Pilot may go in its steps, and
    their switches, follow: `views/autonomy.py`.
    """
    shown = list(_details(card, team_on=team_on, steps_on=steps_on, is_admin=is_admin))
    if notice:
        shown.insert(1, section(notice))
    return shown


def published(version: int) -> str:
    """Say that a version is in use now."""
    return f"✅  Version {version} is published, and in use from now on."


def restored() -> str:
    """Say that an SOP is out of the archive."""
    return "✅  Restored as it was; its switches are off."


def gone(slug: str) -> list[Block]:
    """Say that there is no such SOP any more."""
    back = button(ActionId.SOP_LIST, "← All SOPs")
    text = f"There is no SOP `{line(slug, 63)}` any more; it may have been archived."
    return [section(text), actions(BlockId.SOP, back, of="back")]


def step_words(step: Step) -> str:
    """Say what a step does and how, without its instructions."""
    match step.kind:
        case StepKind.MANUAL:
            return "👤 By a person"
        case StepKind.DECISION:
            return "🔀 Decision"
        case StepKind.ACTION:
            what = str(step.action or "action").replace("_", " ")
            return f"⚡ {what[:1].upper()}{what[1:]}  ·  {mode_words(step.mode)}"


def mode_words(mode: StepMode) -> str:
    """Say who lets an action happen."""
    match mode:
        case StepMode.AUTO:
            return "automatic, where its switch is on"
        case StepMode.APPROVE:
            return "after approval"
        case StepMode.MANUAL:
            return "by hand"


def ways_words(sop: WorkflowDefinition, step: StepId) -> str:
    """Say where a step leads; empty where nothing follows."""
    titles = {one.id: one.title for one in sop.steps}
    numbers = {one.id: number for number, one in enumerate(sop.steps, 1)}
    ways = [edge for edge in sop.edges if edge.source == step]
    parts = [
        (f"_{line(edge.label, 60)}_ → " if edge.label else "→ ")
        + f"{numbers.get(edge.target, '?')}. {line(titles.get(edge.target, edge.target), 60)}"
        for edge in ways[:_WAYS]
    ]
    if len(ways) > _WAYS:
        parts.append(f"… {len(ways) - _WAYS} more")
    return "   ".join(parts)


def _details(
    card: Card, *, team_on: bool, steps_on: Collection[StepId], is_admin: bool
) -> Iterator[Block]:
    workflow, sop = card.workflow, card.workflow.definition
    yield header(sop.title)
    state = autopilot_words(card, team_on=team_on)
    yield context(f"`{sop.slug}`  ·  version {workflow.version}  ·  {state}")
    yield context(figures_line(card.figures))
    if card.draft:
        yield context(f"✏️ There is a draft of it, {changed_line(card.draft)}.")
    yield from _buttons(card, is_admin=is_admin)
    if sop.summary:
        yield section(line(sop.summary, 500))
    yield section(_trigger(sop))
    yield divider()
    for number, step in enumerate(sop.steps, 1):
        yield _step(sop, step, number, on=step.id in steps_on)


def _buttons(card: Card, *, is_admin: bool) -> Iterator[Block]:
    slug, title = card.workflow.slug, card.workflow.title
    edit = "Continue draft" if card.draft else "Edit"
    row = [
        button(ActionId.SOP_EDIT, edit, value=slug, style="primary", spoken=f"{edit}: {title}"),
        button(ActionId.SOP_TEST, "Test a message", value=slug),
        button(ActionId.SOP_HISTORY, "History", value=slug),
        button(ActionId.SOP_DOCUMENT, "SOP document", value=slug),
        button(ActionId.SOP_FEED, "Live Feed", value=slug, spoken=f"Live Feed of {title}"),
    ]
    yield actions(BlockId.SOP, button(ActionId.SOP_LIST, "← All SOPs"), *row, of="open")
    yield actions(BlockId.SOP, *_standing(card, is_admin=is_admin), of="standing")


def _standing(card: Card, *, is_admin: bool) -> Iterator[Block]:
    slug = card.workflow.slug
    if card.is_on:
        yield button(ActionId.SOP_SWITCH_OFF, "Switch Auto-Pilot off", value=slug, number=0)
    elif is_admin:
        ask = confirm(
            title="Switch Auto-Pilot on for this SOP?",
            text="It may start by itself when LiveSOP is sure. Its acting steps have switches of "
            "their own. Everybody may switch it off again.",
            yes="Switch on",
        )
        on = "Switch Auto-Pilot on"
        yield button(ActionId.SOP_SWITCH_ON, on, value=slug, number=0, confirm=ask)
    if card.workflow.paused:
        yield button(ActionId.SOP_RESUME, "Resume", value=slug)
    else:
        ask = confirm(
            title="Pause this SOP?",
            text="It matches no message, and does nothing by itself, until it is resumed. What is "
            "open in threads is left to people.",
            yes="Pause",
        )
        yield button(ActionId.SOP_PAUSE, "Pause", value=slug, confirm=ask)
    ask = confirm(
        title="Archive this SOP?",
        text="It matches no message any more, and its switches go off. What is open in threads "
        "is left to people. It can be restored.",
        yes="Archive",
    )
    yield button(ActionId.SOP_ARCHIVE, "Archive", value=slug, style="danger", confirm=ask)


def _trigger(sop: WorkflowDefinition) -> str:
    trigger = sop.trigger
    lines = [f"*Fires when*  {line(trigger.description, 1000)}"]
    if trigger.examples:
        shown = [f"“{line(one, 120)}”" for one in trigger.examples[:_EXAMPLES]]
        more = len(trigger.examples) - _EXAMPLES
        lines.append("*Such as*  " + "  ".join(shown) + (f"  and {more} more" if more > 0 else ""))
    if trigger.keywords:
        shown = [line(one, 60) for one in trigger.keywords[:_KEYWORDS]]
        lines.append("*Keywords*  " + ", ".join(shown))
    watched = [channel(one) for one in trigger.channels[:_CHANNELS]]
    if more := max(0, len(trigger.channels) - _CHANNELS):
        watched.append(f"{more} more")
    lines.append("*Watches*  " + (", ".join(watched) or "every channel that LiveSOP is in"))
    if trigger.propose_from or trigger.auto_from:
        own = [
            f"proposed from {trigger.propose_from}%" if trigger.propose_from else "",
            f"started from {trigger.auto_from}%" if trigger.auto_from else "",
        ]
        lines.append("*Its own thresholds*  " + ", ".join(filter(None, own)))
    return "\n".join(lines)


def _step(sop: WorkflowDefinition, step: Step, number: int, *, on: bool) -> Block:
    lines = [f"*{number}.  {line(step.title, 150)}*", step_words(step)]
    if on and step.mode is StepMode.AUTO:
        lines[-1] += "  ·  🟢 on"
    if step.approvers:
        who = ", ".join(map(member, step.approvers[:5]))
        lines[-1] += f"  ·  only {who}" + (" …" if step.approvers[5:] else "")
    if ways := ways_words(sop, step.id):
        lines.append(ways)
    return section("\n".join(lines))
