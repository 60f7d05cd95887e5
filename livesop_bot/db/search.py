"""Search: chunks by their words and by their vectors, within one team and one kind."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from livesop_bot.db.pool import Pool, away
from livesop_bot.db.queries import sql
from livesop_bot.db.vectors import as_text
from livesop_bot.domain.knowledge import Passage, PassageId, PastCase
from livesop_bot.domain.runs import RunState
from livesop_bot.domain.signals import ChannelId, SignalId, TeamId

_WORDS = 24
"""The rarest words of a question find as much as all of them, and their lists are short."""


class Kind(StrEnum):
    """What chunks are pieces of: documents, or messages that an SOP answered."""

    PASSAGE = "passage"
    CASE = "case"


_OUTCOMES = {
    RunState.PROPOSED: "proposed",
    RunState.RUNNING: "started",
    RunState.DONE: "done",
    RunState.CANCELLED: "cancelled",
    RunState.DISMISSED: "not this one, people said",
    RunState.EXPIRED: "nobody took it up",
}
"""What a case came to, in few words."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that was found, and how near it is: 0..1."""

    id: PassageId
    nearness: float


@dataclass(frozen=True, slots=True)
class PlacedCase:
    """A past case with the channel it was written in, which says who may read it."""

    channel: ChannelId
    case: PastCase


class Search:
    """Finds chunks. Raises DatabaseAway."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def has_any(self, team: TeamId, kind: Kind) -> bool:
        """Say whether there is anything to be found."""
        with away():
            return bool(await self._pool.fetchval(sql("has_knowledge"), team, kind))

    async def by_words(self, team: TeamId, kind: Kind, question: str, limit: int) -> list[Hit]:
        """Find by full text: `nearness` is the share of what the question's words say."""
        with away():
            rows = await self._pool.fetch(sql("find_by_words"), team, kind, question, limit, _WORDS)
        return [Hit(row["id"], row["share"]) for row in rows]

    async def by_vector(
        self, team: TeamId, kind: Kind, model: str, vector: Sequence[float], limit: int
    ) -> list[Hit]:
        """Find by meaning: `nearness` is the cosine similarity. There must be vectors."""
        with away():
            rows = await self._pool.fetch(
                sql("find_by_vector"), team, kind, model, as_text(vector), limit
            )
        return [Hit(row["id"], row["similarity"]) for row in rows]

    async def passages(self, team: TeamId, ids: Sequence[PassageId]) -> list[Passage]:
        """Give passages to read, in the order of their ids; those that are gone are left out."""
        with away():
            rows = await self._pool.fetch(sql("passages_by_id"), team, ids)
        found = {
            row["id"]: Passage(
                id=PassageId(row["id"]),
                title=row["heading"],
                text=row["text"],
                source=row["source"],
                link=row["link"],
            )
            for row in rows
        }
        return [found[each] for each in ids if each in found]

    async def cases(self, team: TeamId, ids: Sequence[PassageId]) -> list[PlacedCase]:
        """Give past cases to read, in the order of their ids; those that are gone are left out."""
        with away():
            rows = await self._pool.fetch(sql("cases_by_id"), team, ids)
        found = {
            row["id"]: PlacedCase(
                ChannelId(row["channel_id"]),
                PastCase(
                    signal=SignalId(row["signal_id"]),
                    text=row["text"],
                    workflow_title=row["workflow_title"],
                    outcome=_outcome(RunState(row["state"]), row["fits"]),
                    permalink=row["permalink"],
                    occurred_at=row["occurred_at"],
                ),
            )
            for row in rows
        }
        return [found[each] for each in ids if each in found]


def _outcome(state: RunState, fits: bool | None) -> str:
    """What a case came to, and what people said of it; a dismissal says so itself."""
    if fits is None or state is RunState.DISMISSED:
        return _OUTCOMES[state]
    return f"{_OUTCOMES[state]}; people say it {'fits' if fits else 'does not fit'}"
