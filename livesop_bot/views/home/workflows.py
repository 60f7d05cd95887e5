"""App Home, Workflows: the SOPs of the team."""

from livesop_bot.views.blocks import Block, header, section


def elsewhere() -> list[Block]:
    """Say where SOPs are looked after."""
    return [
        header("Workflows"),
        section("`/livesop autopilot` lists your SOPs with their steps, and which may run alone."),
    ]
