"""A Jira Cloud on loopback: REST v3 as far as LiveSOP uses it, with its refusals and its lag."""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from tests.outside.loopback import Handler, Loopback

EMAIL, TOKEN = "livesop@example.com", "jira-token"
STATUSES = {"To Do": ("In Progress",), "In Progress": ("Done", "To Do"), "Done": ()}
_BLOCKS = {"paragraph", "blockquote", "hardBreak", "text", "doc"}
_NO_XML = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass
class Comment:
    id: str
    body: Any
    properties: dict[str, Any]
    created: str


@dataclass
class Issue:
    id: str
    key: str
    fields: dict[str, Any]
    status: str = "To Do"
    comments: list[Comment] = field(default_factory=list)
    remote_links: dict[str, Any] = field(default_factory=dict)


class JiraServer(Loopback):
    """One site with the project OPS. Faults go by the names of `route`.

    `lagging`: new issues are not found by searches, until `catch_up`. `hidden` and `closed` are
    projects that the account does not see, and may not write to.
    """

    def __init__(self) -> None:
        super().__init__()
        self.issues: dict[str, Issue] = {}
        self.lagging = False
        self.hidden: set[str] = set()
        self.closed: set[str] = set()
        self.lenient_to_strangers = False
        self._indexed: set[str] = set()
        at = "/rest/api/3"
        for method, path, name, handler in (
            ("GET", f"{at}/project/{{project}}", "project", self._project),
            ("POST", f"{at}/issue", "create", self._create),
            ("GET", f"{at}/issue/{{issue}}", "issue", self._issue),
            ("POST", f"{at}/search/jql", "search", self._search),
            ("POST", f"{at}/issue/{{issue}}/remotelink", "remotelink", self._link),
            ("GET", f"{at}/issue/{{issue}}/comment", "comments", self._comments),
            ("POST", f"{at}/issue/{{issue}}/comment", "comment", self._comment),
            ("GET", f"{at}/comment/{{comment}}/properties", "properties", self._properties),
            ("GET", f"{at}/comment/{{comment}}/properties/{{name}}", "property", self._property),
            ("GET", f"{at}/issue/{{issue}}/transitions", "transitions", self._transitions),
            ("POST", f"{at}/issue/{{issue}}/transitions", "transition", self._transition),
        ):
            self.route(method, path, name, self._known(handler))

    def open(self, key: str = "OPS-1") -> Issue:
        """Put an issue there."""
        issue = self.issues[key] = Issue(id=str(10_000 + len(self.issues)), key=key, fields={})
        return issue

    def catch_up(self) -> None:
        """Let searches find everything."""
        self.lagging = False
        self._indexed = set(self.issues)

    def _known(self, handler: Handler) -> Handler:
        expected = "Basic " + base64.b64encode(f"{EMAIL}:{TOKEN}".encode()).decode()

        async def checked(request: web.Request) -> web.Response:
            if request.headers.get("Authorization") == expected:
                return await handler(request)
            reason = {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}
            if self.lenient_to_strangers:
                return web.json_response({"issues": [], "isLast": True}, headers=reason)
            return web.Response(status=401, text="Client must be authenticated", headers=reason)

        return checked

    async def _project(self, request: web.Request) -> web.Response:
        project = request.match_info["project"]
        if project != "OPS" or project in self.hidden:
            return _refusal(404, f"No project could be found with key '{project}'.")
        return web.json_response({"key": project})

    async def _create(self, request: web.Request) -> web.Response:
        fields = (await request.json())["fields"]
        project = fields.get("project", {}).get("key")
        if project in self.closed:
            return _refusal(403, "You do not have permission to create issues.")
        if errors := dict(_field_errors(fields)):
            return _refusal(400, **errors)
        issue = self.open(f"OPS-{len(self.issues) + 1}")
        issue.fields = fields
        if not self.lagging:
            self._indexed.add(issue.key)
        answer = {"id": issue.id, "key": issue.key, "self": f"{self.url}/rest/api/3/issue/10000"}
        return web.json_response(answer, status=201)

    async def _search(self, request: web.Request) -> web.Response:
        query = await request.json()
        asked = re.fullmatch(r'labels = "([^"\s]+)"', query["jql"])
        if asked is None:
            return _refusal(400, "The query is not understood.")
        found = [
            {"id": issue.id, "key": issue.key}
            for issue in self.issues.values()
            if asked.group(1) in issue.fields.get("labels", ())
            and issue.key in self._indexed
            and issue.key.partition("-")[0] not in self.hidden
        ]
        return web.json_response({"issues": found[: query["maxResults"]], "isLast": True})

    def _of(self, request: web.Request) -> Issue:
        issue = self.issues.get(request.match_info["issue"])
        if issue is None:
            raise web.HTTPNotFound(
                text='{"errorMessages": ["Issue does not exist or you do not have permission."]}',
                content_type="application/json",
            )
        return issue

    async def _issue(self, request: web.Request) -> web.Response:
        issue = self._of(request)
        return web.json_response({"key": issue.key, "fields": {"status": {"name": issue.status}}})

    async def _link(self, request: web.Request) -> web.Response:
        issue, link = self._of(request), await request.json()
        if not (link["object"]["url"] and link["object"]["title"]):
            return _refusal(400, title="'title' is required.")
        known = link["globalId"] in issue.remote_links
        issue.remote_links[link["globalId"]] = link
        return web.json_response({"id": 1}, status=200 if known else 201)

    async def _comments(self, request: web.Request) -> web.Response:
        assert request.query["orderBy"] == "-created"
        newest = list(reversed(self._of(request).comments))[: int(request.query["maxResults"])]
        told = [{"id": one.id, "created": one.created, "body": one.body} for one in newest]
        return web.json_response({"comments": told, "total": len(told)})

    async def _comment(self, request: web.Request) -> web.Response:
        issue, comment = self._of(request), await request.json()
        if flaws := list(_document_flaws(comment["body"])):
            return _refusal(400, comment=flaws[0])
        properties = {one["key"]: one["value"] for one in comment.get("properties", ())}
        created = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.000+0000")
        number = sum(len(one.comments) for one in self.issues.values()) + 20_000
        issue.comments.append(Comment(str(number), comment["body"], properties, created))
        return web.json_response({"id": str(number)}, status=201)

    def _properties_of(self, request: web.Request) -> dict[str, Any]:
        asked = request.match_info["comment"]
        comments = (one for issue in self.issues.values() for one in issue.comments)
        return next((one.properties for one in comments if one.id == asked), {})

    async def _properties(self, request: web.Request) -> web.Response:
        keys = [{"key": key} for key in self._properties_of(request)]
        return web.json_response({"keys": keys})

    async def _property(self, request: web.Request) -> web.Response:
        name = request.match_info["name"]
        return web.json_response({"key": name, "value": self._properties_of(request)[name]})

    async def _transitions(self, request: web.Request) -> web.Response:
        ways = STATUSES[self._of(request).status]
        told = [{"id": _way(to), "name": f"To {to}", "to": {"name": to}} for to in ways]
        return web.json_response({"transitions": told})

    async def _transition(self, request: web.Request) -> web.Response:
        issue, asked = self._of(request), await request.json()
        for to in STATUSES[issue.status]:
            if _way(to) == asked["transition"]["id"]:
                issue.status = to
                return web.Response(status=204)
        return _refusal(400, "Transition id is not valid for this issue.")


