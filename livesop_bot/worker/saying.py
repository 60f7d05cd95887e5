"""Saying: small messages that have no row of their own (reminders, greetings, cards), each once."""

from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.db.tries import KeyedTries
from livesop_bot.domain.signals import MessageTs
from livesop_bot.views.blocks import Message
from livesop_bot.worker.delivery import Delivery, Place
from livesop_bot.worker.faults import LANDS_S, patiently


class Saying:
    """Posts a message unless it is there; its tries are noted by its key.

    `slack` must not retry by itself.
    """

    def __init__(
        self, tries: KeyedTries, slack: AsyncWebClient, *, lands_s: float = LANDS_S
    ) -> None:
        self._tries = tries
        self._slack = slack
        self._lands_s = lands_s

    async def once(
        self, place: Place, message: Message, *, event_type: str = "livesop_run"
    ) -> tuple[MessageTs, bool]:
        """Have it in its place; also says whether an earlier try had posted it.

        Raises SlackBusy, SlackAway, SlackRefused; RetryRequested while others are at it.
        """

        async def compose() -> Message:
            return message

        tried_at, quiet = await patiently(lambda: self._tries.last(place.key))
        delivery = Delivery(notes=self._tries, message=place.key, tried_at=tried_at, quiet=quiet)
        ts = await delivery(
            self._slack, place, compose, event_type=event_type, lands_s=self._lands_s
        )
        assert ts is not None, "there is something to say"
        return ts, delivery.found
