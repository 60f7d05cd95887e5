"""SOPs as commands and answers show them: a list, and one with its steps."""

from collections.abc import Collection, Iterator, Sequence

from livesop_bot.domain.decisions import Scope
from livesop_bot.domain.steps import choices
from livesop_bot.domain.workflows import Step, StepKind, StepMode, Workflow
from livesop_bot.views.blocks import (
    Block,
    Message,
    channel,
    clip,
    code,
    context,
    counted,
    line,
    message,
    section,
)

MOST_LISTED = 30
_MOST_STEPS = 25
SHOWN_STEPS = 12
NO_SOPS = "There are no SOPs yet. *New SOP* in LiveSOP's Home, under *Workflows*, makes one."


def sop_list(workflows: Sequence[Workflow], on: Collection[tuple[Scope, str]]) -> Message:
    """List a team's SOPs with what each is for."""
    if not workflows:
        return message(NO_SOPS, [section(NO_SOPS)])
    shown = workflows[:MOST_LISTED]
    rows = [_row(workflow, on) for workflow in shown]
    blocks: list[Block] = [section(f"*SOPs*: {len(workflows)}")]
    blocks += [section("\n".join(rows[at : at + 5]), expand=True) for at in range(0, len(rows), 5)]
    left = len(workflows) - len(shown)
    blocks.append(
        context(
            f"{f'… and {left} more, in the Home tab.  ' if left else ''}"
            "`/livesop show &lt;sop&gt;` shows one, `/livesop start &lt;sop&gt;` starts it here."
        )
    )
    return message(f"SOPs: {len(workflows)}", blocks)


def sop(workflow: Workflow, on: Collection[tuple[Scope, str]]) -> Message:
    """Show one SOP: when it is for, where it listens, its steps."""
    trigger = workflow.definition.trigger
    watched = ", ".join(channel(one) for one in trigger.channels[:20])
    facts = [
        f"*When:* {line(trigger.description, 800)}",
        f"*Where:* {watched or 'every channel that LiveSOP is in'}",
    ]
    if trigger.examples:
        examples = ", ".join(f"“{line(one, 120)}”" for one in trigger.examples[:5])
        facts.append(f"*Like:* {examples}")
    auto = "on" if (Scope.WORKFLOW, workflow.slug) in on else "off"
    state = f"Auto-Pilot {auto}"
    if workflow.paused:
        state += "  ·  ⏸️ paused: no message is matched with it"
    start = code(f"/livesop start {workflow.slug}", 100)
    return message(
        f"SOP: {line(workflow.title, 150)}",
        [
            *sop_card(workflow, most=_MOST_STEPS),
            section(clip("\n".join(facts), 2900), expand=True),
            context(f"Version {workflow.version}  ·  {state}  ·  {start} starts it here"),
        ],
    )


def sop_card(workflow: Workflow, *, most: int = SHOWN_STEPS) -> Iterator[Block]:
    """Its name, what it is for, and its steps in their order."""
    definition = workflow.definition
    what = definition.summary or definition.trigger.description
    yield section(f"*{line(definition.title, 150)}*\n{line(what, 600)}", expand=True)
    rows = [
        f"{number}.  {line(step.title, 90)}  ·  _{_how(step, workflow)}_"
        for number, step in enumerate(definition.steps[:most], 1)
    ]
    if rows and (left := len(definition.steps) - len(rows)):
        rows.append(f"… and {counted(left, 'more step')}")
    for at in range(0, len(rows), 10):
        yield section("\n".join(rows[at : at + 10]), expand=True)


def _how(step: Step, workflow: Workflow) -> str:
    if step.kind is StepKind.DECISION:
        labels = [label for label in choices(step, workflow.definition) if label]
        return line(f"decide: {' / '.join(labels)}", 80) if labels else "decide"
    if step.kind is StepKind.MANUAL or step.mode is StepMode.MANUAL:
        return "by hand"
    return "automatic, where switched on" if step.mode is StepMode.AUTO else "after approval"


def _row(workflow: Workflow, on: Collection[tuple[Scope, str]]) -> str:
    what = workflow.definition.summary or workflow.definition.trigger.description
    auto = "  ·  Auto-Pilot on" if (Scope.WORKFLOW, workflow.slug) in on else ""
    auto += "  ·  ⏸️ paused" if workflow.paused else ""
    return f"{code(workflow.slug)}  *{line(workflow.title, 80)}*{auto}\n{line(what, 160)}"
