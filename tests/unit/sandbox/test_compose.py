"""What a person types, as the app reads it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesop_bot.sandbox.compose import as_slack_text
from livesop_bot.sandbox.demo import ADA, SUPPORT, demo_workspace
from livesop_bot.sandbox.workspace import Workspace


@pytest.mark.parametrize(
    ("typed", "sent"),
    [
        ("plain words", "plain words"),
        ("a < b & c > d", "a &lt; b &amp; c &gt; d"),
        ("@ada look", f"<@{ADA}> look"),
        ("ask @livesop.", "ask <@U0LIVESOP1>."),
        ("mail me@ada.example", "mail me@ada.example"),
        ("@nobody", "@nobody"),
        ("see #support", f"see <#{SUPPORT}|support>"),
        ("issue #12", "issue #12"),
        ("@Ada (admin), @LIVESOP, look", f"<@{ADA}>, <@U0LIVESOP1>, look"),
        ("@adam, @ada-b, #supporters", "@adam, @ada-b, #supporters"),
        ("@here and <!here>", "<!here> and &lt;!here&gt;"),
        ("`@ada` and @ada", f"`@ada` and <@{ADA}>"),
        ("```\n@ada < #support\n```", "```\n@ada &lt; #support\n```"),
        ("`curl https://example.com/`", "`curl <https://example.com/>`"),
        ("https://example.com/a|b", "<https://example.com/a%7Cb>"),
        ("<script>", "&lt;script&gt;"),
        ("see https://example.com/a?b=1&c=2.", "see <https://example.com/a?b=1&amp;c=2>."),
        ("https://example.com/@ada", "<https://example.com/@ada>"),
    ],
)
def test_typed_text_is_escaped_and_linked(workspace: Workspace, typed: str, sent: str) -> None:
    assert as_slack_text(typed, workspace) == sent


WORKSPACE = demo_workspace()


@given(st.text(alphabet="<>&@#!|`adU0C/:.h tps", max_size=40))
def test_no_bare_angle_bracket_is_left(typed: str) -> None:
    sent = as_slack_text(typed, WORKSPACE)
    assert sent.count("<") == sent.count(">")
    assert "<<" not in sent
