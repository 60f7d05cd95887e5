"""What a person types, as Slack's client sends it: escaped, with mentions and links marked."""

import re

from livesop_bot.sandbox.workspace import Workspace

ENTITY = re.compile(r"<(?:@[UW][A-Z0-9]+|#C[A-Z0-9]+(?:\|[^<>]*)?|!(?:here|channel|everyone))>")
LINK = re.compile(r"https?://[^\s<>]+[^\s<>.,;:!?)\]'\"]")
NAME = re.compile(r"(?<![\w@#.])([@#])([a-z0-9][a-z0-9._-]*[a-z0-9])")


def as_slack_text(typed: str, workspace: Workspace) -> str:
    """Entities that are already there stay; `@name`, `#channel` and URLs become entities."""
    people = {person.name: person.id for person in workspace.people.values()}
    people[workspace.bot.name] = workspace.bot.user_id
    channels = {c.name: c.id for c in workspace.channels.values() if not c.is_im}

    def named(match: re.Match[str]) -> str:
        sign, name = match[1], match[2]
        if sign == "@" and name in people:
            return f"<@{people[name]}>"
        if sign == "#" and name in channels:
            return f"<#{channels[name]}|{name}>"
        return match[0]

    def plain(text: str) -> str:
        return NAME.sub(named, _escaped(text))

    made, at = [], 0
    for match in re.finditer(f"{ENTITY.pattern}|{LINK.pattern}", typed):
        made.append(plain(typed[at : match.start()]))
        found = match[0]
        made.append(found if found.startswith("<") else f"<{_escaped(found)}>")
        at = match.end()
    return "".join([*made, plain(typed[at:])])


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
