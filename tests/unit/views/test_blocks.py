"""Text stays text, and fits."""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesop_bot.views import blocks


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("<!channel> fire", "&lt;!channel&gt; fire"),
        ("ask <@U123>", "ask &lt;@U123&gt;"),
        ("<https://bad.example|your bank>", "&lt;https://bad.example|your bank&gt;"),
        ("a & b", "a &amp; b"),
        ("&lt;!channel&gt;", "&amp;lt;!channel&amp;gt;"),
    ],
)
def test_nothing_that_people_wrote_becomes_markup(written: str, shown: str) -> None:
    assert blocks.escape(written) == shown


@given(st.text(), st.integers(1, 40))
def test_a_cut_never_leaves_half_an_entity(text: str, limit: int) -> None:
    cut = blocks.clip(blocks.escape(text), limit)
    assert len(cut) <= limit
    assert re.search(r"&(?!(?:amp|lt|gt);)", cut) is None


@given(st.integers(1, 60))
def test_a_cut_never_leaves_half_a_reference(limit: int) -> None:
    text = f"see {blocks.link('https://acme.slack.com/archives/C1/p1', 'the message')} there"
    cut = blocks.clip(text, limit)
    assert cut.count("<") == cut.count(">")


def test_a_text_that_fits_is_left_whole() -> None:
    assert blocks.clip("12345", 5) == "12345"
    assert blocks.clip("123456", 5) == "1234…"


@pytest.mark.parametrize("url", [None, "", "javascript:alert(1)", "https://a b", "https://x|y"])
def test_an_address_that_is_no_web_address_is_no_link(url: str | None) -> None:
    assert blocks.link(url, "open <it>") == "open &lt;it&gt;"


def test_a_link_keeps_its_query() -> None:
    url = "https://acme.slack.com/archives/C1/p1?thread_ts=1.2&cid=C1"
    assert blocks.link(url, "open") == (
        "<https://acme.slack.com/archives/C1/p1?thread_ts=1.2&amp;cid=C1|open>"
    )


def test_a_date_is_shown_in_the_readers_zone_with_a_fallback() -> None:
    moment = datetime(2026, 3, 4, 12, 30, tzinfo=UTC)
    assert blocks.date(moment) == (
        "<!date^1772627400^{date_short_pretty} {time}|2026-03-04 12:30 UTC>"
    )


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (0, "▱▱▱▱▱▱▱▱▱▱"),
        (0.001, "▰▱▱▱▱▱▱▱▱▱"),
        (0.72, "▰▰▰▰▰▰▰▱▱▱"),
        (0.999, "▰▰▰▰▰▰▰▰▰▱"),
        (1, "▰▰▰▰▰▰▰▰▰▰"),
    ],
)
def test_the_bar_is_full_only_when_it_is_sure(share: float, shown: str) -> None:
    assert blocks.bar(share) == shown


def test_a_quotation_is_at_most_three_lines() -> None:
    assert blocks.quote("one\n\n two  <b>\nthree\nfour") == "> one\n> two &lt;b&gt;\n> three …"


def test_a_message_never_unfurls_its_links() -> None:
    payload = blocks.message("hi", [blocks.section("hi")]).payload()
    assert payload["unfurl_links"] is False
    assert payload["unfurl_media"] is False


@pytest.mark.parametrize(
    ("id_", "shown"),
    [("C1", "<#C1>"), ("G1", "<#G1>"), ("D1", "a direct message"), ("<!here>", "&lt;!here&gt;")],
)
def test_a_channel_goes_by_its_name(id_: str, shown: str) -> None:
    assert blocks.channel(id_) == shown
