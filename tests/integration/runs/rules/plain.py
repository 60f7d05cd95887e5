"""The rules again, in the plainest words: what is tested must not say itself what is right."""

from livesop_bot.domain.runs import Run, RunState
from livesop_bot.domain.workflows import Edge, StepId

KINDS = {
    "urgent": "decision",
    "page": "action",
    "note": "manual",
    "tell": "action",
    "close": "manual",
}
EDGES = tuple(
    Edge(source=StepId(source), target=StepId(target), label=label)
    for source, target, label in (
        ("urgent", "page", "yes"),
        ("urgent", "note", "no"),
        ("page", "close", ""),
        ("note", "close", ""),
    )
)
OFFERED = {
    ("decision", "waiting"): {"choose"},
    ("action", "waiting"): {"approve", "skip"},
    ("manual", "waiting"): {"done", "skip"},
    ("action", "planned"): {"hold"},
    ("action", "failed"): {"retry", "skip"},
    ("action", "unknown"): {"mark_done", "retry"},
}
FOLLOWS = {
    "approve": {"planned", "failed", "waiting"},
    "retry": {"planned", "failed", "waiting"},
    "done": {"done"},
    "choose": {"done"},
    "mark_done": {"done"},
    "skip": {"skipped"},
    "hold": {"waiting"},
}
UNTOUCHED = {"blocked", "waiting", "planned", "bypassed", "cancelled"}
"""How steps stand where nothing was done yet."""
GOES = {
    "proposed": {"running", "dismissed", "cancelled", "expired"},
    "running": {"done", "cancelled", "dismissed"},
}
"""What becomes of a run; all the rest is its end."""
OVER = {"done", "skipped", "bypassed", "cancelled"}
LEFT = OVER | {"failed", "unknown", "trying"}
"""How steps may stand in a run that is over."""


def stands(urgent: str, chosen: str, taken: str) -> dict[str, str]:
    """Whether steps of a run under way are blocked, open (or were) or bypassed."""
    if urgent != "done":
        return {"page": "blocked", "note": "blocked", "close": "blocked"}
    way, other = ("page", "note") if chosen == "yes" else ("note", "page")
    close = "open" if taken in ("done", "skipped") else "blocked"
    return {way: "open", other: "bypassed", "close": close}


def is_lost(run: Run) -> bool:
    """Whether the message is gone, or reads otherwise and no person did or wanted anything yet."""
    untouched = {one.state.value for one in run.steps} <= UNTOUCHED
    nobody_asked = run.edited_since and run.started_by is None and untouched
    return run.evaluation.signal.state == "deleted" or nobody_asked


def ends(run: Run) -> dict[RunState, bool]:
    """Whether people may bring it to an end: that it does not fit, or that they want no more."""
    alone = run.state is RunState.RUNNING and run.started_by is None
    return {
        RunState.DISMISSED: run.state is RunState.PROPOSED or alone,
        RunState.CANCELLED: run.state is RunState.RUNNING,
    }


def seen(run: Run) -> object:
    """What people see of a run, but for times."""
    return run.state, [(one.id, one.state, one.chosen, one.detail, one.link) for one in run.steps]
