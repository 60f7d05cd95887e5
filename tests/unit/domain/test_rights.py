"""Rights: each role may what the one before may; nobody is more than what is known of them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesop_bot.domain.rights import Right, Role, Standing, may, needed, role_of

MEMBER = Standing(is_member=True)
GUEST = Standing(is_member=True, is_guest=True)
ADMIN = Standing(is_member=True, is_admin=True)
LEFT = Standing(is_admin=True)
BOT = Standing(is_member=True, is_admin=True, is_bot=True)


@pytest.mark.parametrize(
    ("standing", "listed_admin", "listed_operator", "role"),
    [
        (MEMBER, False, None, Role.OPERATOR),
        (MEMBER, False, False, Role.VIEWER),
        (MEMBER, False, True, Role.OPERATOR),
        (MEMBER, True, False, Role.ADMIN),
        (GUEST, False, None, Role.VIEWER),
        (GUEST, False, True, Role.OPERATOR),
        (ADMIN, False, False, Role.ADMIN),
        (LEFT, False, None, Role.VIEWER),
        (Standing(), False, None, Role.VIEWER),
        (BOT, True, True, Role.VIEWER),
    ],
)
def test_a_role_follows_from_slack_and_the_lists(
    standing: Standing, listed_admin: bool, listed_operator: bool | None, role: Role
) -> None:
    found = role_of(standing, listed_admin=listed_admin, listed_operator=listed_operator)
    assert found is role


@pytest.mark.parametrize("right", Right)
def test_a_viewer_only_looks_and_an_admin_may_everything(right: Right) -> None:
    assert not may(Role.VIEWER, right)
    assert may(Role.ADMIN, right)
    assert may(needed(right), right)


def test_operators_work_and_admins_make_the_rules() -> None:
    rights = {right for right in Right if may(Role.OPERATOR, right)}
    assert rights == {Right.APPROVE, Right.VERDICT, Right.REPLAY, Right.EDIT}


@given(
    st.builds(
        Standing,
        is_member=st.booleans(),
        is_guest=st.booleans(),
        is_admin=st.booleans(),
        is_bot=st.booleans(),
    ),
    st.booleans(),
    st.none() | st.booleans(),
)
def test_who_is_not_known_and_not_listed_only_looks(
    standing: Standing, listed_admin: bool, listed_operator: bool | None
) -> None:
    role = role_of(standing, listed_admin=listed_admin, listed_operator=listed_operator)
    if not standing.is_member and not listed_admin and listed_operator is not True:
        assert role is Role.VIEWER
