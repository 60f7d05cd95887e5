"""The composition root: builds every object from the settings, and hands them to each other."""

from livesop_bot.app.knowledge import (
    add_documents,
    list_documents,
    remove_document,
    search_knowledge,
)
from livesop_bot.app.measure import EvaluatorName, Measuring, measure
from livesop_bot.app.parts import database, open_pool
from livesop_bot.app.process import App, Role, Timing
from livesop_bot.app.replay import replay
from livesop_bot.app.serving import run
from livesop_bot.app.what_if import tell_what_if

__all__ = [
    "App",
    "EvaluatorName",
    "Measuring",
    "Role",
    "Timing",
    "add_documents",
    "database",
    "list_documents",
    "measure",
    "open_pool",
    "remove_document",
    "replay",
    "run",
    "search_knowledge",
    "tell_what_if",
]
