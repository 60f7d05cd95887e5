"""App Home, Settings: what the team decided."""

from livesop_bot.views.blocks import Block, header, section


def elsewhere() -> list[Block]:
    """Say where settings are made."""
    return [
        header("Settings"),
        section("Settings are made where LiveSOP runs. Auto-Pilot is switched in the Overview."),
    ]
