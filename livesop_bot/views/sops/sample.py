"""Trying a message on the team's SOPs: the form, and what would come of it."""

from livesop_bot.domain.decisions import Decision
from livesop_bot.domain.evaluations import Judgement
from livesop_bot.domain.workflows import Workflow
from livesop_bot.views.blocks import (
    Block,
    View,
    bar,
    context,
    header,
    line,
    percent,
    quote,
    section,
)
from livesop_bot.views.ids import CallbackId
from livesop_bot.views.inputs import channel, typed
from livesop_bot.views.judgement import evaluator
from livesop_bot.views.modal import modal
from livesop_bot.views.sops.editing import Editing

TITLE = "Test a message"
_NOTHING_KEPT = "Nothing was stored, posted or started."


def form(editing: Editing, text: str = "") -> View:
    """Ask for a message, and where it would stand."""
    fields = [
        typed("text", "A message", text, most=3000, lines=True, placeholder="Checkout is down …"),
        channel("channel", "As if sent in", hint="Left out: every SOP looks at it."),
    ]
    return modal(
        TITLE,
        [*fields, context("It is judged as a real one would be. Nothing is stored or started.")],
        callback=CallbackId.SOP_TEST_FORM,
        submit="Test",
        metadata=editing.write(),
    )


def testing(text: str, editing: Editing) -> View:
    """Stand in while it is judged."""
    blocks = [section(quote(text) or "…"), section("⏳  Judging it …")]
    return modal(TITLE, blocks, metadata=editing.write())


def tested(
    text: str,
    judgement: Judgement,
    workflow: Workflow | None,
    decision: Decision,
    asked: str,
) -> View:
    """Say what would come of it, and how far that is what was `asked` about (a slug)."""
    sure = f"{percent(judgement.confidence)}  {bar(judgement.confidence)}"
    if workflow is None:
        headline, mark = "No SOP fits", "⚪"
    else:
        headline = workflow.title
        mark = "🟢" if workflow.slug == asked else "🟡"
    blocks: list[Block] = [
        header(f"{mark} {headline}"),
        section(f"{sure}\n{line(decision.detail, 500)}"),
        section(quote(text, 600, 4) or "…"),
    ]
    if judgement.reasoning.strip():
        blocks.append(section(f"*Why*  {line(judgement.reasoning, 1000)}"))
    if judgement.evidence.strip():
        blocks.append(section(f"*It rests on*\n{quote(judgement.evidence)}"))
    blocks.append(context(f"Judged by {evaluator(judgement.evaluator)}.  {_NOTHING_KEPT}"))
    return modal(TITLE, blocks)


def not_judged() -> View:
    """Say that the evaluator failed."""
    return not_tested(
        "The evaluator is away, so it could not be judged. Please try again in a moment; "
        "/livesop health says more."
    )


def not_tested(why: str) -> View:
    """Say that it could not be judged; `why` is a sentence of ours."""
    return modal(TITLE, [section(f"⚠️  {line(why, 300)}"), context(_NOTHING_KEPT)])
