"""App Home, Knowledge: the documents that LiveSOP may cite."""

from livesop_bot.views.blocks import Block, header, section


def elsewhere() -> list[Block]:
    """Say where knowledge is looked after."""
    return [
        header("Knowledge"),
        section("`/livesop kb` lists what LiveSOP may cite, `/livesop kb add` adds to it."),
    ]
