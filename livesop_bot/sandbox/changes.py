"""What can change in a workspace; the bot's events and the pages' pushes are made of these."""

from dataclasses import dataclass

from livesop_bot.sandbox.people import Channel
from livesop_bot.sandbox.wire import JsonObject


@dataclass(frozen=True, slots=True)
class Posted:
    """A message appeared."""

    channel: Channel
    message: JsonObject


@dataclass(frozen=True, slots=True)
class Edited:
    """A message reads otherwise now, or became a tombstone."""

    channel: Channel
    message: JsonObject
    previous: JsonObject


@dataclass(frozen=True, slots=True)
class Deleted:
    """A message is gone."""

    channel: Channel
    previous: JsonObject


@dataclass(frozen=True, slots=True)
class Grown:
    """A thread's parent counts its replies anew: people see it, apps get no event."""

    channel: Channel
    message: JsonObject


@dataclass(frozen=True, slots=True)
class Reacted:
    """Somebody added a reaction."""

    channel: Channel
    message: JsonObject
    user: str
    name: str


@dataclass(frozen=True, slots=True)
class Joined:
    """Somebody became a member of a channel."""

    channel: Channel
    user: str


@dataclass(frozen=True, slots=True)
class EphemeralShown:
    """One person sees a message that nobody else sees."""

    channel: Channel
    user: str
    message: JsonObject


@dataclass(frozen=True, slots=True)
class EphemeralGone:
    """It is no longer shown."""

    channel: Channel
    user: str
    ts: str


@dataclass(frozen=True, slots=True)
class HomeOpened:
    """A person opened the app's Home (`home`) or Messages (`messages`) tab."""

    user: str
    tab: str
    channel: Channel
    view: JsonObject | None


@dataclass(frozen=True, slots=True)
class HomePublished:
    """A person's Home tab shows something new."""

    user: str
    view: JsonObject


@dataclass(frozen=True, slots=True)
class ViewShown:
    """A modal was opened (`how` is `opened`), pushed on another one, or updated."""

    how: str
    user: str
    view: JsonObject


@dataclass(frozen=True, slots=True)
class ViewClosed:
    """A modal left the screen; with `all` the whole stack did."""

    user: str
    view_id: str
    all: bool


Change = (
    Posted
    | Edited
    | Deleted
    | Grown
    | Reacted
    | Joined
    | EphemeralShown
    | EphemeralGone
    | HomeOpened
    | HomePublished
    | ViewShown
    | ViewClosed
)
