"""The words of a message: normalised, stemmed, and each with its place in the text."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

# Slack's markup and bare links say little, and an id in them would look like a rare word.
_MARKUP = re.compile(
    r"<[@#!][^<>]*>"  # people, channels, @here
    r"|<?(?:https?|mailto):[^\s<>|]*"  # links; the label of one is kept
    r"|:[a-z0-9_+'-]{1,60}:"  # emoji by name
    r"|&(?:amp|lt|gt);"
)
# Who thanks for something is not asking for it.
_COURTESY = re.compile(
    r"\b(?P<thanks>thanks|thank you|thx)\b[^.!?,:;\n]{0,30}?\bfor\b[^.!?,:;\n]*", re.IGNORECASE
)
_SENTENCE_END = re.compile(r"(?<![.!?…])[.!?…]++(?=\s|$)|[\n\r;。！？]+")
_WORD = re.compile(r"[^\W_](?:[^\W_]|[\u0300-\u036f'’](?=[^\W_]|[\u0300-\u036f]))*[\u0300-\u036f]*")
# Scripts that put no space between words: there, two neighbouring characters make a word.
_UNSPACED = re.compile(
    r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+"
)
_STOP_WORDS = frozenset(
    """
    a about actually after again all also always am an and another any anybody anyone anything
    are as at back be because been before being both but by can cannot cant check come could day
    days did didn didnt do does doesn doesnt doing don done dont each either else even ever
    every everyone few for from get gets getting give go goes going gonna good got great had has
    hasn hasnt have haven havent having he hello help her here hers hey hi him his hmm hour
    hours how i if ill im in into is isn isnt it its ive just kind know last let lets like
    little lol look looks lot made make many may maybe me might mine minute minutes month months
    more most much must my need needs never nice no not now of off oh ok okay on one only onto
    or other our ours out over own please pls quick quite rather re really right same say says
    see seem seems she should since so some somebody someone something soon sorry still such
    sure take than thank thanks that thats the their theirs them then there these they thing
    things think this those though through thx to today tomorrow too try trying two ty under
    until up upon us use used using very via want wanted wants was wasn wasnt way we week
    weekend weeks well went were what whats when where which while who whom whose why will with
    within without won wont would yeah yep yes yesterday yet you your yours
    """.split()  # noqa: SIM905  words read better than a list of strings
)


@dataclass(frozen=True, slots=True)
class Word:
    """A stem, and where the word that it comes from stands in the text."""

    stem: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Clause:
    """A sentence without markup and courtesy, and where it stands in the text."""

    text: str
    start: int
    end: int


def clauses(text: str) -> Iterator[Clause]:
    """The sentences of a text that have any letter or digit, without markup.

    Of thanks for something only the thanks are left.
    """
    plain = _blank(_MARKUP, text)
    yield from _clauses(_COURTESY.sub(lambda found: f"{found['thanks']:{len(found[0])}}", plain))


def sentences(text: str) -> Iterator[list[Word]]:
    """The words of each sentence that has any, without stop words."""
    plain = _blank(_COURTESY, _blank(_MARKUP, text))
    for clause in _clauses(plain):
        if found := list(_words(plain, clause.start, clause.end)):
            yield found


def _clauses(plain: str) -> Iterator[Clause]:
    start = 0
    for end in [found.end() for found in _SENTENCE_END.finditer(plain)] + [len(plain)]:
        if _WORD.search(plain, start, end):
            yield Clause(plain[start:end].strip(), start, end)
        start = end


def _blank(pattern: re.Pattern[str], text: str) -> str:
    """Put spaces for what the pattern finds, so that the rest keeps its place."""
    return pattern.sub(lambda found: " " * len(found[0]), text)


def stems(text: str) -> tuple[str, ...]:
    """The stems of a short text, in order, without stop words."""
    return tuple(word.stem for sentence in sentences(text) for word in sentence)


def _words(text: str, start: int, end: int) -> Iterator[Word]:
    for found in _WORD.finditer(text, start, end):
        normal = unicodedata.normalize("NFKC", found[0]).casefold().replace("’", "'")
        for piece in _pieces(normal):
            yield Word(piece, found.start(), found.end())


def _pieces(word: str) -> Iterator[str]:
    if unspaced := _UNSPACED.findall(word):
        for run in unspaced:
            if len(run) == 1:
                yield run
            for n in range(len(run) - 1):
                yield run[n : n + 2]
        return
    word = word.removesuffix("'s").replace("'", "")
    if word not in _STOP_WORDS and (len(word) > 1 or word.isdigit() or not word.isascii()):
        yield stem(word)


def stem(word: str) -> str:
    """Cut the commonest English endings; words that are not English mostly stay as they are.

    The stem need not be a word, it only has to be the same for the forms of one.
    """
    if len(word) < 4 or not word.isascii() or not word.isalpha():
        return word
    if word.endswith("ies") and len(word) > 4:
        word = word[:-3] + "y"
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed", "ment", "ion"):
        base = word.removesuffix(ending)
        if (
            base != word
            and len(base) > 2
            and re.search("[aeiouy]", base)
            and not _kept(base, ending)
        ):
            word = base
            break
    if len(word) > 3:
        word = word.removesuffix("e")
    if len(word) > 3 and word[-1] == word[-2]:
        word = word[:-1]
    return word


def _kept(base: str, ending: str) -> bool:
    """Whether the ending belongs to the word: as in speed, or million."""
    match ending:
        case "ed":
            return base.endswith("e")
        case "ion":
            return not base.endswith(("t", "s"))
        case _:
            return False
