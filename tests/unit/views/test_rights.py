"""A refused press says who can do it, whatever their number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesop_bot.domain.rights import Right
from livesop_bot.views import rights
from livesop_bot.views.lint import violations


@pytest.mark.parametrize(
    ("right", "who", "said"),
    [
        (
            Right.SETTINGS,
            ("U1",),
            "Only admins can change LiveSOP's settings; nothing was changed. Please ask <@U1>.",
        ),
        (
            Right.APPROVE,
            ("S1", "U2", "U3"),
            (
                "Only operators can start an SOP or move it on; nothing was changed. "
                "Please ask <!subteam^S1>, <@U2> or <@U3>."
            ),
        ),
        (
            Right.APPROVE,
            (),
            (
                "Only members of this workspace who are no guests can start an SOP or move it on; "
                "nothing was changed."
            ),
        ),
        (
            Right.PUBLISH,
            (),
            (
                "Only admins can publish, resume, archive or restore an SOP; nothing was changed. "
                "Please ask an admin of this workspace."
            ),
        ),
    ],
)
def test_it_names_them(right: Right, who: tuple[str, ...], said: str) -> None:
    assert rights.refused(right, who).text == said


@given(st.sampled_from(Right), st.lists(st.text(max_size=300), max_size=5))
def test_slack_takes_every_refusal_in_a_thread_and_in_a_modal(right: Right, who: list[str]) -> None:
    for answer in (rights.refused(right, who), rights.nobody_knows(right)):
        assert not violations(answer.payload())
        assert not violations(rights.notice(answer))
        assert "<!channel>" not in answer.text
