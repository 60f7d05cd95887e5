"""The manifest against what Slack's manifest schema allows."""

import json
import re
from typing import Any

import pytest
import yaml

from livesop_bot.slack.manifest import manifest


def at(path: str) -> Any:
    """The manifest's value at a dotted path."""
    value: Any = manifest()
    for key in path.split("."):
        value = value[int(key)] if key.isdigit() else value[key]
    return value


LENGTHS = [
    ("display_information.name", 35),
    ("display_information.description", 140),
    ("features.bot_user.display_name", 80),
    ("features.slash_commands.0.command", 32),
    ("features.slash_commands.0.description", 2000),
    ("features.slash_commands.0.usage_hint", 1000),
]
VALUES = [
    ("features.app_home.home_tab_enabled", True),
    ("features.app_home.messages_tab_enabled", True),
    ("features.app_home.messages_tab_read_only_enabled", False),
    ("features.bot_user.always_online", True),
    ("features.slash_commands.0.command", "/livesop"),
    ("settings.interactivity.is_enabled", True),
    ("settings.org_deploy_enabled", False),
    ("settings.socket_mode_enabled", True),
    ("settings.token_rotation_enabled", False),
]
# Which of the scopes Slack asks for before it sends the event; None: no scope.
EVENT_SCOPES = {
    "app_home_opened": None,
    "app_mention": "app_mentions:read",
    "app_uninstalled": None,
    "channel_archive": "channels:read",
    "channel_deleted": "channels:read",
    "channel_id_changed": None,
    "channel_rename": "channels:read",
    "group_rename": "groups:read",
    "member_joined_channel": "channels:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "reaction_added": "reactions:read",
    "reaction_removed": "reactions:read",
    "tokens_revoked": None,
}
SCOPES = {
    "app_mentions:read",
    "channels:history",
    "channels:join",
    "channels:read",
    "chat:write",
    "commands",
    "files:write",
    "files:read",
    "groups:history",
    "groups:read",
    "im:history",
    "im:write",
    "reactions:read",
    "team:read",
    "usergroups:read",
    "users:read",
}
KEYS = {
    "": {"display_information", "features", "oauth_config", "settings"},
    "display_information": {"name", "description", "background_color"},
    "features": {"app_home", "bot_user", "shortcuts", "slash_commands"},
    "features.slash_commands.0": {"command", "description", "usage_hint", "should_escape"},
    "oauth_config": {"scopes"},
    "oauth_config.scopes": {"bot"},
    "settings": {
        "event_subscriptions",
        "interactivity",
        "org_deploy_enabled",
        "socket_mode_enabled",
        "token_rotation_enabled",
    },
    "settings.event_subscriptions": {"bot_events"},
}


@pytest.mark.parametrize(("path", "limit"), LENGTHS)
def test_texts_are_within_slacks_limits(path: str, limit: int) -> None:
    assert 0 < len(at(path)) <= limit


@pytest.mark.parametrize(("path", "value"), VALUES)
def test_switches_stand_as_socket_mode_and_the_home_tab_need_them(path: str, value: object) -> None:
    assert at(path) == value


@pytest.mark.parametrize(("path", "keys"), KEYS.items())
def test_there_is_no_key_that_slack_would_refuse(path: str, keys: set[str]) -> None:
    assert set(at(path) if path else manifest()) == keys


@pytest.mark.parametrize("shortcut", at("features.shortcuts"), ids=lambda one: one["name"])
def test_every_shortcut_is_of_messages_and_within_slacks_limits(shortcut: dict[str, str]) -> None:
    assert shortcut.keys() == {"name", "type", "callback_id", "description"}
    assert shortcut["type"] == "message"
    for key, limit in (("name", 24), ("callback_id", 255), ("description", 150)):
        assert 0 < len(shortcut[key]) <= limit


def test_shortcuts_are_told_apart_and_no_more_than_slack_shows() -> None:
    callbacks = [one["callback_id"] for one in at("features.shortcuts")]
    assert len(callbacks) == len(set(callbacks)) <= 5


def test_the_background_colour_is_six_hex_digits() -> None:
    assert re.fullmatch(r"#[0-9a-f]{6}", at("display_information.background_color"))


def test_events_are_those_listened_to_and_each_has_its_scope() -> None:
    assert at("settings.event_subscriptions.bot_events") == sorted(EVENT_SCOPES)
    assert {scope for scope in EVENT_SCOPES.values() if scope} <= SCOPES
    assert at("oauth_config.scopes.bot") == sorted(SCOPES)


def test_it_survives_yaml_and_json_unchanged() -> None:
    assert yaml.safe_load(yaml.safe_dump(manifest(), sort_keys=False)) == manifest()
    assert json.loads(json.dumps(manifest())) == manifest()
