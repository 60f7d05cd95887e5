"""Messages that one person sees."""

from collections.abc import Callable

from livesop_bot.sandbox.changes import Change, EphemeralGone, EphemeralShown
from livesop_bot.sandbox.people import Bot, Channel
from livesop_bot.sandbox.wire import JsonObject, TsClock


class Ephemerals(dict[str, EphemeralShown]):
    """What is shown, by ts."""

    def __init__(self, *, bot: Bot, clock: TsClock, announce: Callable[[Change], None]) -> None:
        super().__init__()
        self._bot, self._clock, self._announce = bot, clock, announce

    def show(
        self, channel: Channel, user_id: str, text: str, *, ts: str | None = None, **fields: object
    ) -> JsonObject:
        """Show a message of the bot to one person alone; with `ts`, in place of that one."""
        if ts is not None:
            self.hide(ts)
        message: JsonObject = {
            "type": "message",
            "subtype": "bot_message",
            "is_ephemeral": True,
            "user": self._bot.user_id,
            "bot_id": self._bot.bot_id,
            "app_id": self._bot.app_id,
            "ts": ts or self._clock.next(),
            "text": text,
            **fields,
        }
        shown = EphemeralShown(channel, user_id, message)
        self[message["ts"]] = shown
        self._announce(shown)
        return message

    def hide(self, ts: str) -> None:
        """Remove it where it is still shown."""
        shown = self.pop(ts, None)
        if shown is not None:
            self._announce(EphemeralGone(shown.channel, shown.user, ts))
