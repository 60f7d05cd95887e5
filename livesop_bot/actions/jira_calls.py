"""Calls of Jira Cloud's REST API (v3), with its ways of saying no as our errors."""

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

import aiohttp
from pydantic import SecretStr

from livesop_bot.actions.http_calls import http_errors, read_at_most, retry_after
from livesop_bot.domain.template import clipped
from livesop_bot.errors import ActionDelayed, ActionInDoubt, ActionRefused

_MOST_BYTES = 2_000_000
_LIMITS = aiohttp.ClientTimeout(total=20, connect=5, sock_connect=5)


class Jira:
    """One Jira site and the account that works there; what is not set is refused when used."""

    def __init__(
        self,
        session: aiohttp.ClientSession,
        *,
        base_url: str | None,
        email: str | None,
        token: SecretStr | None,
        limits: aiohttp.ClientTimeout = _LIMITS,
    ) -> None:
        self._session = session
        self._base_url = (base_url or "").rstrip("/")
        self._email = email or ""
        self._token = token
        self._limits = limits

    def link(self, issue: str) -> str:
        """Where people see an issue."""
        return f"{self._base_url}/browse/{issue}"

    async def call(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        params: Mapping[str, str] | None = None,
        doing: str,
    ) -> dict[str, Any]:
        """Call `/rest/api/3/{path}`; `doing` says to people what for ("open an issue in OPS").

        Raises ActionDelayed, ActionInDoubt or ActionRefused.
        """
        if not (self._base_url and self._email and self._token):
            raise ActionRefused(
                "Jira is not set up: set JIRA_BASE_URL, JIRA_EMAIL and JIRA_API_TOKEN."
            )
        account = f"{self._email}:{self._token.get_secret_value()}".encode()
        with http_errors("Jira"):
            async with self._session.request(
                method,
                f"{self._base_url}/rest/api/3/{path}",
                json=body,
                params=params,
                headers={
                    "Accept": "application/json",
                    "Authorization": f"Basic {b64encode(account).decode()}",
                },
                allow_redirects=False,
                timeout=self._limits,
            ) as response:
                content, whole = await read_at_most(response, _MOST_BYTES)
        status = response.status
        # With a wrong token some addresses answer as to a stranger, with 200 and nothing found.
        stranger = "AUTHENTICATED_FAILED" in response.headers.get("X-Seraph-LoginReason", "")
        if not 200 <= status < 300 or stranger:
            raise self._error(401 if stranger else status, response.headers, content, doing)
        answer = _json(content) if whole else None
        if answer is None:
            raise ActionInDoubt("Jira answered what cannot be read.")
        return answer

    def _error(
        self, status: int, headers: Mapping[str, str], content: bytes, doing: str
    ) -> ActionDelayed | ActionInDoubt | ActionRefused:
        said = _said(_json(content) or {})
        match status:
            case 429:
                return ActionDelayed("Jira asked us to wait (429).", retry_after(headers))
            case 401:
                advice = "set JIRA_EMAIL and a valid JIRA_API_TOKEN"
                return ActionRefused(f"Jira refused the token (401): {advice}.")
            case 403:
                advice = f"give {self._email} the right to do so"
                return ActionRefused(f"Jira lets us not {doing} (403): {advice}.{said}")
            case 404:
                advice = f"check the key in the SOP, and what {self._email} may see"
                return ActionRefused(f"Jira cannot {doing}: it is not there (404); {advice}.{said}")
            case _ if status >= 500 or status == 408:
                return ActionInDoubt(f"Jira failed while asked to {doing} ({status}).")
            case _ if 300 <= status < 400:
                advice = "JIRA_BASE_URL must be the site's own address"
                return ActionRefused(f"Jira answered with a redirect ({status}): {advice}.")
            case _:
                advice = "change the fields of the step"
                return ActionRefused(f"Jira did not {doing} ({status}): {advice}.{said}")


def part(answer: Any, *path: str) -> str:
    """A text within an answer. Raises ActionInDoubt where it is not: nobody knows what was done."""
    for name in path:
        answer = answer.get(name) if isinstance(answer, dict) else None
    if not isinstance(answer, str):
        raise ActionInDoubt(f"Jira's answer lacks {'.'.join(path)}.")
    return answer


def _json(content: bytes) -> dict[str, Any] | None:
    try:
        answer = json.loads(content or b"{}")
    except ValueError:
        return None
    return answer if isinstance(answer, dict) else None


def _said(answer: Mapping[str, Any]) -> str:
    """What Jira says is wrong, field by field, in one sentence."""
    messages, fields = answer.get("errorMessages"), answer.get("errors")
    parts = [str(message) for message in messages] if isinstance(messages, list) else []
    if isinstance(fields, dict):
        parts += [f"{name}: {message}" for name, message in fields.items()]
    return f" It says: {clipped('; '.join(parts), 500)}" if parts else ""
