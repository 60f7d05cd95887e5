"""The answers to `/livesop` say what is, what was done, and what to do."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesop_bot.domain.decisions import Scope
from livesop_bot.domain.waiting import WaitingCount
from livesop_bot.domain.workflows import Workflow
from livesop_bot.views import autopilot, commands
from livesop_bot.views.blocks import Message
from livesop_bot.views.health import HomeHealth
from livesop_bot.views.lint import violations
from livesop_bot.views.words import NAMES


@pytest.mark.parametrize(
    ("word", "answer"),
    [
        ("statsu", "LiveSOP does not know `statsu`. Did you mean `/livesop stats`?"),
        ("AUTOPILT", "LiveSOP does not know `AUTOPILT`. Did you mean `/livesop autopilot`?"),
        ("xyzzy", "LiveSOP does not know `xyzzy`. `/livesop help` lists what there is."),
        (
            "<!channel>`",
            "LiveSOP does not know `&lt;!channel&gt;`. `/livesop help` lists what there is.",
        ),
    ],
)
def test_an_unknown_word_gets_the_nearest_command(word: str, answer: str) -> None:
    assert commands.unknown(word).text == answer


def test_help_names_every_command() -> None:
    shown = str(commands.help_().blocks)
    assert all(f"/livesop {word}" in shown for word in NAMES)


def test_an_unknown_sop_gets_the_nearest_one_and_the_list(workflow: Workflow) -> None:
    assert commands.unknown_sop("tier3-escalation", [workflow]).text == (
        "There is no SOP named `tier3-escalation`. Did you mean `tier-3-escalation`? "
        "There are: `tier-3-escalation`."
    )
    assert "*New SOP* in LiveSOP's Home" in commands.unknown_sop("x", []).text


def test_an_unknown_step_gets_the_steps_of_its_sop(workflow: Workflow) -> None:
    assert commands.unknown_step("tel", workflow).text == (
        "There is no step of *Tier-3 escalation* named `tel`. Did you mean `tell`? "
        "There are: `facts`, `critical`, `page`, `tell`."
    )


def test_switching_an_sop_on_says_what_else_is_off(workflow: Workflow) -> None:
    assert autopilot.switched(is_on=True, workflow=workflow, team_on=False).text == (
        "Auto-Pilot is now *on* for *Tier-3 escalation*. To start by itself it needs its automatic "
        "step on, too: `/livesop autopilot on tier-3-escalation tell`. Auto-Pilot is still off for "
        "the team: `/livesop autopilot on`."
    )


def test_an_sop_whose_steps_all_wait_for_approval_is_not_said_to_start(workflow: Workflow) -> None:
    definition = replace(workflow.definition, steps=workflow.definition.steps[:3])
    shown = autopilot.switched(is_on=True, workflow=replace(workflow, definition=definition)).text
    assert shown.endswith("None of its steps may run by itself, so it is only proposed.")


def test_switching_a_step_off_is_confirmed(workflow: Workflow) -> None:
    step = workflow.definition.steps[3]
    assert autopilot.switched(is_on=False, workflow=workflow, step=step).text == (
        "Auto-Pilot is now *off* for *Tell the channel* of *Tier-3 escalation*."
    )


def test_a_step_that_never_runs_by_itself_has_nothing_to_switch_on(workflow: Workflow) -> None:
    facts, _, page, _ = workflow.definition.steps
    assert "is done by hand" in autopilot.never_automatic(facts, workflow).text
    assert "is done after approval" in autopilot.never_automatic(page, workflow).text


def test_the_overview_shows_each_sop_and_the_steps_that_are_on(workflow: Workflow) -> None:
    on = {(Scope.WORKFLOW, "tier-3-escalation"), (Scope.STEP, "tier-3-escalation/tell")}
    shown = autopilot.overview(is_on=True, workflows=[workflow], on=on).blocks[1]["text"]["text"]
    assert shown == "`tier-3-escalation`  Tier-3 escalation: *on*, with `tell`"
    on = {(Scope.WORKFLOW, "tier-3-escalation")}
    shown = autopilot.overview(is_on=True, workflows=[workflow], on=on).blocks[1]["text"]["text"]
    assert shown.endswith("*on*, but none of its steps is, so it is only proposed")
    shown = autopilot.overview(is_on=True, workflows=[workflow], on=()).blocks[1]["text"]["text"]
    assert shown == "`tier-3-escalation`  Tier-3 escalation: off"


def test_a_mistyped_switch_gets_a_suggestion() -> None:
    assert "is not a switch. Did you mean `off`?" in autopilot.usage("of").text


def test_nothing_is_claimed_of_a_switch_that_the_database_did_not_confirm() -> None:
    assert "*not confirmed*" in commands.not_confirmed().text
    assert "nothing was changed" not in commands.not_confirmed().text


def _plain_answers(health: HomeHealth) -> Sequence[Message]:
    return [
        commands.help_(),
        commands.status(autopilot=True, health=health, waiting=WaitingCount()),
        commands.status(autopilot=False, health=health, waiting=WaitingCount(proposals=1)),
        commands.health(health),
        commands.learn_comes_later(),
        commands.replay_usage(),
        commands.slack_away(),
        commands.database_away(),
        commands.not_confirmed(),
        commands.went_wrong(),
        autopilot.switched(is_on=True),
        autopilot.switched(is_on=False),
    ]


def test_slack_takes_the_plain_answers(health: HomeHealth) -> None:
    assert [violations(answer.payload()) for answer in _plain_answers(health)] == [[]] * 12


@given(data=st.data())
def test_slack_takes_any_answer(
    workflows: st.SearchStrategy[Workflow],
    texts: st.SearchStrategy[str],
    mentions: Callable[[object], list[str]],
    data: st.DataObject,
) -> None:
    workflow, text = data.draw(workflows), data.draw(texts)
    many = [workflow] * data.draw(st.sampled_from([0, 1, 3, 200]))
    steps = [replace(step) for step in workflow.definition.steps]
    on = {(Scope.STEP, f"{workflow.slug}/{step.id}") for step in steps}
    answers = [
        commands.unknown(text),
        commands.not_a_number("feed", text, 20),
        autopilot.usage(text),
        commands.unknown_sop(text, many),
        commands.unknown_step(text, workflow),
        autopilot.overview(is_on=True, workflows=many, on=on),
        autopilot.switched(is_on=True, workflow=workflow, team_on=False),
        *(autopilot.switched(is_on=True, workflow=workflow, step=step) for step in steps[:1]),
        *(autopilot.never_automatic(step, workflow) for step in steps[:1]),
    ]
    for answer in answers:
        assert violations(answer.payload()) == []
        assert mentions(answer.payload()) == []
