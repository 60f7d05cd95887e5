"""Only a link to a message is read as one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesop_bot.domain.signals import ChannelId, MessageTs
from livesop_bot.slack.ingest import permalink
from livesop_bot.slack.listeners.message_link import parse

FOUND = ("C012AB3CD", "1700000000.000100")
URL = "https://acme.slack.com/archives/C012AB3CD/p1700000000000100"


@pytest.mark.parametrize(
    "text",
    [
        URL,
        f"  {URL}  ",
        f"<{URL}>",
        f"<{URL}|this message>",
        f"{URL}/",
        f"{URL}?thread_ts=1699999999.000200&cid=C012AB3CD",
        f"<{URL}?thread_ts=1699999999.000200&amp;cid=C012AB3CD>",
        "https://acme.enterprise.slack.com/archives/C012AB3CD/p1700000000000100",
        "http://127.0.0.1:8090/archives/C012AB3CD/p1700000000000100",
    ],
)
def test_a_message_link_is_read(text: str) -> None:
    assert parse(text) == FOUND


@pytest.mark.parametrize(
    "text",
    [
        "",
        "why",
        "C012AB3CD p1700000000000100",
        "https://acme.slack.com/archives/C012AB3CD",
        "https://acme.slack.com/archives/C012AB3CD/p17000000000001",
        "https://acme.slack.com/archives/C012AB3CD/p17000000000001000",
        "https://acme.slack.com/archives/c012ab3cd/p1700000000000100",
        "https://acme.slack.com/archives/U012AB3CD/p1700000000000100",
        "https://acme.slack.com/archives/C012AB3CD/p١٧٠٠٠٠٠٠٠٠٠٠٠١٠٠",
        "ftp://acme.slack.com/archives/C012AB3CD/p1700000000000100",
        f"{URL} and more",
        f"see {URL}",
        f"<{URL}",
        f"{URL}>",
        f"{URL}#fragment",
        f"{URL}\n{URL}",
    ],
)
def test_anything_else_is_not(text: str) -> None:
    assert parse(text) is None


@given(
    st.from_regex(r"[CDG][A-Z0-9]{8,10}", fullmatch=True),
    st.integers(10**9, 10**10 - 1),
    st.integers(0, 999_999),
    st.booleans(),
)
def test_every_permalink_that_livesop_builds_is_read(
    channel: str, seconds: int, micros: int, reply: bool
) -> None:
    ts = MessageTs(f"{seconds}.{micros:06}")
    root = MessageTs("1700000000.000001") if reply else None
    url = permalink("https://acme.slack.com/", ChannelId(channel), ts, root)
    assert parse(url) == (channel, ts)


@given(st.text())
def test_no_text_is_too_strange(text: str) -> None:
    assert parse(text) is None
