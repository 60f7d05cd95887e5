"""How well each SOP fits a message: by the best of its sentences, and by the keywords it names."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from livesop_bot.embeddings.embedder import Vectors
from livesop_bot.evaluation.lexical_evaluator import TEXT_LIMIT, windows
from livesop_bot.evaluation.semantic_index import Scores, SemanticIndex
from livesop_bot.evaluation.vocabulary import Vocabulary
from livesop_bot.evaluation.words import Clause, clauses

_KEYWORDS = 0.4
"""What it adds to a SOP's score that its keywords are named, times how telling the words are."""
_CLAUSES = 24
"""Sentences of a message that are read; it keeps long ones quick."""


@dataclass(frozen=True, slots=True)
class Scored:
    """A message's `scores`, one an SOP; `clauses` are the sentences read, `each` has a row for each
    of them and their `views`, and `keywords` are those named of the SOPs that have any.
    """

    scores: Scores
    clauses: Sequence[Clause]
    each: Scores
    views: Vectors
    keywords: Mapping[int, Sequence[int]]


def scored(
    text: str,
    meaning: SemanticIndex,
    vocabulary: Vocabulary,
    view: Callable[[Sequence[str]], Vectors],
) -> Scored | None:
    """Score the beginning of a text; None where there is nothing to read. `view`: see views_of."""
    text = text[:TEXT_LIMIT]
    found = list(clauses(text))
    if not found:
        return None
    read = _telling(found, vocabulary)
    texts = [clause.text for clause in read]
    if 1 < len(found) <= len(read):
        texts.append(" ".join(texts))
    views = view(texts)
    each = meaning.scores(views)
    scores = each.max(axis=0)
    keywords: dict[int, Sequence[int]] = {}
    for likeness in vocabulary.ranked(windows(text)):
        if likeness.keywords:
            keywords[likeness.position] = likeness.keywords
            scores[likeness.position] += _KEYWORDS * likeness.score
    return Scored(scores, read, each, views, keywords)


def _telling(found: Sequence[Clause], vocabulary: Vocabulary) -> Sequence[Clause]:
    """The clauses to read: of many, those that share most with the words of the SOPs."""
    if len(found) <= _CLAUSES:
        return found
    order = sorted(range(len(found)), key=lambda n: -vocabulary.strength(found[n].text))
    return [found[n] for n in sorted(order[:_CLAUSES])]
