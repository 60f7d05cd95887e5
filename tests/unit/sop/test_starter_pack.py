"""The starter pack: what a new team begins with, and what it may not do by itself."""

import zipfile
from importlib.resources import files
from itertools import combinations
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

from livesop_bot.domain.workflows import StepKind, WorkflowDefinition
from livesop_bot.evaluation.words import stems
from livesop_bot.sop.document import dump, parse
from livesop_bot.sop.starter_pack import starter_pack

PACK = starter_pack()


def test_it_brings_the_five_sops_that_most_teams_have() -> None:
    assert [sop.slug for sop in PACK] == [
        "access-request",
        "bug-report",
        "incident",
        "refund-request",
        "tier-3-escalation",
    ]


@pytest.mark.parametrize("sop", PACK, ids=lambda sop: sop.slug)
def test_each_is_whole(sop: WorkflowDefinition) -> None:
    assert sop.summary
    assert 4 <= len(sop.steps) <= 6
    assert {step.kind for step in sop.steps} == set(StepKind)
    assert 8 <= len(sop.trigger.examples) <= 13
    assert sop.trigger.keywords
    assert sop.trigger.channels == ()
    assert all(step.fields for step in sop.acting_steps)
    assert parse(dump([sop]), "again") == (sop,)


def test_no_example_speaks_for_two() -> None:
    for one, other in combinations(PACK, 2):
        assert not set(one.trigger.examples) & set(other.trigger.examples)


@pytest.mark.parametrize("sop", PACK, ids=lambda sop: sop.slug)
def test_no_keyword_is_another_form_of_one_before(sop: WorkflowDefinition) -> None:
    """Both would be named as reasons, for one word of the message."""
    forms = [tuple(stems(keyword)) for keyword in sop.trigger.keywords]
    assert len(set(forms)) == len(forms)


def test_its_documents_travel_in_the_wheel(tmp_path: Path) -> None:
    root = Path(str(files("livesop_bot"))).parent
    (wheel,) = WheelBuilder(str(root)).build(directory=str(tmp_path), versions=["standard"])
    names = zipfile.ZipFile(wheel).namelist()
    for sop in PACK:
        assert f"livesop_bot/sop/starter/{sop.slug}.yaml" in names
