"""Who and what is in a workspace: team, people, the bot, channels, commands, shortcuts."""

from dataclasses import dataclass, field

from livesop_bot.sandbox.wire import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """The workspace's name card; `url` ends with a slash."""

    id: str
    name: str
    domain: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who can write in the workspace."""

    id: str
    name: str
    real_name: str
    title: str = ""
    is_admin: bool = False
    is_owner: bool = False
    is_guest: bool = False
    is_stranger: bool = False
    is_bot: bool = False
    color: str = "4a6b8a"

    @property
    def initials(self) -> str:
        """Up to two letters for the picture."""
        return "".join(word[0] for word in self.real_name.split() if word[0].isalpha())[:2].upper()

    def json(self, team: Team) -> JsonObject:
        """As users.info shows a person."""
        return {
            "id": self.id,
            "team_id": team.id,
            "name": self.name,
            "real_name": self.real_name,
            "color": self.color,
            "deleted": False,
            "tz": "Etc/UTC",
            "tz_label": "Coordinated Universal Time",
            "tz_offset": 0,
            "profile": {
                "title": self.title,
                "real_name": self.real_name,
                "real_name_normalized": self.real_name,
                "display_name": self.name,
                "display_name_normalized": self.name,
                "team": team.id,
            },
            "is_admin": self.is_admin,
            "is_owner": self.is_owner,
            "is_primary_owner": self.is_owner,
            "is_restricted": self.is_guest,
            "is_ultra_restricted": False,
            "is_stranger": self.is_stranger,
            "is_bot": self.is_bot,
            "is_app_user": False,
            "updated": 1700000000,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """The app's bot user."""

    user_id: str
    bot_id: str
    app_id: str
    name: str
    real_name: str = "LiveSOP"
    color: str = "3f7d58"

    def profile(self, team: Team) -> JsonObject:
        """The `bot_profile` of its messages."""
        return {
            "id": self.bot_id,
            "app_id": self.app_id,
            "user_id": self.user_id,
            "name": self.real_name,
            "icons": {},
            "deleted": False,
            "updated": 1700000000,
            "team_id": team.id,
        }

    def json(self, team: Team) -> JsonObject:
        """As users.info shows the bot user."""
        person = Person(id=self.user_id, name=self.name, real_name=self.real_name, color=self.color)
        user = person.json(team)
        user["profile"] |= {"api_app_id": self.app_id, "bot_id": self.bot_id}
        return user | {"is_bot": True}


@dataclass(slots=True, kw_only=True)
class Channel:
    """A channel or direct messages (`is_im`, with `user`).

    `messages` by ts and `replies` by the parent's ts, both oldest first.
    """

    id: str
    name: str
    topic: str = ""
    members: set[str] = field(default_factory=set)
    is_im: bool = False
    is_private: bool = False
    is_ext_shared: bool = False
    user: str | None = None
    messages: dict[str, JsonObject] = field(default_factory=dict)
    replies: dict[str, list[JsonObject]] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """The `channel_type` of its events."""
        return "im" if self.is_im else "channel"

    def keep(self, message: JsonObject) -> None:
        """Add a message; a reply is also filed under its thread."""
        self.messages[message["ts"]] = message
        root: str = message.get("thread_ts") or message["ts"]
        if root != message["ts"]:
            self.replies.setdefault(root, []).append(message)

    def drop(self, message: JsonObject) -> None:
        """Remove a message."""
        del self.messages[message["ts"]]
        root: str = message.get("thread_ts") or message["ts"]
        if root != message["ts"]:
            self.replies[root].remove(message)

    def count_replies(self, parent: JsonObject) -> None:
        """Bring a parent's `reply_count` and its companions up to date."""
        replies = self.replies.get(parent["ts"])
        if not replies:
            for key in ("reply_count", "reply_users", "reply_users_count", "latest_reply"):
                parent.pop(key, None)
            return
        users = list(dict.fromkeys(reply["user"] for reply in replies))
        parent |= {
            "thread_ts": parent["ts"],
            "reply_count": len(replies),
            "reply_users": users[:5],
            "reply_users_count": len(users),
            "latest_reply": replies[-1]["ts"],
        }

    def json(self, me: str) -> JsonObject:
        """As conversations.info shows it to `me`."""
        if self.is_im:
            return {"id": self.id, "created": 1700000000, "is_im": True, "user": self.user} | {
                "is_channel": False,
                "is_archived": False,
                "is_user_deleted": False,
                "is_org_shared": False,
            }
        return {
            "id": self.id,
            "name": self.name,
            "name_normalized": self.name,
            "created": 1700000000,
            "is_channel": True,
            "is_group": False,
            "is_im": False,
            "is_mpim": False,
            "is_private": self.is_private,
            "is_archived": False,
            "is_general": self.name == "general",
            "is_shared": False,
            "is_ext_shared": self.is_ext_shared,
            "is_org_shared": False,
            "is_member": me in self.members,
            "topic": {"value": self.topic, "creator": "", "last_set": 0},
            "purpose": {"value": "", "creator": "", "last_set": 0},
            "num_members": len(self.members),
        }


@dataclass(frozen=True, slots=True)
class Command:
    """A slash command of the app, as its manifest has it."""

    command: str
    description: str
    usage_hint: str


@dataclass(frozen=True, slots=True)
class Shortcut:
    """An entry of the app in every message's ⋮ menu, as its manifest has it."""

    name: str
    callback_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TourStop:
    """A ready-made message of the tour; `note` says what to expect."""

    title: str
    channel: str
    user: str
    text: str
    note: str
