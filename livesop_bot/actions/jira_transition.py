"""The action `jira_transition`: an issue gets another status."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from livesop_bot.actions.jira_calls import Jira, part
from livesop_bot.actions.kind import Kind, Tools, looking
from livesop_bot.domain.action_fields import filled
from livesop_bot.domain.actions import ActionRequest, Receipt
from livesop_bot.domain.workflows import ActionKind
from livesop_bot.errors import ActionRefused


class JiraTransition:
    """Moves issues. It needs no key: an issue that has the status already is left alone."""

    name = ActionKind.JIRA_TRANSITION

    def __init__(self, jira: Jira) -> None:
        self._jira = jira

    def render(self, fields: Mapping[str, str], values: Mapping[str, str]) -> ActionRequest:
        """Issue and status, neither from a message."""
        done = filled(self.name, fields, values)
        words = f"Move {done['issue']} to {done['to']} in Jira"
        return ActionRequest(kind=self.name, words=words, preview="", body=done)

    async def find(self, request: ActionRequest, key: UUID, tried_at: datetime) -> Receipt | None:
        """Look at the status as it is."""
        with looking():
            return self._receipt(request) if await self._there(request) else None

    async def perform(self, request: ActionRequest, key: UUID) -> Receipt:
        """Take the transition that leads to the status, if it is not there yet."""
        if await self._there(request):
            return self._receipt(request)
        issue, to = request.body["issue"], request.body["to"]
        doing = f"move {issue} to {to}"
        path = f"issue/{issue}/transitions"
        ways = (await self._jira.call("GET", path, doing=doing)).get("transitions") or ()
        leads = {part(way, "to", "name").casefold(): way for way in ways}
        if (way := leads.get(to.casefold())) is None:
            there = ", ".join(part(way, "to", "name") for way in ways) or "nowhere"
            raise ActionRefused(
                f"{issue} cannot go to {to} from where it is, only to: {there}. Change the SOP, "
                "or the issue's workflow in Jira."
            )
        await self._jira.call("POST", path, {"transition": {"id": part(way, "id")}}, doing=doing)
        return self._receipt(request)

    async def _there(self, request: ActionRequest) -> bool:
        issue = request.body["issue"]
        found = await self._jira.call(
            "GET", f"issue/{issue}", params={"fields": "status"}, doing=f"look at {issue}"
        )
        status = part(found, "fields", "status", "name")
        return status.casefold() == str(request.body["to"]).casefold()

    def _receipt(self, request: ActionRequest) -> Receipt:
        issue = request.body["issue"]
        words = f"{issue} is {request.body['to']} in Jira"
        return Receipt(id=issue, words=words, link=self._jira.link(issue))


def make(tools: Tools) -> Kind:
    return JiraTransition(tools.jira)