def _way(to: str) -> str:
    return str(11 + list(STATUSES).index(to))


def _refusal(status: int, *messages: str, **errors: str) -> web.Response:
    return web.json_response({"errorMessages": list(messages), "errors": errors}, status=status)


def _field_errors(fields: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if fields.get("project", {}).get("key") != "OPS":
        yield "project", "valid project is required"
    if fields.get("issuetype", {}).get("name") not in ("Task", "Bug", "Incident"):
        yield "issuetype", "Specify a valid issue type"
    if fields.get("priority", {"name": "High"}).get("name") not in ("High", "Low"):
        yield "priority", "The priority selected is invalid."
    summary = fields.get("summary", "")
    if not summary.strip() or len(summary) > 255 or "\n" in summary or _NO_XML.search(summary):
        yield "summary", "You must specify a summary of the issue, on one line of 255 characters."
    if any(" " in label for label in fields.get("labels", ())):
        yield "labels", "The label contains spaces which is invalid."
    yield from (("description", flaw) for flaw in _document_flaws(fields["description"]))


def _document_flaws(node: Any) -> Iterator[str]:
    """What makes Jira answer INVALID_INPUT."""
    if node.get("type") not in _BLOCKS:
        yield f"unknown node {node.get('type')}"
    if node["type"] == "text" and (not node.get("text") or _NO_XML.search(node["text"])):
        yield "a text node needs a text"
    for child in node.get("content", ()):
        yield from _document_flaws(child)
