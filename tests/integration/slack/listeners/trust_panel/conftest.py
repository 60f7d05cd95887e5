"""Somebody who looks at a Trust Panel and presses in it."""

from collections.abc import Callable

import pytest

from livesop_bot.sandbox.demo import GRACE
from livesop_bot.sandbox.server import SlackServer
from tests.reader import Reader


@pytest.fixture
def reader(slack: SlackServer) -> Callable[..., Reader]:
    """Anybody who looks."""
    return lambda user=GRACE: Reader(slack, user)
