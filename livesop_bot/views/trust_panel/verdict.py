"""Verdicts: what people said of the message, and the buttons to say it."""

from collections.abc import Iterator, Mapping, Sequence

from livesop_bot.domain.decisions import Reason
from livesop_bot.domain.explanation import Said
from livesop_bot.domain.signals import SignalState
from livesop_bot.domain.workflows import Workflow
from livesop_bot.views.blocks import (
    Block,
    actions,
    button,
    context,
    date,
    line,
    person,
    plain,
    section,
)
from livesop_bot.views.ids import ActionId, BlockId
from livesop_bot.views.trust_panel.state import Panel, Place

NONE = "-"
"""What is chosen where no SOP fits; no SOP has this name."""

_CHOICES = 99
_SAID = 5


def verdict_blocks(panel: Panel) -> Iterator[Block]:
    """Show what was said, and ask; a deleted message takes no verdict."""
    if panel.explanation.signal.state is SignalState.DELETED:
        return
    titles = {workflow.slug: workflow.title for workflow in panel.sops}
    rows = [_said(said, titles) for said in panel.explanation.said[-_SAID:]]
    judged = _can_be_right(panel)
    ask = "Was this right?" if judged else "Which SOP fits it?"
    yield section("\n".join((f"*{ask}*  LiveSOP remembers what you say.", *rows)))
    buttons = []
    if judged:
        buttons.append(button(ActionId.WHY_RIGHT, "👍  Right"))
        buttons.append(button(ActionId.WHY_WRONG, "👎  Wrong"))
    yield actions(BlockId.WHY_VERDICT, *buttons, _select(panel.sops, judged=judged))
    if len(panel.sops) > _CHOICES:
        yield context(
            f"The first {_CHOICES} SOPs are listed; for any other: "
            "`/livesop verdict &lt;message link&gt; &lt;sop&gt;`."
        )
    if told := panel.told(Place.VERDICT):
        yield context(told)


def _can_be_right(panel: Panel) -> bool:
    return panel.evaluation is not None and panel.evaluation.decision.reason not in (
        Reason.TIMED_OUT,
        Reason.FAILED,
    )


def _select(sops: Sequence[Workflow], *, judged: bool) -> Block:
    options = [{"text": plain("No SOP fits", 75), "value": NONE}]
    options += [{"text": plain(sop.title, 75), "value": sop.slug[:150]} for sop in sops[:_CHOICES]]
    return {
        "type": "static_select",
        "action_id": ActionId.WHY_OTHER.value,
        "placeholder": plain("Another SOP …" if judged else "An SOP …", 150),
        "options": options,
    }


def _said(said: Said, titles: Mapping[str, str]) -> str:
    if said.workflow is None:
        what = "Some SOP fits, not named" if said.fits else "No SOP fits"
    else:
        fits = "fits" if said.fits else "does not fit"
        what = f"*{line(titles.get(said.workflow, said.workflow), 100)}* {fits}"
    return f"💬  {what}, says {person(said.by)}  ·  {date(said.at)}"
