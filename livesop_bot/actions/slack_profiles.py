"""What Slack says of people, as far as it matters, and who its admins are."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.slack_calls import slack_errors
from livesop_bot.domain.rights import Role, Standing, role_of
from livesop_bot.domain.signals import TeamId

_RIGHTS = ("is_admin", "is_owner", "is_primary_owner")
_GUEST = ("is_restricted", "is_ultra_restricted", "is_stranger")
_PAGE = 200


@dataclass(frozen=True, slots=True)
class Profile:
    """What Slack says of somebody. `time_zone`: an IANA name; `name`: as Slack shows them."""

    standing: Standing
    teams: frozenset[str]
    time_zone: str = "UTC"
    name: str = ""

    def in_team(self, team: TeamId) -> Standing:
        """Where they belong to another organisation, their rights there count for nothing here."""
        return self.standing if team in self.teams else Standing(is_bot=self.standing.is_bot)


NOBODY = Profile(Standing(), frozenset())


def read_profile(user: Mapping[str, Any]) -> Profile:
    """Read a user object; in an organisation (Grid) a user is in several teams."""
    is_active = user.get("deleted") is not True
    standing = Standing(
        is_member=is_active,
        is_guest=any(user.get(kind) is True for kind in _GUEST),
        is_admin=is_active and any(user.get(right) is True for right in _RIGHTS),
        is_bot=user.get("is_bot") is True,
    )
    teams = ((user.get("enterprise_user") or {}).get("teams") or (), (user.get("team_id"),))
    known = frozenset(one for some in teams for one in some if one)
    said = user.get("profile") or {}
    name = said.get("display_name") or said.get("real_name") or user.get("name") or ""
    return Profile(standing, known, user.get("tz") or "UTC", name)


async def workspace_admins(
    client: AsyncWebClient, team: TeamId, *, pages: int
) -> AsyncIterator[str]:
    """Give Slack's admins of a team, among its first so many pages of 200 people.

    Raises SlackBusy, SlackAway, SlackRefused.
    """
    cursor: str | None = None
    for _ in range(pages):
        with slack_errors():
            answer = await client.users_list(limit=_PAGE, cursor=cursor)
        for user in answer.get("members") or ():
            standing = read_profile(user).in_team(team)
            if role_of(standing, listed_admin=False, listed_operator=False) is Role.ADMIN:
                yield str(user["id"])
        cursor = (answer.get("response_metadata") or {}).get("next_cursor")
        if not cursor:
            return
