"""A receiver of webhooks on loopback that checks their signature and drops repeated keys."""

import hashlib
import hmac
from typing import Any

from aiohttp import web

from tests.outside.loopback import Loopback


class WebhookReceiver(Loopback):
    """Takes POSTs at `/hook` (faults: `hook`); `/moved` answers with a redirect there."""

    def __init__(self, secret: str) -> None:
        super().__init__()
        self._secret = secret
        self.taken: dict[str, Any] = {}
        """What was taken, by Idempotency-Key."""
        self.deliveries: list[tuple[str, Any]] = []
        """Keys and contents of all that came with a right signature, repeated ones, too."""
        self.requests = 0
        self.answer = web.Response
        self.route("POST", "/hook", "hook", self._take)
        self.route("*", "/moved", "moved", self._redirect)

    @property
    def hook(self) -> str:
        """The address to send to."""
        return f"{self.url}/hook"

    async def _take(self, request: web.Request) -> web.Response:
        self.requests += 1
        content = await request.read()
        signed = request.headers.get("X-LiveSOP-Timestamp", "").encode() + b"." + content
        expected = hmac.new(self._secret.encode(), signed, hashlib.sha256).hexdigest()
        if request.headers.get("X-LiveSOP-Signature") != f"v1={expected}":
            return web.Response(status=401, text="wrong signature")
        key, told = request.headers["Idempotency-Key"], await request.json()
        self.deliveries.append((key, told))
        self.taken.setdefault(key, told)
        return self.answer(text="taken")

    async def _redirect(self, _: web.Request) -> web.Response:
        return web.Response(status=307, headers={"Location": self.hook})
