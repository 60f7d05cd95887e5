"""The action `jira_issue`: an issue with the message in it, and a link back to Slack."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from livesop_bot.actions import adf
from livesop_bot.actions.jira_calls import Jira, part
from livesop_bot.actions.kind import Kind, Tools, looking
from livesop_bot.domain.action_fields import filled
from livesop_bot.domain.actions import ActionRequest, Receipt
from livesop_bot.domain.template import clipped
from livesop_bot.domain.workflows import ActionKind
from livesop_bot.errors import ActionRefused, CannotTell, PermanentError, TransientError

_QUOTED = 10_000
"""Characters of the message in the description, at most; Jira takes 32,767 in all."""
_INDEXED_S = 600.0
"""Seconds after which Jira's search shows an issue; Atlassian says seconds to minutes."""
_LOOK_AGAIN_S = 5.0


class JiraIssue:
    """Opens issues. A label of its own says which issue came of which action."""

    name = ActionKind.JIRA_ISSUE

    def __init__(self, jira: Jira, project: str | None, *, indexed_s: float = _INDEXED_S) -> None:
        self._jira = jira
        self._project = project
        self._indexed_s = indexed_s

    def render(self, fields: Mapping[str, str], values: Mapping[str, str]) -> ActionRequest:
        """The description holds the message, the link to it and the reason, whatever the SOP."""
        done = filled(self.name, fields, values)
        project = done["project"] or self._project
        if not project:
            raise ActionRefused(
                "No Jira project is named: name one in this step of the SOP, or have JIRA_PROJECT "
                "set where LiveSOP runs."
            )
        message = clipped(values.get("message.text", ""), _QUOTED)
        permalink = values.get("message.permalink", "")
        reason = (
            f"LiveSOP: {values.get('sop.title', '')}, "
            f"confidence {values.get('evaluation.confidence', 'unknown')}. "
            f"{values.get('evaluation.reasoning', '')}"
        ).strip()
        blocks = [adf.paragraph(done["description"])] if done["description"] else []
        blocks += [adf.quotation(message)] if message else []
        blocks += [adf.link(permalink, "The message in Slack")] if permalink else []
        blocks.append(adf.paragraph(reason))
        issue: dict[str, Any] = {
            "project": {"key": project},
            "issuetype": {"name": done["type"]},
            "summary": adf.cleaned(done["summary"]),
            "description": adf.document(*blocks),
            "labels": ["livesop", *(label.strip() for label in done["labels"].split(",") if label)],
        }
        if done["priority"]:
            issue["priority"] = {"name": done["priority"]}
        seen = [done["summary"], done["description"], message, permalink, reason]
        return ActionRequest(
            kind=self.name,
            words=f"Open a Jira issue in {project} ({done['type']})",
            preview="\n\n".join(part for part in seen if part),
            body={"issue": issue, "project": project, "permalink": permalink},
        )

    async def find(self, request: ActionRequest, key: UUID, tried_at: datetime) -> Receipt | None:
        """Search for the label. What is not found counts only once the index must show it."""
        search = {"jql": f'labels = "{_label(key)}"', "fields": ["labels"], "maxResults": 1}
        with looking():
            found = await self._jira.call("POST", "search/jql", search, doing="search for an issue")
            for issue in found.get("issues") or ():
                return await self._receipt(part(issue, "key"), request, key)
            project = request.body["project"]  # where we may not look, nothing is ever found
            await self._jira.call("GET", f"project/{project}", doing=f"look into {project}")
        age = (datetime.now(UTC) - tried_at).total_seconds()
        if age < self._indexed_s:
            wait = min(max(_LOOK_AGAIN_S, age / 2), self._indexed_s - age)
            raise CannotTell("Jira's search does not show the issue, or not yet.", wait)
        return None

    async def perform(self, request: ActionRequest, key: UUID) -> Receipt:
        """Open the issue; a link back that fails is a note, and does not open it again."""
        issue = dict(request.body["issue"])
        issue["labels"] = [*issue["labels"], _label(key)]
        doing = f"open an issue in {request.body['project']}"
        made = await self._jira.call("POST", "issue", {"fields": issue}, doing=doing)
        return await self._receipt(part(made, "key"), request, key)

    async def _receipt(self, issue: str, request: ActionRequest, key: UUID) -> Receipt:
        note = ""
        if permalink := request.body["permalink"]:
            back = {
                "globalId": f"livesop:{key}",  # the same link again replaces itself
                "application": {"type": "com.slack", "name": "Slack"},
                "relationship": "reported in",
                "object": {"url": permalink, "title": "The message in Slack"},
            }
            try:
                doing = f"link {issue} to Slack"
                await self._jira.call("POST", f"issue/{issue}/remotelink", back, doing=doing)
            except (TransientError, PermanentError) as error:
                note = f"The issue has no link back to Slack: {error}"
        return Receipt(
            id=issue, words=f"Opened {issue} in Jira", link=self._jira.link(issue), note=note
        )


def make(tools: Tools) -> Kind:
    return JiraIssue(tools.jira, tools.settings.jira_project)


def _label(key: UUID) -> str:
    return f"livesop-{key}"
