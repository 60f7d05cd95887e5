"""Replay: the message judged again as a dry run, shown beside what was made of it then."""

from collections.abc import Iterator

from livesop_bot.domain.decisions import Reason
from livesop_bot.domain.evaluations import Evaluation
from livesop_bot.domain.signals import SignalState
from livesop_bot.views.blocks import Block, actions, button, confirm, context, line, percent, section
from livesop_bot.views.ids import ActionId, BlockId
from livesop_bot.views.trust_panel.decision import short
from livesop_bot.views.trust_panel.state import Panel, Place

_FOR_REAL = confirm(
    title="Judge it again for real?",
    text="What comes of it counts: an SOP may be proposed in its thread, or start where it may.",
    yes="Judge it again",
)


def replay_blocks(panel: Panel) -> Iterator[Block]:
    """Offer a dry run, and show what came of it; a deleted message cannot be judged."""
    if panel.explanation.signal.state is SignalState.DELETED:
        return
    yield section(
        "*Replay*  Judges the message again with the SOPs, the knowledge and the verdicts of now. "
        "It is a dry run: nothing is started or posted."
    )
    if panel.is_replaying:
        yield context("⏳  Being judged again …  This takes a moment; half a minute at most.")
        return
    tried = panel.explanation.tried
    if tried is not None:
        yield section(_difference(panel.evaluation, tried))
    buttons = [button(ActionId.WHY_REPLAY, "Replay again" if tried else "Replay")]
    if _may_count(panel, tried):
        buttons.append(
            button(ActionId.WHY_JUDGE_AGAIN, "Judge it again for real", confirm=_FOR_REAL)
        )
    yield actions(BlockId.WHY_REPLAY, *buttons)
    if told := panel.told(Place.REPLAY):
        yield context(told)
