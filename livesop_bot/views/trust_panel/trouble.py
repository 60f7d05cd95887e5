"""A panel that cannot be shown, or a press in it that was not confirmed, for now."""

from livesop_bot.views.blocks import View, actions, button, header, section
from livesop_bot.views.ids import ActionId, BlockId, CallbackId
from livesop_bot.views.modal import modal
from livesop_bot.views.trust_panel.state import TITLE, PanelState


def away(state: PanelState, pressed: str = "") -> View:
    """Say that the database is away. `pressed`: the answer to a press, where there was one."""
    blocks = [header("⚠️ The database is away")]
    if pressed:
        blocks.append(section(pressed))
    blocks += [
        section(
            "Nothing can be looked up or changed until it is back. New messages are kept safe, "
            "and no SOP starts meanwhile.\nPlease look again in a minute."
        ),
        actions(BlockId.WHY_MORE, button(ActionId.WHY_REFRESH, "Look again")),
    ]
    return modal(TITLE, blocks, callback=CallbackId.TRUST_PANEL, metadata=state.metadata())
