"""Faults on demand: what this Slack shall do wrong, and for how long.

What happens to open sockets (refresh, cut, silence) is asked of `SocketMode` itself.
"""

from collections import defaultdict, deque
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AnswerError:
    """Answer `{"ok": false, "error": code}`."""

    code: str


@dataclass(frozen=True, slots=True)
class AnswerStatus:
    """Answer with an HTTP status and a body that is no JSON."""

    status: int


@dataclass(frozen=True, slots=True)
class RateLimited:
    """Answer 429; `retry_after` in whole seconds."""

    retry_after: int = 1


@dataclass(frozen=True, slots=True)
class NeverHandled:
    """Neither handle nor answer: the caller runs into its time limit."""


@dataclass(frozen=True, slots=True)
class HandledUnanswered:
    """Do what was asked; the answer never comes."""


Fault = AnswerError | AnswerStatus | RateLimited | NeverHandled | HandledUnanswered


class Faults:
    """Switches that the server asks before it acts; all off at first."""

    def __init__(self) -> None:
        self._methods: defaultdict[str, deque[Fault]] = defaultdict(deque)
        self.every_method: Fault | None = None
        """What happens to every method, until it is set to None again."""
        self.refuse_handshakes = False
        """Answer 503 to whoever wants to open a socket."""
        self.silent_sockets = False
        """Let new sockets be silent from the start: established, without even a hello."""
        self.copies = 0
        """How many times more each event envelope is sent than it should be."""
        self.drop_acks = False
        """Read acks of events as if they had never come."""

    def add(self, method: str, fault: Fault, times: int = 1) -> None:
        """Let the next `times` calls of a method go wrong in this way, after earlier ones."""
        self._methods[method].extend([fault] * times)

    def take(self, method: str) -> Fault | None:
        """The fault that this call of the method runs into."""
        waiting = self._methods.get(method)
        return waiting.popleft() if waiting else self.every_method

    def clear(self) -> None:
        """Everything works again."""
        self._methods.clear()
        self.every_method = None
        self.refuse_handshakes = self.silent_sockets = self.drop_acks = False
        self.copies = 0
