"""What counts as a difference between what a message came to and what it comes to now."""

from dataclasses import replace
from typing import Any

import pytest

from livesop_bot.domain.decisions import Decision, Reason, Verdict
from livesop_bot.domain.evaluations import Usage
from livesop_bot.domain.replays import (
    Aspect,
    Outcome,
    changed_fields,
    differences,
    is_open_still,
)
from livesop_bot.domain.signals import TeamId
from livesop_bot.domain.workflows import Trigger, Workflow, WorkflowDefinition, WorkflowId

PROPOSED = Decision(Verdict.PROPOSE, Reason.PROPOSED, "Sure enough to propose.")
OPEN_ALREADY = Decision(Verdict.SKIP, Reason.DUPLICATE_RUN, "It is open.")


def sop(slug: str = "refund", version: int = 1) -> Workflow:
    """An SOP without steps."""
    definition = WorkflowDefinition(
        slug=slug, title=slug, trigger=Trigger(description="Something."), steps=()
    )
    return Workflow(
        id=WorkflowId(len(slug)), team=TeamId("T1"), version=version, definition=definition
    )


BEFORE = Outcome(
    workflow=sop(),
    confidence=0.8,
    decision=PROPOSED,
    reasoning="It is.",
    evaluator="local",
    fields={"order": "4711"},
    stand_in="",
    usage=Usage(),
)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ({}, ()),
        ({"reasoning": "It reads so.", "evaluator": "other", "usage": Usage(cost_usd=1)}, ()),
        ({"confidence": 0.80004}, ()),
        ({"confidence": 0.81}, (Aspect.CONFIDENCE,)),
        ({"confidence": None}, (Aspect.CONFIDENCE,)),
        ({"workflow": sop(version=2)}, (Aspect.VERSION,)),
        ({"workflow": sop("bug", 2)}, (Aspect.SOP,)),
        ({"workflow": None}, (Aspect.SOP,)),
        ({"decision": replace(PROPOSED, detail="In other words.")}, ()),
        ({"decision": replace(PROPOSED, reason=Reason.AUTOPILOT_OFF)}, (Aspect.DECISION,)),
        ({"decision": OPEN_ALREADY}, ()),
        ({"decision": OPEN_ALREADY, "workflow": sop("bug")}, (Aspect.SOP, Aspect.DECISION)),
        ({"fields": {"order": "4712"}}, (Aspect.FIELDS,)),
        ({"fields": {}}, (Aspect.FIELDS,)),
    ],
)
def test_what_people_would_see_differ_differs(
    now: dict[str, Any], expected: tuple[Aspect, ...]
) -> None:
    assert differences(BEFORE, replace(BEFORE, **now)) == expected


def test_a_field_that_one_of_them_has_is_changed() -> None:
    now = replace(BEFORE, fields={"order": "4711", "amount": "12"})
    assert changed_fields(BEFORE, now) == ("amount",)
    assert changed_fields(now, BEFORE) == ("amount",)


def test_only_what_was_opened_before_is_open_still() -> None:
    now = replace(BEFORE, decision=OPEN_ALREADY)
    assert is_open_still(BEFORE, now)
    assert not is_open_still(now, now), "another message opened it"
