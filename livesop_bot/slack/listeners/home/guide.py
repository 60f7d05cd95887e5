"""App Home, the guide: the first steps of a team, on top of the Overview until they are done."""

from collections.abc import Sequence

from slack_bolt.async_app import AsyncApp

from livesop_bot.slack.homes import Visitor
from livesop_bot.slack.listeners.face import Face
from livesop_bot.views.blocks import Block


def register(_app: AsyncApp, _face: Face) -> None:
    """Nothing to press yet."""


async def blocks(_face: Face, _visitor: Visitor) -> Sequence[Block]:
    """Show the step that is next; nothing once they are done."""
    return ()
