"""The guide: which step is shown, in Home and in a message, and to whom."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livesop_bot.domain.guide import Guide, GuideStep, Shown
from livesop_bot.domain.signals import TeamId
from livesop_bot.domain.workflows import (
    ActionKind,
    Step,
    StepId,
    StepKind,
    StepMode,
    Trigger,
    Workflow,
    WorkflowDefinition,
    WorkflowId,
)
from livesop_bot.views.blocks import Block
from livesop_bot.views.home import guide as view
from livesop_bot.views.home.tabs import HomeState, home
from livesop_bot.views.lint import violations
from tests.unit.views.test_autonomy import NASTY

CHANNELS, SOPS, TEST, SWITCH = GuideStep


def sop(number: int = 1, title: str = "Bug report", mode: StepMode = StepMode.AUTO) -> Workflow:
    kinds = (ActionKind.JIRA_ISSUE, ActionKind.SLACK_MESSAGE)
    steps = tuple(
        Step(id=StepId(kind), title=f"{title} {kind}", kind=StepKind.ACTION, mode=mode, action=kind)
        for kind in kinds
    )
    return Workflow(
        id=WorkflowId(number),
        team=TeamId("T1"),
        version=1,
        definition=WorkflowDefinition(
            slug=f"sop-{number}", title=title, trigger=Trigger(description="x"), steps=steps
        ),
    )


def guide(*done: GuideStep, shown: Shown = Shown.WHOLE) -> Guide:
    return Guide(done=frozenset(done), shown=shown)


def pressable(blocks: Sequence[Block]) -> list[str]:
    found = [block["accessory"]["action_id"] for block in blocks if "accessory" in block]
    rows = [block["elements"] for block in blocks if block["type"] == "actions"]
    return found + [element["action_id"] for row in rows for element in row]


@pytest.mark.parametrize(
    ("done", "title", "buttons"),
    [
        ((), "step 1 of 4", ["guide_channels", "guide_join", "guide_later"]),
        ((CHANNELS,), "step 2 of 4", ["guide_sops", "guide_later"]),
        ((CHANNELS, SOPS), "step 3 of 4", ["guide_try", "guide_again", "guide_later"]),
        ((CHANNELS, SOPS, TEST), "step 4 of 4", ["guide_step", "guide_switch", "guide_later"]),
        ((SOPS, SWITCH), "step 1 of 4", ["guide_channels", "guide_join", "guide_later"]),
        ((CHANNELS, TEST, SWITCH), "step 2 of 4", ["guide_sops", "guide_later"]),
    ],
)
def test_the_first_step_that_is_not_done_is_shown(
    done: Sequence[GuideStep], title: str, buttons: list[str]
) -> None:
    blocks = view.guide_blocks(guide(*done), [sop()], is_admin=True)
    assert title in blocks[0]["text"]["text"]
    assert pressable(blocks) == buttons
    in_message = view.guide_blocks(guide(*done), [sop()], is_admin=True, in_message=True)
    assert pressable(in_message) == buttons[:-1], "a message stays where it is"


def test_what_is_done_is_ticked_off() -> None:
    blocks = view.guide_blocks(guide(CHANNELS, TEST), [sop()], is_admin=True)
    text = blocks[1]["text"]["text"]
    assert text.splitlines() == [
        "✅  Pick channels",
        "👉  *Look at your SOPs*",
        "✅  Send a test message",
        "▫️  Switch one step on",
    ]


def test_it_can_be_left_and_resumed_and_hidden() -> None:
    later = view.guide_blocks(guide(CHANNELS, shown=Shown.LATER), [sop()], is_admin=True)
    assert pressable(later) == ["guide_resume", "guide_never"]
    assert "step 2 of 4" in later[0]["elements"][0]["text"]["text"]
    assert view.guide_blocks(guide(shown=Shown.NEVER), [sop()], is_admin=True) == []
    in_message = view.guide_blocks(
        guide(shown=Shown.NEVER), [sop()], is_admin=True, in_message=True
    )
    assert pressable(in_message) == ["guide_channels", "guide_join"]


def test_it_is_gone_when_all_is_done_but_for_the_word_on_the_last_press() -> None:
    assert view.guide_blocks(guide(*GuideStep), [sop()], is_admin=True) == []
    (said,) = view.guide_blocks(guide(*GuideStep), [sop()], is_admin=True, notice="done")
    assert said["type"] == "context"


def test_only_admins_pick_channels_and_switch_on() -> None:
    for done in ((), (CHANNELS, SOPS, TEST)):
        blocks = view.guide_blocks(guide(*done), [sop()], is_admin=False)
        assert pressable(blocks) == ["guide_later"]
        assert "admin" in str(blocks)


def test_the_least_harmful_step_is_offered_first() -> None:
    found = view.candidates([sop(1), sop(2), sop(3, mode=StepMode.APPROVE)])
    assert [one.value for one in found] == [
        "sop-1/slack_message",
        "sop-2/slack_message",
        "sop-1/jira_issue",
        "sop-2/jira_issue",
    ]


def test_a_team_without_an_automatic_step_is_told_what_to_do() -> None:
    blocks = view.guide_blocks(
        guide(CHANNELS, SOPS, TEST), [sop(mode=StepMode.APPROVE)], is_admin=True
    )
    assert "set a step to automatic" in str(blocks)
    assert pressable(blocks) == ["guide_later"]


def test_what_slack_refused_is_told_in_words() -> None:
    refused = {
        "C1": "missing_scope",
        "C2": "is_archived",
        "C3": "channel_not_found",
        "C4": "away",
    }
    text = view.joined(["C5"], refused)
    assert "Joined <#C5>" in text
    assert "may not join channels" in text
    assert "archived" in text
    assert "private" in text
    assert "`away`" in text


@settings(max_examples=60)
@given(
    done=st.sets(st.sampled_from(list(GuideStep))),
    title=st.one_of(st.just(NASTY), st.text(min_size=1, max_size=3_000)),
    count=st.sampled_from([0, 1, 1_000]),
    is_admin=st.booleans(),
    shown=st.sampled_from(list(Shown)),
    notice=st.sampled_from(["", "x" * 5_000]),
)
def test_whatever_a_team_is_like_the_guide_is_sound(
    done: set[GuideStep], title: str, count: int, is_admin: bool, shown: Shown, notice: str
) -> None:
    workflows = [replace(sop(title=title), id=WorkflowId(number)) for number in range(count)]
    found = guide(*done, shown=shown)
    blocks = view.guide_blocks(found, workflows, is_admin=is_admin, notice=notice)
    assert violations(home(HomeState(), blocks)) == []
    message = view.greeting(found, workflows, is_admin=is_admin, notice=notice)
    assert violations(message.payload()) == []
    sections = [one["text"]["text"] for one in blocks if one["type"] == "section"]
    assert "<!channel>" not in "".join(sections)
