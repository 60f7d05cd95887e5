"""What buttons carry: which run, which step, which answer, which pause, and what was shown."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from livesop_bot.domain.runs import PauseId, RunId
from livesop_bot.domain.workflows import StepId

VALUE = 2000
"""Characters in a button's value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressed:
    """Travels in the button's value, so that a message of any age still says what is meant.

    `request`: the digest of what was shown that the step would send.
    """

    run: RunId
    step: StepId | None = None
    chosen: str = ""
    request: str = ""

    def value(self) -> str:
        """Write it into a button."""
        return json.dumps({k: v for k, v in asdict(self).items() if v}, ensure_ascii=False)

    @classmethod
    def read(cls, value: str) -> "Pressed":
        """Read it back; raises ValueError, KeyError or TypeError where it is none of ours."""
        parts = json.loads(value)
        if not isinstance(parts, dict):
            raise TypeError(f"expected an object, found {value[:20]}")
        step = parts.get("step")
        return cls(
            run=RunId(int(parts["run"])),
            step=None if step is None else StepId(str(step)),
            chosen=str(parts.get("chosen", "")),
            request=str(parts.get("request", "")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CardPressed:
    """Travels in the buttons of a pause's card. `shown`: the digest of what each run would send."""

    pause: PauseId
    shown: Mapping[RunId, str] = field(default_factory=dict)

    def value(self) -> str:
        """Write it into a button."""
        return json.dumps({"pause": self.pause, "shown": dict(self.shown)})

    @classmethod
    def read(cls, value: str) -> "CardPressed":
        """Read it back; raises ValueError, KeyError, TypeError where it is none of ours."""
        parts = json.loads(value)
        if isinstance(parts, int):  # of a card from before cards showed what would be sent
            return cls(pause=PauseId(parts))
        shown = {RunId(int(run)): str(digest) for run, digest in parts["shown"].items()}
        return cls(pause=PauseId(int(parts["pause"])), shown=shown)
