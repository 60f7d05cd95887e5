"""The Trust Panel: opened from everywhere, and what is pressed in it."""

from slack_bolt.async_app import AsyncApp

from livesop_bot.slack.listeners.face import Face
from livesop_bot.slack.listeners.trust_panel import entries, pages, presses, replaying
from livesop_bot.slack.listeners.trust_panel.opening import open_panel

__all__ = ["open_panel", "register"]


def register(app: AsyncApp, face: Face) -> None:
    """Answer to everything that opens it, and to everything in it."""
    for listener in (entries, presses, replaying, pages):
        listener.register(app, face)
