"""SOPs in modals: the editor and its forms, publishing, versions, and trying a message."""

from slack_bolt.async_app import AsyncApp

from livesop_bot.slack.listeners.face import Face
from livesop_bot.slack.listeners.sops import editor, forms, history, publishing, sample, steps


def register(app: AsyncApp, face: Face) -> None:
    """Answer to all of them."""
    for part in (editor, forms, steps, publishing, history, sample):
        part.register(app, face)
