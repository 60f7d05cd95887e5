"""Actions: what one will do, and what it left behind."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, NewType, Self

from livesop_bot.domain.workflows import ActionKind

ActionId = NewType("ActionId", int)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRequest:
    """What one action will do: shown to people first, then stored, then tried.

    `words` says it in a few words, and `preview` is what will be read there, as plain text. `body`
    is plain JSON for the kind that made it.
    """

    kind: ActionKind
    words: str
    preview: str
    body: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """What tells it from every other request; travels in buttons, so that it is short."""
        text = json.dumps(self.to_json(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def to_json(self) -> dict[str, Any]:
        """The request as plain JSON."""
        return {
            "kind": self.kind.value,
            "words": self.words,
            "preview": self.preview,
            "body": dict(self.body),
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """The request that was stored."""
        return cls(**{**stored, "kind": ActionKind(stored["kind"])})


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What an action left behind: the target's id for it, a link, and words for people.

    `note` is what did not come out as wished, though the action is done. `response` is what the
    target answered, where that is worth keeping.
    """

    id: str
    words: str
    link: str | None = None
    note: str = ""
    response: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The receipt as plain JSON."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """The receipt that was stored."""
        return cls(**stored)
