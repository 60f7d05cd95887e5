"""Changes: told in words, and what people allowed is not inherited by another action."""

from dataclasses import fields, replace

import pytest

from livesop_bot.domain.changes import ChangeKind, Replaced, changes, lost_switches
from livesop_bot.domain.signals import ChannelId
from livesop_bot.domain.workflows import (
    ActionKind,
    Step,
    StepId,
    StepKind,
    StepMode,
    WorkflowDefinition,
)
from livesop_bot.sop.starter_pack import starter_pack

INCIDENT = next(sop for sop in starter_pack() if sop.slug == "incident")


def with_step(step: StepId, **changed: object) -> WorkflowDefinition:
    steps = tuple(
        replace(one, **changed) if one.id == step else one  # type: ignore[arg-type]
        for one in INCIDENT.steps
    )
    return replace(INCIDENT, steps=steps)


ACTING = INCIDENT.acting_steps[0]
OTHERWISE = {
    "title": "Another",
    "kind": StepKind.MANUAL,
    "mode": StepMode.MANUAL,
    "action": ActionKind.WEBHOOK,
    "fields": {"text": "something else"},
    "instructions": "Be quick.",
    "approvers": ("U1",),
    "undo_s": 77,
    "cap": 77,
    "saves_min": 77,
}
"""Another value for each field of an acting step."""


def test_nothing_changed() -> None:
    assert changes(INCIDENT, INCIDENT) == ()
    assert lost_switches(INCIDENT, INCIDENT) == ()


def test_a_new_sop_is_all_new() -> None:
    (change,) = changes(None, INCIDENT)
    assert (change.kind, change.part) == (
        ChangeKind.ADDED,
        f"SOP “Incident”, {len(INCIDENT.steps)} steps",
    )


def test_every_part_is_told() -> None:
    trigger = replace(
        INCIDENT.trigger,
        description="Another",
        examples=(*INCIDENT.trigger.examples[1:], "New one"),
        channels=(ChannelId("C1"),),
        auto_from=95,
    )
    after = replace(
        with_step(ACTING.id, title="Tell all", approvers=("U1",)),
        title="Outage",
        trigger=trigger,
    )
    told = {change.part: change.details for change in changes(INCIDENT, after)}
    assert told["Title"] == ("“Incident” → “Outage”",)
    assert told["Example messages"] == ("+ New one", f"− {INCIDENT.trigger.examples[0]}")
    assert told["Channels"] == (Replaced((), (ChannelId("C1"),), none="every channel"),)
    assert told["Auto-Pilot starts from"] == ("as the team → 95%",)
    assert told["Step “Tell all”"] == (
        f"was called “{ACTING.title}”",
        Replaced((), ("U1",), none="every operator", what="approvers"),
    )


@pytest.mark.parametrize(("field", "value"), OTHERWISE.items())
def test_whatever_changed_in_a_step_is_told_or_it_could_not_be_published(
    field: str, value: object
) -> None:
    (told,) = changes(INCIDENT, with_step(ACTING.id, **{field: value}))
    assert told.details


def test_every_field_of_a_step_is_tried() -> None:
    assert {field.name for field in fields(Step)} == {"id", *OTHERWISE}


def test_steps_that_came_and_went_are_told() -> None:
    first, second, *rest = INCIDENT.steps
    after = replace(INCIDENT, steps=(second, replace(first, id=StepId("new")), *rest))
    told = [(change.kind, change.part) for change in changes(INCIDENT, after)]
    assert (ChangeKind.ADDED, f"Step “{first.title}”") in told
    assert (ChangeKind.REMOVED, f"Step “{first.title}”") in told


@pytest.mark.parametrize(
    "changed",
    [
        {"action": ActionKind.WEBHOOK},
        {"fields": {"text": "something else"}},
        {"mode": StepMode.MANUAL},
    ],
)
def test_another_action_does_not_inherit_a_permission(changed: dict[str, object]) -> None:
    assert lost_switches(INCIDENT, with_step(ACTING.id, **changed)) == (ACTING.id,)


def test_a_step_that_is_gone_loses_its_permission() -> None:
    after = replace(INCIDENT, steps=tuple(s for s in INCIDENT.steps if s.id != ACTING.id))
    assert lost_switches(INCIDENT, after) == (ACTING.id,)


def test_other_words_keep_the_permission() -> None:
    assert lost_switches(INCIDENT, with_step(ACTING.id, title="x", approvers=("U1",))) == ()
