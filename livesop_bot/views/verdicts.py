"""The answers to `/livesop verdict`: what was kept, and what it does."""

from collections.abc import Sequence

from livesop_bot.domain.signals import Signal, SignalState
from livesop_bot.domain.verdicts import NewVerdict
from livesop_bot.domain.workflows import Workflow
from livesop_bot.views.blocks import Message, context, line, message, section
from livesop_bot.views.commands import no_such

ANSWERS = ("right", "wrong", "none")
"""What may be said of a message, beside the slug of the SOP that fits it."""

_HOW = (
    "Write `/livesop verdict &lt;message link&gt;` and one of these:\n"
    "•  `right` or `wrong`: what LiveSOP made of the message is\n"
    "•  `none`: no SOP fits it\n"
    "•  the name of the SOP that fits it, such as `incident`"
)


def usage() -> Message:
    """Say how the command is written."""
    return message(
        "Which message, and what of it?",
        [
            section(_HOW),
            context(
                "A message's link is in its ⋮ menu, *Copy link*. "
                "`/livesop why &lt;message link&gt;` says what LiveSOP made of it."
            ),
        ],
    )


def unknown_answer(word: str, workflows: Sequence[Workflow]) -> Message:
    """Say that a word is neither an answer nor an SOP, and what there is."""
    return no_such("SOP or answer", word, [*ANSWERS, *(workflow.slug for workflow in workflows)])


def deleted() -> Message:
    """Refuse, because the message's text is gone."""
    return _short(
        "That message was deleted, or is older than texts are kept. There is nothing to judge."
    )


def not_judged(signal: Signal) -> Message:
    """Refuse `right` and `wrong`, because there is nothing that they could be about."""
    is_waiting = signal.state is SignalState.PENDING
    why = "is waiting to be judged" if is_waiting else "could not be judged"
    return _short(
        f"That message {why}, so nothing is right or wrong yet. You can say what fits it: "
        "the name of an SOP, or `none`."
    )


def kept(verdict: NewVerdict, workflow: Workflow | None, *, is_outdated: bool) -> Message:
    """Confirm a verdict. `is_outdated`: the message was edited since the text that it is about."""
    if workflow is None or verdict.workflow is None:
        said = "Some SOP fits this message." if verdict.fits else "No SOP fits this message."
    else:
        fits = "fits" if verdict.fits else "does not fit"
        said = f"*{line(workflow.title, 100)}* {fits} this message."
    return message(
        f"Kept, with your name: {said}",
        [
            section(f"Kept, with your name: {said}"),
            context(
                f"{_effect(verdict, is_outdated=is_outdated)} What was started or proposed stays "
                "as it is. You can say otherwise at any time; the newest word counts."
            ),
        ],
    )


def _effect(verdict: NewVerdict, *, is_outdated: bool) -> str:
    if is_outdated:
        return (
            "It is about the text before the last edit, so LiveSOP learns nothing from it; "
            "it counts where thresholds are weighed."
        )
    if verdict.workflow is None and verdict.fits:
        return "To teach LiveSOP which one, give its name in place of the answer."
    return "LiveSOP judges messages like this one by it, unless it judges by words alone."


def _short(text: str) -> Message:
    return message(text, [section(text)])
