"""The app manifest: everything about the Slack app that need not be clicked together by hand.

Two things a manifest cannot hold are set in the app's pages: the app-level token with
connections:write, and the switch "Delayed Events".
"""

from typing import Any

from livesop_bot.views.ids import CallbackId

BOT_SCOPES = (
    "app_mentions:read",
    "channels:history",
    "channels:join",
    "channels:read",
    "chat:write",
    "commands",
    "files:read",
    "files:write",
    "groups:history",
    "groups:read",
    "im:history",
    "im:write",
    "reactions:read",
    "team:read",
    "usergroups:read",
    "users:read",
)

BOT_EVENTS = (
    "app_home_opened",
    "app_mention",
    "app_uninstalled",
    "channel_archive",
    "channel_deleted",
    "channel_id_changed",
    "channel_rename",
    "group_rename",
    "member_joined_channel",
    "message.channels",
    "message.groups",
    "message.im",
    "reaction_added",
    "reaction_removed",
    "tokens_revoked",
)


def manifest() -> dict[str, Any]:
    """Build the manifest, in the form that Slack's page "From a manifest" takes."""
    return {
        "display_information": {
            "name": "LiveSOP",
            "description": "Finds the procedure that a message calls for, and runs it with you.",
            "background_color": "#1d3b53",
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "LiveSOP", "always_online": True},
            "shortcuts": [
                {
                    "name": "Why (LiveSOP)",
                    "type": "message",
                    "callback_id": str(CallbackId.WHY_SHORTCUT),
                    "description": "What LiveSOP made of this message, and why",
                },
                {
                    "name": "Start an SOP…",
                    "type": "message",
                    "callback_id": str(CallbackId.START_SHORTCUT),
                    "description": "Pick an SOP, and start it for this message",
                },
                {
                    "name": "Add to knowledge",
                    "type": "message",
                    "callback_id": str(CallbackId.KNOWLEDGE_SHORTCUT),
                    "description": "Let LiveSOP cite this message, or the files that it shares",
                },
            ],
            "slash_commands": [
                {
                    "command": "/livesop",
                    "description": "See what LiveSOP does, start SOPs, switch Auto-Pilot",
                    "usage_hint": "help | status | feed | why <link> | start <sop> | autopilot",
                    "should_escape": False,
                }
            ],
        },
        "oauth_config": {"scopes": {"bot": list(BOT_SCOPES)}},
        "settings": {
            "event_subscriptions": {"bot_events": list(BOT_EVENTS)},
            "interactivity": {"is_enabled": True},
            "org_deploy_enabled": False,
            "socket_mode_enabled": True,
            "token_rotation_enabled": False,
        },
    }
