"""The seam between the ledger and the outside world: what every kind of action can do."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.jira_calls import Jira
from livesop_bot.domain.actions import ActionRequest, Receipt
from livesop_bot.domain.workflows import ActionKind
from livesop_bot.errors import CannotTell, PermanentError, TransientError
from livesop_bot.settings import Settings

_LOOK_AGAIN = 30.0
"""Seconds until another look at a target that could not be asked and named no time."""


class Kind(Protocol):
    """One kind of action, made by `make(tools)` in the file of its name.

    Its fields are in `domain/action_specs.py`, checked when published.

    The ledger renders, stores the request with its key, and only then performs. After
    ActionDelayed it performs again, later; after ActionInDoubt, or a crash, it looks first.
    """

    name: ActionKind

    def render(self, fields: Mapping[str, str], values: Mapping[str, str]) -> ActionRequest:
        """Make the request from a step's fields and `domain.occasion.values`; asks nobody.

        Raises ActionRefused where no request can be made of them.
        """
        ...

    async def find(self, request: ActionRequest, key: UUID, tried_at: datetime) -> Receipt | None:
        """Ask the target whether the action of this key has happened, since `tried_at`.

        None: surely not, it may be performed (again). Raises CannotTell, and nothing else.
        """
        ...

    async def perform(self, request: ActionRequest, key: UUID) -> Receipt:
        """Do it. Raises ActionDelayed, ActionInDoubt or ActionRefused."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What kinds are built with. `slack` does not retry by itself."""

    slack: AsyncWebClient
    jira: Jira
    settings: Settings


@contextmanager
def looking() -> Iterator[None]:
    """A look-up that fails says nothing about what happened: raise CannotTell instead."""
    try:
        yield
    except TransientError as error:
        raise CannotTell(str(error), error.retry_after or _LOOK_AGAIN) from error
    except PermanentError as error:
        raise CannotTell(str(error)) from error
