"""The workspace: people, channels and messages as they stand.

Messages are kept as the JSON objects that Slack's API shows. Nothing here knows of sockets or
HTTP; whoever wants to hear of changes registers with `listen`.
"""

from collections.abc import Callable, Iterable, Sequence
from copy import deepcopy
from uuid import uuid4

from livesop_bot.sandbox.audience import Audience
from livesop_bot.sandbox.changes import (
    Deleted,
    Edited,
    Grown,
    HomeOpened,
    Joined,
    Posted,
    Reacted,
)
from livesop_bot.sandbox.ephemerals import Ephemerals
from livesop_bot.sandbox.people import Bot, Channel, Command, Person, Shortcut, Team, TourStop
from livesop_bot.sandbox.shared_files import SharedFile
from livesop_bot.sandbox.view_stack import Views
from livesop_bot.sandbox.wire import ApiError, JsonObject, TsClock

SLACKBOT = "USLACKBOT"
TOMBSTONE_KEEPS = (
    "type",
    "ts",
    "thread_ts",
    "reply_count",
    "reply_users",
    "reply_users_count",
    "latest_reply",
)


class Workspace(Audience):
    """One team with its app installed. Holds state; every change is announced."""

    def __init__(
        self,
        *,
        team: Team,
        bot: Bot,
        people: Iterable[Person],
        commands: Sequence[Command] = (),
        shortcuts: Sequence[Shortcut] = (),
        tour: Sequence[TourStop] = (),
    ) -> None:
        super().__init__()
        self.team = team
        self.bot = bot
        self.people = {person.id: person for person in people}
        self.groups: dict[str, set[str]] = {}
        """User groups: their people by their ids."""
        self.channels: dict[str, Channel] = {}
        self.commands = tuple(commands)
        self.shortcuts = tuple(shortcuts)
        self.tour = tuple(tour)
        self.files: dict[str, SharedFile] = {}
        self.files_url = ""
        """Base address of files; the server that serves them sets it."""
        self.clock = TsClock()
        self.started = self.clock.next()
        self.ephemerals = Ephemerals(bot=bot, clock=self.clock, announce=self._announce)
        self.views = Views(team=team, bot=bot, announce=self._announce)

    # -- people and channels

    def person(self, user_id: str) -> Person:
        """The person of this id; refuses with user_not_found."""
        try:
            return self.people[user_id]
        except KeyError:
            raise ApiError("user_not_found") from None

    def add_channel(
        self, channel_id: str, name: str, *, topic: str = "", members: Iterable[str] | None = None
    ) -> Channel:
        """A public channel; without `members` everybody and the bot are in it."""
        everybody = {*self.people, self.bot.user_id}
        channel = Channel(
            id=channel_id,
            name=name,
            topic=topic,
            members=everybody if members is None else set(members),
        )
        self.channels[channel_id] = channel
        return channel

    def direct_channel(self, user_id: str) -> Channel:
        """The direct messages of this person and the bot, opened where they were not."""
        person = self.person(user_id)
        for channel in self.channels.values():
            if channel.is_im and channel.user == user_id:
                return channel
        channel = Channel(
            id="D" + person.id[1:],
            name=self.bot.name,
            members={user_id, self.bot.user_id},
            is_im=True,
            user=user_id,
        )
        self.channels[channel.id] = channel
        return channel

    def channel(self, channel_id: object) -> Channel:
        """The channel of this id; refuses with channel_not_found."""
        channel = self.channels.get(channel_id) if isinstance(channel_id, str) else None
        if channel is None:
            raise ApiError("channel_not_found")
        return channel

    def join(self, channel_id: str, user_id: str) -> Channel:
        """Make somebody a member."""
        channel = self.channel(channel_id)
        if user_id not in channel.members:
            channel.members.add(user_id)
            self._announce(Joined(channel, user_id))
        return channel

    # -- messages

    def post(
        self,
        channel_id: str,
        user_id: str,
        text: str,
        *,
        thread_ts: str | None = None,
        ts: str | None = None,
        silent: bool = False,
        **fields: object,
    ) -> JsonObject:
        """Post as a person or as the bot; returns the message.

        `ts` and `silent` are for history that was there before: nobody hears of it. A reply to a
        reply belongs to the thread of that reply. An unknown `thread_ts` is taken as Slack takes
        it: the reply is kept without a parent.
        """
        channel = self.channel(channel_id)
        message: JsonObject = {
            "type": "message",
            "user": user_id,
            "ts": ts or self.clock.next(),
            "text": text,
            "team": self.team.id,
        }
        if user_id == self.bot.user_id:
            message |= {
                "bot_id": self.bot.bot_id,
                "app_id": self.bot.app_id,
                "bot_profile": self.bot.profile(self.team),
            }
        else:
            message["client_msg_id"] = str(uuid4())
        message |= fields
        parent = None
        if thread_ts is not None:
            parent = channel.messages.get(thread_ts)
            if parent is not None and parent.get("thread_ts", thread_ts) != thread_ts:
                thread_ts = parent["thread_ts"]
                parent = channel.messages.get(thread_ts)
            message["thread_ts"] = thread_ts
        if parent is not None:
            message["parent_user_id"] = parent["user"]
        channel.keep(message)
        if not silent:
            self._announce(Posted(channel, message))
        if parent is not None:
            channel.count_replies(parent)
            if not silent:
                self._announce(Grown(channel, parent))
        return message

    def share(
        self, channel_id: str, user_id: str, name: str, content: bytes, text: str = ""
    ) -> JsonObject:
        """Share a file as a person; returns the message."""
        file = SharedFile(id=f"F0FILE{len(self.files) + 1:05}", name=name, content=content)
        self.files[file.id] = file
        return self.post(
            channel_id,
            user_id,
            text,
            subtype="file_share",
            upload=True,
            files=[file.json(user_id, self.files_url)],
        )

    def message(self, channel_id: str, ts: object) -> JsonObject:
        """The message of this ts; refuses with message_not_found."""
        message = self.channel(channel_id).messages.get(ts) if isinstance(ts, str) else None
        if message is None:
            raise ApiError("message_not_found")
        return message

    def edit(
        self, channel_id: str, ts: str, *, by: str | None = None, **fields: object
    ) -> JsonObject:
        """Change fields of a message (None removes one); `by` marks it as edited by somebody."""
        channel, message = self.channel(channel_id), self.message(channel_id, ts)
        previous = deepcopy(message)
        for name, value in fields.items():
            if value is None:
                message.pop(name, None)
            else:
                message[name] = value
        if by is not None:
            message["edited"] = {"user": by, "ts": self.clock.next()}
        self._announce(Edited(channel, message, previous))
        return message

    def delete(self, channel_id: str, ts: str) -> None:
        """Take a message back; a thread's parent leaves a tombstone while it has replies."""
        channel, message = self.channel(channel_id), self.message(channel_id, ts)
        if message.get("reply_count"):
            previous = deepcopy(message)
            stone = {key: message[key] for key in TOMBSTONE_KEEPS if key in message}
            message.clear()
            message |= stone | {
                "subtype": "tombstone",
                "text": "This message was deleted.",
                "user": SLACKBOT,
                "hidden": True,
            }
            self._announce(Edited(channel, message, previous))
            return
        channel.drop(message)
        self._announce(Deleted(channel, message))
        parent = channel.messages.get(message.get("thread_ts", ""))
        if parent is not None:
            channel.count_replies(parent)
            self._announce(Grown(channel, parent))

    def react(self, channel_id: str, ts: str, user_id: str, name: str) -> None:
        """Add a reaction; refuses with already_reacted."""
        channel, message = self.channel(channel_id), self.message(channel_id, ts)
        reactions: list[JsonObject] = message.setdefault("reactions", [])
        for reaction in reactions:
            if reaction["name"] == name:
                if user_id in reaction["users"]:
                    raise ApiError("already_reacted")
                reaction["users"].append(user_id)
                reaction["count"] += 1
                break
        else:
            reactions.append({"name": name, "users": [user_id], "count": 1})
        self._announce(Reacted(channel, message, user_id, name))

    async def wait_for_message(
        self,
        predicate: Callable[[JsonObject], bool],
        timeout: float = 20.0,
        *,
        channel: str | None = None,
    ) -> JsonObject:
        """The first message, already there or still to come, that `predicate` accepts.

        Edited messages are asked about again. Raises TimeoutError.
        """
        for place in self.channels.values():
            if channel in (None, place.id):
                for message in place.messages.values():
                    if predicate(message):
                        return message
        change = await self.wait_for_change(
            lambda change: (
                isinstance(change, Posted | Edited)
                and channel in (None, change.channel.id)
                and predicate(change.message)
            ),
            timeout,
        )
        assert isinstance(change, Posted | Edited)
        return change.message

    def open_home(self, user_id: str, tab: str = "home") -> None:
        """A person opens the app's Home tab, or with `messages` its Messages tab."""
        channel = self.direct_channel(user_id)
        view = self.views.homes.get(user_id) if tab == "home" else None
        self._announce(HomeOpened(user_id, tab, channel, view))

    def permalink(self, channel: Channel, message: JsonObject) -> str:
        """The address of a message, as Slack builds it."""
        link = f"{self.team.url}archives/{channel.id}/p{message['ts'].replace('.', '')}"
        thread = message.get("thread_ts", message["ts"])
        if thread == message["ts"]:
            return link
        return f"{link}?thread_ts={thread}&cid={channel.id}"
