"""The action `jira_comment`: a comment on an issue."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from livesop_bot.actions import adf
from livesop_bot.actions.jira_calls import Jira, part
from livesop_bot.actions.kind import Kind, Tools, looking
from livesop_bot.domain.action_fields import filled
from livesop_bot.domain.actions import ActionRequest, Receipt
from livesop_bot.domain.workflows import ActionKind
from livesop_bot.errors import ActionInDoubt, CannotTell

_PROPERTY = "livesop"
_CLOCKS_APART = timedelta(minutes=5)
_MOST = 50
"""Comments newer than the attempt that are looked at, a call each."""


class JiraComment:
    """Comments on issues. A property of the comment, unseen by people, carries the key."""

    name = ActionKind.JIRA_COMMENT

    def __init__(self, jira: Jira) -> None:
        self._jira = jira

    def render(self, fields: Mapping[str, str], values: Mapping[str, str]) -> ActionRequest:
        """The comment is the text, and nothing else."""
        done = filled(self.name, fields, values)
        return ActionRequest(
            kind=self.name,
            words=f"Comment on {done['issue']} in Jira",
            preview=done["text"],
            body={"issue": done["issue"], "comment": adf.document(adf.paragraph(done["text"]))},
        )

    async def find(self, request: ActionRequest, key: UUID, tried_at: datetime) -> Receipt | None:
        """Look at the comments since then; unlike searches these are never out of date."""
        issue = request.body["issue"]
        doing = f"read the comments of {issue}"
        newest = {"orderBy": "-created", "maxResults": str(_MOST)}
        with looking():
            page = await self._jira.call(
                "GET", f"issue/{issue}/comment", params=newest, doing=doing
            )
            comments: list[dict[str, Any]] = page.get("comments") or []
            since = tried_at - _CLOCKS_APART
            recent = [part(one, "id") for one in comments if _created(one) >= since]
            for comment in recent:
                if await self._key_of(comment) == str(key):
                    return self._receipt(issue, comment)
        if len(recent) == _MOST:
            raise CannotTell(f"{issue} has too many new comments to look through.")
        return None

    async def _key_of(self, comment: str) -> str | None:
        doing = "read what a comment belongs to"
        keys = await self._jira.call("GET", f"comment/{comment}/properties", doing=doing)
        if all(one.get("key") != _PROPERTY for one in keys.get("keys") or ()):
            return None
        path = f"comment/{comment}/properties/{_PROPERTY}"
        found = await self._jira.call("GET", path, doing=doing)
        value = found.get("value")
        return str(value.get("key")) if isinstance(value, dict) else None

    async def perform(self, request: ActionRequest, key: UUID) -> Receipt:
        """Comment and property are made in one."""
        issue = request.body["issue"]
        comment = {
            "body": request.body["comment"],
            "properties": [{"key": _PROPERTY, "value": {"key": str(key)}}],
        }
        doing = f"comment on {issue}"
        made = await self._jira.call("POST", f"issue/{issue}/comment", comment, doing=doing)
        return self._receipt(issue, part(made, "id"))

    def _receipt(self, issue: str, comment: str) -> Receipt:
        link = f"{self._jira.link(issue)}?focusedCommentId={comment}"
        return Receipt(id=comment, words=f"Commented on {issue} in Jira", link=link)


def make(tools: Tools) -> Kind:
    return JiraComment(tools.jira)


def _created(comment: Mapping[str, Any]) -> datetime:
    try:
        return datetime.fromisoformat(part(comment, "created"))
    except ValueError as error:
        raise ActionInDoubt("Jira's comment has no time that can be read.") from error
