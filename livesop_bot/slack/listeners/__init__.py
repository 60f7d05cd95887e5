"""The listeners: each parses what Slack sends, calls, and renders the answer."""

from slack_bolt.async_app import AsyncApp

from livesop_bot.slack.listeners import (
    commands,
    home,
    knowledge,
    pauses,
    runs,
    sops,
    starting,
    trust_panel,
    waiting,
)
from livesop_bot.slack.listeners.face import Face


def register(app: AsyncApp, face: Face) -> None:
    """Give the app all its listeners."""
    for listener in (
        commands,
        home,
        knowledge,
        pauses,
        runs,
        sops,
        starting,
        trust_panel,
        waiting,
    ):
        listener.register(app, face)
