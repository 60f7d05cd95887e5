"""The action `webhook`: signed JSON to a web address."""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import aiohttp
from aiohttp.abc import AbstractResolver
from pydantic import SecretStr

from livesop_bot.actions.destinations import DestinationRefused, Destinations
from livesop_bot.actions.http_calls import http_errors, read_at_most, retry_after
from livesop_bot.actions.kind import Kind, Tools
from livesop_bot.domain.action_fields import filled
from livesop_bot.domain.actions import ActionRequest, Receipt
from livesop_bot.domain.template import clipped
from livesop_bot.domain.workflows import ActionKind
from livesop_bot.errors import ActionDelayed, ActionInDoubt, ActionRefused, CannotTell

SCHEMA_VERSION = 1
_LIMITS = aiohttp.ClientTimeout(total=15, connect=5, sock_connect=5)
_KEPT_BYTES = 4_096
"""How much of an answer is kept; the rest is not even read."""
_DOUBTFUL = frozenset({408, 409, 425})
"""Statuses below 500 that say that the request, or one of the same key, may be under way."""


class Webhook:
    """Posts JSON. Each call has a connection of its own, and knows no proxies and no cookies."""

    name = ActionKind.WEBHOOK

    def __init__(
        self,
        secret: SecretStr | None,
        destinations: Destinations,
        *,
        resolver: AbstractResolver | None = None,
        limits: aiohttp.ClientTimeout = _LIMITS,
    ) -> None:
        self._secret = secret
        self._destinations = destinations
        self._resolver = resolver
        self._limits = limits

    def render(self, fields: Mapping[str, str], values: Mapping[str, str]) -> ActionRequest:
        """The payload says everything that templates can say, and the SOP's text."""
        done = filled(self.name, fields, values)
        payload: dict[str, Any] = {"version": SCHEMA_VERSION, "text": done["text"]}
        for group in ("sop", "message", "evaluation", "extract"):
            prefix = f"{group}."
            payload[group] = {
                name.removeprefix(prefix): value
                for name, value in values.items()
                if name.startswith(prefix)
            }
        return ActionRequest(
            kind=self.name,
            words=f"Send JSON to {_host(done['url'])}",
            preview=json.dumps(payload, indent=2, ensure_ascii=False),
            body={
                "url": done["url"],
                "payload": payload,
                "idempotent": done["idempotent"] in ("yes", "true"),
            },
        )

    async def find(self, request: ActionRequest, key: UUID, tried_at: datetime) -> Receipt | None:
        """Receivers cannot be asked. One that drops repeated keys may simply be sent it again."""
        if request.body["idempotent"]:
            return None
        raise CannotTell(
            f"{_host(request.body['url'])} cannot be asked whether it got this. If it drops "
            "repeated Idempotency-Keys, say `idempotent: yes` in the SOP."
        )

    async def perform(self, request: ActionRequest, key: UUID) -> Receipt:
        """Post it once; the status alone says whether it was taken."""
        if self._secret is None:
            raise ActionRefused("Webhooks are signed: set LIVESOP_WEBHOOK_SECRET.")
        url = str(request.body["url"])
        host = _host(url)
        content = json.dumps({**request.body["payload"], "id": str(key)}).encode("ascii")
        headers = {
            "Content-Type": "application/json",
            "Accept-Encoding": "identity",
            "User-Agent": "LiveSOP",
            "Idempotency-Key": str(key),
            **signature(self._secret.get_secret_value(), content, int(time.time())),
        }
        connector = aiohttp.TCPConnector(
            resolver=self._resolver or aiohttp.ThreadedResolver(),
            use_dns_cache=False,
            force_close=True,
            socket_factory=partial(self._destinations.socket, host),
        )
        async with aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            timeout=self._limits,
        ) as session:
            status, answered, asked_to_wait = await _post(session, url, host, content, headers)
        if 200 <= status < 300:
            response = {"status": status, "body": answered}
            return Receipt(id=str(key), words=f"Sent to {host}", response=response)
        said = f" It says: {clipped(answered, 300)}" if answered.strip() else ""
        if status == 429:
            raise ActionDelayed(f"{host} asked us to wait (429).", asked_to_wait)
        if status >= 500 or status in _DOUBTFUL:
            raise ActionInDoubt(f"{host} failed ({status}).{said}")
        if 300 <= status < 400:
            raise ActionRefused(
                f"{host} answered with a redirect ({status}), and none is followed: give the "
                "final address in the SOP."
            )
        raise ActionRefused(f"{host} did not take it ({status}).{said}")


def make(tools: Tools) -> Kind:
    settings = tools.settings
    return Webhook(settings.livesop_webhook_secret, Destinations(settings.webhook_allow))


def signature(secret: str, content: bytes, timestamp: int) -> dict[str, str]:
    """The headers that say when a body was sent, and prove by whom."""
    signed = f"{timestamp}.".encode() + content
    digest = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
    return {"X-LiveSOP-Timestamp": str(timestamp), "X-LiveSOP-Signature": f"v1={digest}"}


async def _post(
    session: aiohttp.ClientSession, url: str, host: str, content: bytes, headers: dict[str, str]
) -> tuple[int, str, float]:
    """Give the status, the beginning of the answer, and how long it asks to wait."""
    try:
        with http_errors(host):
            response = await session.post(url, data=content, headers=headers, allow_redirects=False)
    except ActionDelayed as error:
        if refused := _refusal(error):
            raise ActionRefused(
                f"{host} is at {refused}, which is internal: webhooks go to public addresses, "
                "and to those in LIVESOP_WEBHOOK_ALLOW."
            ) from error
        raise
    async with response:
        try:
            answered = (await read_at_most(response, _KEPT_BYTES))[0]
        except (aiohttp.ClientError, OSError):
            answered = b""  # what was done stands in the status
        text = answered.decode("utf-8", "replace").replace("\x00", "\ufffd")
        return response.status, text, retry_after(response.headers)


def _refusal(error: BaseException) -> str | None:
    """The internal address for which no connection was made, if that was the reason."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, DestinationRefused):
            return str(seen)
        seen = getattr(seen, "os_error", None) or seen.__cause__ or seen.__context__
    return None


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""
