"""The words of `/livesop`: one table, from which its help, its suggestions and the README come."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True)
class Word:
    """A word that may follow `/livesop`, what may follow it, and what it does."""

    name: str
    follows: str
    does: str


GROUPS: Sequence[tuple[str, Sequence[Word]]] = (
    (
        "See",
        (
            Word("help", "", "lists these commands"),
            Word("status", "", "says what may run, what waits, and how LiveSOP is doing"),
            Word("feed", "[n]", "shows the latest decisions"),
            Word("stats", "[days]", "counts what was seen, started and done"),
            Word("health", "", "says how LiveSOP itself is doing"),
            Word("settings", "", "says what is set, and where to change it"),
        ),
    ),
    (
        "A message",
        (
            Word("why", "<message link or signal>", "says what was made of it, and why"),
            Word("test", "<text>", "says what LiveSOP would do with a text; stores nothing"),
            Word(
                "replay",
                "<message link or signal> [same] [run]",
                "judges it again, by the newest SOPs or the `same`; only says, or does it",
            ),
            Word("verdict", "<message link> right", "teaches: or `wrong`, `none`, or an SOP"),
        ),
    ),
    (
        "SOPs",
        (
            Word("workflows", "", "lists the SOPs"),
            Word("show", "<sop>", "shows one with its steps"),
            Word("start", "<sop> [about]", "starts one in this channel, by hand"),
            Word("approvals", "", "shows what waits for people"),
            Word(
                "autopilot",
                "[on|off [sop [step] | here | #channel]]",
                "shows or turns what may run by itself",
            ),
        ),
    ),
    (
        "Knowledge",
        (
            Word("search", "<words>", "finds earlier messages that an SOP answered"),
            Word("kb", "[add|list|search|remove]", "looks after what LiveSOP may cite"),
        ),
    ),
)

NAMES = tuple(word.name for _, words in GROUPS for word in words)


def nearest(word: str, known: Sequence[str] = NAMES) -> str | None:
    """Give the known word that looks most like another; None: none does."""
    return next(iter(get_close_matches(word.lower(), known, 1, 0.5)), None)
