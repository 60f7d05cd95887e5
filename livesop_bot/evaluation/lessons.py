"""Lessons: the few of a team's verdicts that are worth telling a model about one message."""

import math
from collections.abc import Collection, Sequence
from dataclasses import replace
from functools import lru_cache

from livesop_bot.domain.verdicts import Lesson
from livesop_bot.domain.workflows import WorkflowId
from livesop_bot.evaluation.injection import defuse
from livesop_bot.evaluation.words import stems

_MOST = 6
_TEXT = 400
"""Characters of each that are compared and told; what a message is about, its beginning says."""


def nearest(lessons: Sequence[Lesson], text: str, among: Collection[WorkflowId]) -> list[Lesson]:
    """Give those that share most words with a text, best first, of these SOPs or of none.

    What reads like an instruction is taken out. In a thread: hundreds of texts take a while.
    """
    asked = _words(text[:_TEXT])
    found = []
    for number, lesson in enumerate(lessons):
        own = _words(lesson.text[:_TEXT])
        if (lesson.workflow is None or lesson.workflow in among) and asked & own:
            found.append((len(asked & own) / math.sqrt(len(own)), number))
    best = sorted(found, reverse=True)[:_MOST]  # of equal ones the newer
    chosen = [lessons[number] for _, number in best]
    return [replace(lesson, text=defuse(lesson.text[:_TEXT]).text) for lesson in chosen]


@lru_cache(4_096)
def _words(text: str) -> frozenset[str]:
    return frozenset(stems(text))
