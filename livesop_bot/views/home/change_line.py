"""The line about one change, as Settings lists the last ones: when, who, and what."""

import json

from livesop_bot.domain.audit import AuditKind, AuditRow
from livesop_bot.domain.decisions import Scope
from livesop_bot.views.blocks import channel, code, date, line, member, person

_NAMED = 3
"""Channels, people or apps of a list that are named."""
_NAMES = {
    "auto_threshold": "starts from",
    "propose_threshold": "proposed from",
    "remind_after_hours": "hours to a reminder",
    "channels": "channels",
    "external_channels": "shared channels",
    "allowed_bots": "apps",
    "retention_days": "days kept",
    "daily_token_budget": "tokens a day",
    "digest_channel": "channel of the digest",
    "weekly_digest": "weekly digest",
    "daily_summary": "daily summary",
    "time_zone": "time zone",
}
_ID = {
    "admins": member,
    "operators": member,
    "channels": channel,
    "external_channels": channel,
    "digest_channel": channel,
    "allowed_bots": lambda app: code(app, 40),
}
"""How the ids in a setting are read."""


def change_line(row: AuditRow) -> str:
    """Say who changed what, and when."""
    who = person(row.actor) if row.actor.startswith(("U", "W")) else code(row.actor, 40)
    return f"{date(row.at)}  {who}  {_what(row)}"


def _what(row: AuditRow) -> str:
    before, after = _read(row.before), _read(row.after)
    match row.kind:
        case AuditKind.SETTINGS:
            changed = (
                f"{_NAMES.get(name, name)}: {_value(name, before.get(name))} → "
                f"{_value(name, after[name])}"
                for name in after
            )
            return "; ".join(changed)
        case AuditKind.SWITCH:
            return f"switched Auto-Pilot {'on' if after.get('on') else 'off'}{_for(row.subject)}"
        case _:
            return f"{_deed(after)} {code(row.subject.partition(':')[2], 100)}"


def _deed(after: dict[str, object]) -> str:
    """What was done to an SOP: its versions and its upkeep are of one kind in the log."""
    if "version" in after:
        return "published"
    if "paused" in after:
        return "paused" if after["paused"] else "resumed"
    return "archived" if after.get("archived") else "restored"


def _for(subject: str) -> str:
    scope, _, name = subject.partition(":")
    match scope:
        case Scope.TEAM:
            return " for the team"
        case Scope.CHANNEL:
            return f" in {channel(name)}"
        case _:
            sop, _, step = name.partition("/")
            return f" for {f'{code(step, 70)} of ' if step else ''}{code(sop, 70)}"


def _read(values: str | None) -> dict[str, object]:
    found = json.loads(values or "{}")
    return found if isinstance(found, dict) else {}


def _value(name: str, value: object) -> str:
    match value:
        case None | "":
            return "—"
        case bool():
            return "on" if value else "off"
        case str() if name in _ID:
            ids = value.split(",")
            more = f" and {len(ids) - _NAMED} more" if ids[_NAMED:] else ""
            return ", ".join(map(_ID[name], ids[:_NAMED])) + more
        case _:
            return line(str(value), 60)
