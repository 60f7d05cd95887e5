"""The composition root: builds every object from the settings, and hands them to each other."""

from livesop_bot.app.knowledge import (
    add_documents,
    list_documents,
    remove_document,
    search_knowledge,
)
from livesop_bot.app.parts import database, open_pool
from livesop_bot.app.process import App, Role, Timing, run
from livesop_bot.app.replay import replay

__all__ = [
    "App",
    "Role",
    "Timing",
    "add_documents",
    "database",
    "list_documents",
    "open_pool",
    "remove_document",
    "replay",
    "run",
    "search_knowledge",
]
