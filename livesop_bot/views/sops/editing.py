"""What a modal of the editor carries: which draft somebody looks at, and where in it they are."""

import json
from dataclasses import dataclass, field, replace
from typing import Any, Self

from livesop_bot.views.home.tabs import HomeState, HomeTab


@dataclass(frozen=True, slots=True, kw_only=True)
class Editing:
    """Travels in a modal's private_metadata, together with the state of the Home below it.

    `base`: the version that the draft is seen against (0: none); `revision`: of the draft (0: it
    is that version still). `step`: whose form it is; empty: a new one, behind `after`. `version`:
    an earlier version that is looked at, or is to be restored (0: none).
    """

    slug: str
    base: int = 0
    revision: int = 0
    step: str = ""
    after: str = ""
    version: int = 0
    home: HomeState = field(default_factory=lambda: HomeState(tab=HomeTab.WORKFLOWS))

    def write(self) -> str:
        """Write it as private_metadata, which HomeState can read as well."""
        sop = [self.slug, self.base, self.revision, self.step, self.after, self.version]
        content = json.loads(self.home.write()) | {"sop": sop}
        return json.dumps(content, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def read(cls, metadata: str) -> Self:
        """Read what `write` wrote; raises ValueError, KeyError or TypeError where it is not."""
        found: Any = json.loads(metadata)
        slug, base, revision, step, after, version = found["sop"]
        return cls(
            slug=str(slug),
            base=int(base),
            revision=int(revision),
            step=str(step),
            after=str(after),
            version=int(version),
            home=HomeState.read(metadata),
        )

    def at(self, step: str = "", *, after: str = "") -> Self:
        """The same draft, at one of its steps."""
        return replace(self, step=step, after=after)
