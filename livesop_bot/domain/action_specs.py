"""The kinds of actions as people write them: which fields each takes, and what may stand there."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from livesop_bot.domain.workflows import ActionKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of an action: up to `limit` characters when filled in, on one line or several.

    A constant must match `pattern`, which `expected` says in words. `default` is taken where the
    field is left out. `flaw` gives what else is wrong with it as it is written, or nothing.
    """

    name: str
    meaning: str
    required: bool = False
    target: bool = False
    lines: bool = False
    limit: int = 255
    pattern: str = r"(?s).+"
    expected: str = "a text"
    default: str = ""
    flaw: Callable[[str], str] = lambda _: ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionSpec:
    """One kind of action: what it does, and the fields that it takes."""

    meaning: str
    fields: tuple[Field, ...]


def _no_web_address(url: str) -> str:
    try:
        parts = urlsplit(url)
        good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if not good:
        return "expected an address such as https://example.com/hook"
    if parts.username is not None or parts.password is not None:
        return "an address with a password in it is not taken"
    return ""


_IN_A_REFERENCE = re.compile(r"<[^<>]*\{\{\s*(?:message|extract|evaluation)\.")


def _value_in_a_reference(text: str) -> str:
    if _IN_A_REFERENCE.search(text):
        return (
            "between < and > stand mentions and links, which must not come from a message; "
            "write &lt; for the character <"
        )
    return ""


_TEXT = Field(
    name="text",
    meaning="What it says.",
    required=True,
    lines=True,
    limit=4_000,
)
_ISSUE = Field(
    name="issue",
    meaning="Key of the issue, or what an earlier step opened: {{ steps.<step>.id }}.",
    required=True,
    target=True,
    pattern=r"[A-Z][A-Z0-9_]+-[1-9][0-9]*",
    expected="an issue's key such as OPS-12",
)

SPECS: Mapping[ActionKind, ActionSpec] = {
    ActionKind.SLACK_MESSAGE: ActionSpec(
        meaning="posts a message in Slack",
        fields=(
            Field(
                name="channel",
                meaning="A channel's id or #name, `thread` for the thread of the message, or "
                "`dm: requester` for its author. Left out: thread.",
                target=True,
                limit=90,
                pattern=r"thread|dm: ?requester|[CG][A-Z0-9]{2,29}|#[^\s#<>,]{1,80}",
                expected="a channel's id or #name, thread, or dm: requester",
                default="thread",
            ),
            Field(
                name="text",
                meaning="What it says.",
                required=True,
                lines=True,
                limit=4_000,
                flaw=_value_in_a_reference,
            ),
        ),
    ),
    ActionKind.JIRA_ISSUE: ActionSpec(
        meaning="opens an issue in Jira",
        fields=(
            Field(
                name="project",
                meaning="Key of the project. Left out: JIRA_PROJECT.",
                target=True,
                pattern=r"[A-Z][A-Z0-9_]+",
                expected="a project's key such as OPS",
            ),
            Field(
                name="type",
                meaning="The issue's type, by name. Left out: Task.",
                target=True,
                default="Task",
            ),
            Field(name="priority", meaning="Its priority, by name.", target=True),
            Field(
                name="labels",
                meaning="Its labels, with commas between them.",
                target=True,
                pattern=r"[^\s,]+(?:, ?[^\s,]+)*",
                expected="labels without spaces in them, with commas between them",
            ),
            Field(name="summary", meaning="Its summary, one line.", required=True),
            Field(
                name="description",
                meaning="What its description begins with; the message, the link to it and the "
                "reason follow.",
                lines=True,
                limit=10_000,
            ),
        ),
    ),
    ActionKind.JIRA_COMMENT: ActionSpec(
        meaning="comments on an issue in Jira", fields=(_ISSUE, _TEXT)
    ),
    ActionKind.JIRA_TRANSITION: ActionSpec(
        meaning="moves an issue in Jira to another status",
        fields=(
            _ISSUE,
            Field(
                name="to",
                meaning="Name of the status that it is to have.",
                required=True,
                target=True,
            ),
        ),
    ),
    ActionKind.WEBHOOK: ActionSpec(
        meaning="sends JSON to a web address",
        fields=(
            Field(
                name="url",
                meaning="Where it is sent.",
                required=True,
                target=True,
                limit=2_000,
                pattern=r"\S+",
                expected="an address without spaces",
                flaw=_no_web_address,
            ),
            _TEXT,
            Field(
                name="idempotent",
                meaning="`yes`: the receiver drops a repeated Idempotency-Key, so that it may be "
                "sent again when nobody knows whether it came. Left out: no.",
                target=True,
                pattern=r"yes|no|true|false",
                expected="yes or no",
                default="no",
            ),
        ),
    ),
}
