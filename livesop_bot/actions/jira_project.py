"""A look at the Jira project in which issues are opened: whether it is there for our account."""

import asyncio

from livesop_bot.actions.jira_calls import Jira
from livesop_bot.errors import PermanentError, TransientError

_LIMIT_S = 8.0


class JiraProject:
    """Asks Jira for the project of JIRA_PROJECT."""

    def __init__(self, jira: Jira, key: str | None) -> None:
        self._jira = jira
        self._key = key

    async def problem(self) -> str | None:
        """Say what is wrong and what to do about it; None: the account sees the project."""
        if self._key is None:
            return "No project is set: set JIRA_PROJECT where LiveSOP runs."
        try:
            async with asyncio.timeout(_LIMIT_S):
                await self._jira.call("GET", f"project/{self._key}", doing=f"see {self._key}")
        except TimeoutError:
            return f"Jira did not answer within {_LIMIT_S:g} seconds. Try again in a minute."
        except TransientError as error:
            return f"{error} Try again in a minute."
        except PermanentError as error:
            return str(error)
        return None
