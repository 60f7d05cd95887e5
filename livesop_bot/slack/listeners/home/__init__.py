"""App Home: the frame, and a file a tab.

A tab's file gives `blocks(face, visitor, state)`, and registers its buttons by
`register(app, face)`. What changes something ends with `changed` of the frame, what only moves
about with `show`; both take the `Spot` that the press came from.
"""

from functools import partial

from slack_bolt.async_app import AsyncApp

from livesop_bot.slack.listeners.face import Face
from livesop_bot.slack.listeners.home import (
    autonomy,
    feed,
    frame,
    guide,
    knowledge,
    overview,
    settings,
    workflows,
)
from livesop_bot.views.home.tabs import HomeTab


def register(app: AsyncApp, face: Face) -> None:
    """Say what draws each tab, and answer to opening, tabs and buttons."""
    face.homes.draws = {
        HomeTab.OVERVIEW: partial(overview.blocks, face),
        HomeTab.WORKFLOWS: guide.seen(face, partial(workflows.blocks, face)),
        HomeTab.KNOWLEDGE: partial(knowledge.blocks, face),
        HomeTab.SETTINGS: partial(settings.blocks, face),
    }
    for part in (frame, autonomy, guide, overview, feed, workflows, knowledge, settings):
        part.register(app, face)
