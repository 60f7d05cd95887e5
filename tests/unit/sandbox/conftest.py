"""A workspace, and what changes in it."""

import pytest

from livesop_bot.sandbox.changes import Change
from livesop_bot.sandbox.demo import demo_workspace
from livesop_bot.sandbox.workspace import Workspace


@pytest.fixture
def workspace() -> Workspace:
    """The demo workspace."""
    return demo_workspace()


@pytest.fixture
def changes(workspace: Workspace) -> list[Change]:
    """Every change, in order."""
    seen: list[Change] = []
    workspace.listen(seen.append)
    return seen
