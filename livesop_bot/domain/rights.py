"""Rights: what a person may do, by what they are in the workspace and in LiveSOP's lists.

Looking is open to everybody, and so is whatever stops LiveSOP: switching off, taking back,
cancelling. What lets it act, or prepares a
change of its rules, needs an operator; what changes them an admin.
"""

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What somebody is to LiveSOP; each may what the one before may."""

    VIEWER = "viewer"
    OPERATOR = "operator"
    ADMIN = "admin"


class Right(StrEnum):
    """What not everybody may do."""

    APPROVE = "approve"
    VERDICT = "verdict"
    REPLAY = "replay"
    EDIT = "edit"
    SWITCH_ON = "switch_on"
    PUBLISH = "publish"
    SETTINGS = "settings"


_ORDER = (Role.VIEWER, Role.OPERATOR, Role.ADMIN)
_NEEDED = {
    Right.APPROVE: Role.OPERATOR,
    Right.VERDICT: Role.OPERATOR,
    Right.REPLAY: Role.OPERATOR,
    Right.EDIT: Role.OPERATOR,
    Right.SWITCH_ON: Role.ADMIN,
    Right.PUBLISH: Role.ADMIN,
    Right.SETTINGS: Role.ADMIN,
}


def needed(right: Right) -> Role:
    """The least role that has a right."""
    return _NEEDED[right]


def may(role: Role, right: Right) -> bool:
    """Say whether a role has a right."""
    return _ORDER.index(role) >= _ORDER.index(needed(right))


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """What somebody is in the workspace, as far as it matters; who is unknown is no member.

    A member belongs to the workspace and is active; a guest is one who was asked in.
    """

    is_member: bool = False
    is_guest: bool = False
    is_admin: bool = False
    is_bot: bool = False


def role_of(standing: Standing, *, listed_admin: bool, listed_operator: bool | None) -> Role:
    """The role of somebody; `listed_operator` is None where the team keeps no such list.

    Without a list every member who is no guest operates. A list may name guests and people of
    other organisations. Bots only look.
    """
    if standing.is_bot:
        return Role.VIEWER
    if listed_admin or (standing.is_admin and standing.is_member):
        return Role.ADMIN
    if listed_operator is None:
        listed_operator = standing.is_member and not standing.is_guest
    return Role.OPERATOR if listed_operator else Role.VIEWER
