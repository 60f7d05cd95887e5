"""The composition root: builds every object from the settings, and hands them to each other."""

from livesop_bot.app.parts import database, open_pool
from livesop_bot.app.process import App, Role, Timing, run
from livesop_bot.app.replay import replay

__all__ = ["App", "Role", "Timing", "database", "open_pool", "replay", "run"]
