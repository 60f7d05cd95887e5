"""What goes over the wire: JSON objects, Slack-like ids, message timestamps, refusals."""

import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

JsonObject = dict[str, Any]


class ApiError(Exception):
    """A method's answer `{"ok": false, "error": code}`; `messages` say what was wrong."""

    def __init__(self, code: str, *messages: str, **fields: Any) -> None:
        super().__init__(code, *messages)
        self.code = code
        self.messages = messages
        self.fields = fields

    def body(self) -> JsonObject:
        """The answer as Slack words it."""
        body: JsonObject = {"ok": False, "error": self.code, **self.fields}
        if self.messages:
            body["response_metadata"] = {"messages": [f"[ERROR] {text}" for text in self.messages]}
        return body


def new_id(prefix: str) -> str:
    """An id that looks like Slack's: its prefix, then ten capital letters and digits."""
    return prefix + uuid4().hex[:10].upper()


class TsClock:
    """Hands out message timestamps: Slack's ids of messages, strictly increasing."""

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now
        self._last = 0

    def next(self) -> str:
        """The present in microseconds, or one more than the last ts where that is later."""
        self._last = max(int(self._now() * 1_000_000), self._last + 1)
        return ts_of(self._last)


def ts_of(microseconds: int) -> str:
    """A ts from microseconds since the epoch: `1700000000.000100`."""
    return f"{microseconds // 1_000_000}.{microseconds % 1_000_000:06d}"


def is_ts(value: object) -> bool:
    """Whether this is a well-formed ts; numbers are not (they lose digits)."""
    if not isinstance(value, str):
        return False
    seconds, dot, micros = value.partition(".")
    return bool(dot) and seconds.isdigit() and micros.isdigit() and len(micros) == 6
