"""Questions to LiveSOP: which messages ask it something, and which SOP they ask about."""

import re
from collections.abc import Callable, Sequence

from livesop_bot.domain.signals import Signal, UserId
from livesop_bot.domain.workflows import Workflow

Stems = Callable[[str], Sequence[str]]

_GREETING = re.compile(
    r"^(?:hi|hey|hello|good (?:morning|evening)|please|pls|ok|so|and|also)\b[\s,.!:–-]*",
    re.IGNORECASE,
)
_ASKING = re.compile(
    r"^(?:what|what's|whats|how|how's|where|where's|who|who's|whom|which|when|why|can|could|do|"
    r"does|did|is|are|may|should|shall|must|would|will|show|tell|explain|find|look up)\b",
    re.IGNORECASE,
)
_HI = r"(?:hi|hey|hello|good (?:morning|evening))"
_HELP = re.compile(
    rf"^(?:{_HI}(?: there)?|(?:{_HI}\W+)?(?:help(?: me)?|what can (?:you|i) do|what do you do|"
    r"who are you|how (?:do you|does this) work))\W*$",
    re.IGNORECASE,
)
_MARKS = "?？؟"
_GENERIC = (
    "procedure procedures process processes policy policies sop sops step steps guide runbook "
    "handle handled handling work works correct usual tell show explain find"
)
"""What questions about any SOP have in common."""

_NEAR = 0.5
"""The share of a question's words that an SOP must have."""


def question_of(signal: Signal, bot: UserId) -> str:
    """Give what a message asks LiveSOP, without its name; empty: it asks it nothing.

    It is asked by name or in a direct message, with a question mark or in the words of a question;
    its name alone, or a greeting, asks what it is there for.
    """
    mention = f"<@{bot}>"
    addressed = mention in signal.text or signal.channel.startswith("D")
    if not addressed or signal.author_is_bot:
        return ""
    text = " ".join(signal.text.replace(mention, " ").split())
    if mention in signal.text and not text.strip(",.!:"):
        return "help"
    if asks_for_help(text):
        return text
    words = text
    while (rest := _GREETING.sub("", words)) != words:
        words = rest
    return text if _ASKING.match(words) or any(mark in text for mark in _MARKS) else ""


def asks_for_help(question: str) -> bool:
    """Whether it is about LiveSOP itself, which no SOP and no document answers."""
    return _HELP.match(question) is not None


def sop_asked_about(question: str, workflows: Sequence[Workflow], stems: Stems) -> Workflow | None:
    """Give the SOP whose name or trigger has most of a question's words; None: none has enough."""
    asked = set(stems(question)) - set(stems(_GENERIC))
    if not asked:
        return None
    scored = [(_score(asked, workflow, stems), workflow) for workflow in workflows]
    best = max(scored, key=lambda one: one[0], default=None)
    return best[1] if best is not None and best[0] >= _NEAR else None


def _score(asked: set[str], workflow: Workflow, stems: Stems) -> float:
    """The share of the words that it has; those of its name count half as much again.

    Without one of its name or its keywords it is about something else.
    """
    definition = workflow.definition
    named = set(stems(f"{definition.title}. {definition.slug.replace('-', ' ')}"))
    keys = {stem for keyword in definition.trigger.keywords for stem in stems(keyword)}
    told = set(stems(". ".join((definition.summary, definition.trigger.description))))
    if not asked & (named | keys):
        return 0.0
    return (len(asked & (named | keys | told)) + 0.5 * len(asked & named)) / len(asked)
