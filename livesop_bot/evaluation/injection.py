"""Injection: text that speaks to the evaluator instead of to people is taken out before it looks.

What it takes out cannot start anything by itself any more, since the gate only proposes then: a
false find costs a person's click. It is one defence of several; nothing rests on it alone.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from livesop_bot.evaluation.disguises import HIDDEN, View, decoded, places, plain, views
from livesop_bot.evaluation.instructions import RULES, Rule
from livesop_bot.evaluation.orders import ORDERS

MARK = "[removed: instruction to the assistant]"
_RULES = (*RULES, *ORDERS)
_PASSES = 4  # what a removal brings together may be an instruction as well
_DEPTH = 2  # codes within codes

_FULL_STOP = r"(?<![.!?…。！？])[.!?…。！？]++[)\]\"'”’»*_`]*+"
_STOP = re.compile(rf"{_FULL_STOP}(?=\s)|(?<!\s)(?=\s*(?:\n|\Z))")
# A sentence, or what comes after a pause in one: what stands before an instruction stays.
_BEGINNING = re.compile(rf"\A\s*|\n\s*|{_FULL_STOP}\s+|[,;:|(\[*_>—–]\s*|(?<=[^\S\n])-+\s+")
# A tag that closes what we put around data, and was not opened in it.
_DATA_TAG = r"((?:user_|untrusted_)?(?:message|input|signal|knowledge|document|context|data))\b"
_OPENING = re.compile(rf"(?:<|&lt;){_DATA_TAG}")
_CLOSING = re.compile(rf"(?:<|&lt;)/{_DATA_TAG}\s{{0,3}}(?:>|&gt;)")
# Letters and what stands between them have no sign in common, or a line of `_` would take for ever.
_SPELLED = re.compile(r"(?<![^\W_])(?:[^\W_][ .\-_*·]{1,3}){7,}[^\W_](?![^\W_])")
_CONTAINER = re.compile(
    r"(?:<|&lt;)!--.{0,2000}?--(?:>|&gt;)|\[[^\]\n]{0,300}\]\([^)\n]{0,500}\)|<https?:[^>\n]{0,1000}>",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Defused:
    """A text without what was found in it, and the kinds of that; none where it is as it was."""

    text: str
    removed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class _Find:
    start: int
    end: int
    kind: str


def defuse(text: str) -> Defused:
    """Put a mark in the place of each sentence that instructs the evaluator.

    All else stays verbatim, so that it can be quoted. Never fails; takes time linear in the text.
    """
    removed: list[str] = []
    for _ in range(_PASSES):
        finds = sorted(_finds(text, _DEPTH))
        if not finds:
            break
        removed += [find.kind for find in finds]
        text = _without(text, finds)
    return Defused(text, tuple(dict.fromkeys(removed)))


def _without(text: str, finds: list[_Find]) -> str:
    kept: list[str] = []
    at = 0
    for find in finds:
        if not kept or find.start > at:
            kept += [text[at : find.start], MARK]
        at = max(at, find.end)
    return "".join([*kept, text[at:]])


def _finds(text: str, depth: int) -> Iterator[_Find]:
    for hidden in HIDDEN.finditer(text):
        yield _Find(*hidden.span(), "hidden text")
    shown = HIDDEN.sub(lambda found: " " * len(found[0]), text)
    looked = plain(shown)
    found = list(_plain_finds(looked))
    if found:
        place = places(shown)
        for find in found:
            yield _Find(place[find.start], place[find.end], find.kind)
    if depth:
        sentences = _Sentences(shown)
        for start, end, said in decoded(shown):
            if any(_finds(said, depth - 1)):
                yield _Find(*sentences.container(start, end), "encoded text")


def _plain_finds(looked: str) -> Iterator[_Find]:
    sentences = _Sentences(looked)
    for view in views(looked):
        for rule in _RULES:
            if any(hint in view.text for hint in rule.hints):
                yield from _rule_finds(rule, view, sentences)
    for spelled in _SPELLED.finditer(looked):
        letters = re.sub(r"[ .\-_*·]", "", spelled[0])
        if any(rule.pattern.search(letters) for rule in RULES):
            yield _Find(*spelled.span(), "override")
    opened = {tag[1]: tag.start() for tag in reversed(list(_OPENING.finditer(looked)))}
    for closing in _CLOSING.finditer(looked):
        if opened.get(closing[1], len(looked)) > closing.start():
            yield _Find(*closing.span(), "delimiter")


def _rule_finds(rule: Rule, view: View, sentences: "_Sentences") -> Iterator[_Find]:
    for found in rule.pattern.finditer(view.text):
        if found.end() > found.start():
            span = view.span(*found.span())
            whole = sentences.trimmed if rule.exact else sentences.around
            yield _Find(*whole(*span), rule.kind)


class _Sentences:
    """Where the sentences of a text begin and end, and what is to be taken or left as one."""

    def __init__(self, text: str) -> None:
        self._text = text

    @cached_property
    def _beginnings(self) -> list[int]:
        return [found.end() for found in _BEGINNING.finditer(self._text)]

    @cached_property
    def _stops(self) -> list[int]:
        return [found.end() for found in _STOP.finditer(self._text)]

    @cached_property
    def _containers(self) -> list[tuple[int, int]]:
        return [found.span() for found in _CONTAINER.finditer(self._text)]

    def container(self, start: int, end: int) -> tuple[int, int]:
        """The span, or the comment or link that it begins in."""
        position = bisect_right(self._containers, (start, len(self._text))) - 1
        if position < 0:
            return start, end
        first, last = self._containers[position]
        return (first, max(last, end)) if start < last else (start, end)

    def around(self, start: int, end: int) -> tuple[int, int]:
        """The span to the end of its sentence, from its sentence's beginning or a pause in it."""
        if (whole := self.container(start, end)) != (start, end):
            return whole
        start, end = self.trimmed(start, end)
        while start < end and not self._text[start].isalnum():
            start += 1
        begin = self._beginnings[bisect_right(self._beginnings, start) - 1]
        return begin, self._stops[bisect_left(self._stops, end)]

    def trimmed(self, start: int, end: int) -> tuple[int, int]:
        """The span without the white space around it."""
        while start < end and self._text[start].isspace():
            start += 1
        while start < end and self._text[end - 1].isspace():
            end -= 1
        return start, end
