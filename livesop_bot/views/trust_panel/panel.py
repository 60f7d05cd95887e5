"""The panel: its sections in the order in which people ask."""

from collections.abc import Iterable

from livesop_bot.domain.evaluations import Evaluation
from livesop_bot.views.blocks import View, divider
from livesop_bot.views.ids import CallbackId
from livesop_bot.views.modal import modal
from livesop_bot.views.trust_panel.decision import decision_blocks
from livesop_bot.views.trust_panel.deeds import deeds_blocks, full_deeds
from livesop_bot.views.trust_panel.details import detail_blocks, history
from livesop_bot.views.trust_panel.grounds import (
    full_cases,
    full_evidence,
    full_knowledge,
    full_reasoning,
    grounds_blocks,
)
from livesop_bot.views.trust_panel.more import page
from livesop_bot.views.trust_panel.replay import replay_blocks
from livesop_bot.views.trust_panel.source import full_text, source_blocks
from livesop_bot.views.trust_panel.state import TITLE, Panel, Part
from livesop_bot.views.trust_panel.switches import switch_blocks
from livesop_bot.views.trust_panel.thresholds import threshold_blocks
from livesop_bot.views.trust_panel.verdict import verdict_blocks

_SECTIONS = (
    grounds_blocks,
    source_blocks,
    deeds_blocks,
    switch_blocks,
    verdict_blocks,
    replay_blocks,
    threshold_blocks,
    detail_blocks,
)
_FULL = {
    Part.TEXT: full_text,
    Part.EVIDENCE: full_evidence,
    Part.REASONING: full_reasoning,
    Part.KNOWLEDGE: full_knowledge,
    Part.CASES: full_cases,
    Part.STEPS: full_deeds,
}


def trust_panel(panel: Panel) -> View:
    """Show all of it."""
    blocks = list(decision_blocks(panel))
    for section in _SECTIONS:
        if found := list(section(panel)):
            blocks += (divider(), *found)
    return modal(TITLE, blocks, callback=CallbackId.TRUST_PANEL, metadata=panel.state.metadata())


def full_page(panel: Panel, part: Part, number: int) -> View:
    """Show a page of a part that the panel shows the beginning of."""
    return page(part, _FULL[part](panel), number, panel.state.metadata())


def history_page(panel: Panel, evaluations: Iterable[Evaluation], number: int) -> View:
    """Show a page of every evaluation there was."""
    return page(Part.HISTORY, history(list(evaluations)), number, panel.state.metadata())
