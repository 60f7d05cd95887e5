"""A message's text as people read it."""

import pytest

from livesop_bot.domain.message_text import as_read, mentioned


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("a &lt; b &amp;&amp; c &amp;lt;", "a < b && c &lt;"),
        ("<@U1|ada> <@U2> <#C1|support> <#C2>", "@ada @U2 #support #C2"),
        ("<!here> <!subteam^S1|@team> <!subteam^S1>", "@here @team @subteam"),
        ("<https://x.example/?a=1&amp;b=2>", "https://x.example/?a=1&b=2"),
        ("<https://x.example|https://x.example>", "https://x.example"),
        ("<https://x.example|the page>", "the page (https://x.example)"),
        ("<mailto:a@b.example|a@b.example>", "a@b.example"),
        ("<!date^1^{date}|noon> < <> >", "noon < <> >"),
        ("{{ sop.title }} <", "{{ sop.title }} <"),
    ],
)
def test_marks_are_read_as_people_read_them(written: str, read: str) -> None:
    assert as_read(written) == read


def test_people_are_named_who_are_mentioned_by_their_ids_alone() -> None:
    text = "<@U1> and <@U2|bob>, not <@U3> &lt;@U4&gt;, in <#C1>"
    assert list(mentioned(text)) == ["U1", "U3"]
    assert as_read(text, {"U1": "ada"}) == "@ada and @bob, not @U3 <@U4>, in #C1"
