"""Replay: the message judged again as a dry run, and in what that differs from what is stored."""

from collections.abc import Iterator

from livesop_bot.domain.decisions import Reason
from livesop_bot.domain.replays import NotReplayed, Replayed, Version
from livesop_bot.domain.signals import SignalState
from livesop_bot.views.blocks import Block, actions, button, confirm, context, section
from livesop_bot.views.ids import ActionId, BlockId
from livesop_bot.views.replay import not_replayed, replayed_blocks
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
    if panel.news.is_replaying:
        yield context("⏳  Being judged again …  This takes a moment; half a minute at most.")
        return
    match panel.news.replayed:
        case Replayed() as replayed:
            yield from replayed_blocks(replayed, in_channel=panel.may_read)
        case NotReplayed() as why:
            yield section(not_replayed(why, panel.state.signal))
        case None:
            pass
    if told := panel.told(Place.REPLAY):
        yield context(told)
    yield actions(BlockId.WHY_REPLAY, *_buttons(panel))


def _buttons(panel: Panel) -> Iterator[Block]:
    label = "Replay again" if panel.news.replayed else "Replay"
    yield button(ActionId.WHY_REPLAY, label, value=Version.NEWEST)
    if (older := _older_version(panel)) is not None:
        label = f"Replay with version {older}"
        yield button(ActionId.WHY_REPLAY_SAME, label, value=Version.SAME)
    if _is_worth_it(panel):
        # What is done for real is what was shown.
        shown = panel.news.replayed
        version = shown.version if isinstance(shown, Replayed) else Version.NEWEST
        yield button(
            ActionId.WHY_JUDGE_AGAIN, "Judge it again for real", confirm=_FOR_REAL, value=version
        )


def _older_version(panel: Panel) -> int | None:
    """The version of the SOP that was named, where there is a newer one."""
    newest = panel.explanation.workflow
    named = None if panel.evaluation is None else panel.evaluation.workflow
    if newest is None or named is None or newest.version == named.version:
        return None
    return named.version


def _is_worth_it(panel: Panel) -> bool:
    """What could not be judged, and what would come out otherwise now, may be judged for real."""
    if isinstance(panel.news.replayed, Replayed):
        return panel.news.replayed.dry_run and bool(panel.news.replayed.differences)
    evaluation = panel.evaluation
    return evaluation is not None and evaluation.decision.reason in (
        Reason.TIMED_OUT,
        Reason.FAILED,
    )
