"""What a person types, as Slack's client sends it: escaped, with mentions and links marked."""

import re
from collections.abc import Callable, Iterable

from livesop_bot.sandbox.workspace import Workspace

CODE = r"```[\s\S]+?```|`[^`\n]+`"
LINK = re.compile(r"https?://[^\s<>`]*[^\s<>`.,;:!?)\]'\"]")
RANGES = ("here", "channel", "everyone")


def as_slack_text(typed: str, workspace: Workspace) -> str:
    """`@name`, `@Real name`, `#channel` and URLs become entities; in code, URLs alone do."""
    accounts = [(one.id, one.name, one.real_name) for one in workspace.people.values()]
    accounts.append((workspace.bot.user_id, workspace.bot.name, workspace.bot.real_name))
    people = {name.lower(): user_id for user_id, *names in accounts for name in names}
    channels = {c.name: c.id for c in workspace.channels.values() if not c.is_im}
    somebody = rf"@(?P<range>{_any(RANGES)})|@(?P<person>{_any(people)})"
    named = rf"(?<![\w.@#])(?:{somebody}|#(?P<channel>{_any(channels)}))(?![\w-])"
    pattern = re.compile(rf"(?P<code>{CODE})|(?P<link>{LINK.pattern})|{named}", re.IGNORECASE)

    def marked(found: re.Match[str]) -> str:
        text = found[0]
        match found.lastgroup:
            case "code":
                return _each(LINK, text, lambda link: _link(link[0]))
            case "link":
                return _link(text)
            case "range":
                return f"<!{text[1:].lower()}>"
            case "person":
                return f"<@{people[text[1:].lower()]}>"
            case _:
                name = text[1:].lower()
                return f"<#{channels[name]}|{name}>"

    return _each(pattern, typed, marked)


def _any(names: Iterable[str]) -> str:
    """A pattern for one of them, the longest that fits; channels' names are in lower case."""
    return "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))


def _each(pattern: re.Pattern[str], text: str, mark: Callable[[re.Match[str]], str]) -> str:
    """Replace what the pattern finds, and escape the rest."""
    made, at = [], 0
    for found in pattern.finditer(text):
        made += [_escaped(text[at : found.start()]), mark(found)]
        at = found.end()
    return "".join([*made, _escaped(text[at:])])


def _link(url: str) -> str:
    return f"<{_escaped(url).replace('|', '%7C')}>"


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
