"""App Home, Workflows."""

from collections.abc import Sequence

from slack_bolt.async_app import AsyncApp

from livesop_bot.slack.homes import Visitor
from livesop_bot.slack.listeners.face import Face
from livesop_bot.views.blocks import Block
from livesop_bot.views.home import workflows
from livesop_bot.views.home.tabs import HomeState


def register(_app: AsyncApp, _face: Face) -> None:
    """Nothing to press yet."""


async def blocks(_face: Face, _visitor: Visitor, _state: HomeState) -> Sequence[Block]:
    """Show the tab."""
    return workflows.elsewhere()
