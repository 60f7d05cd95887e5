"""Links to messages, as Slack's “Copy link” gives them."""

import re

from livesop_bot.domain.signals import ChannelId, MessageTs

_LINK = re.compile(
    r"https?://[a-z0-9.-]+(?::[0-9]+)?/archives/(?P<channel>[CDG][A-Z0-9]{1,30})"
    r"/p(?P<seconds>[0-9]{10})(?P<micros>[0-9]{6})/?(?:\?[^\s<>|]*)?",
    re.ASCII,
)
_WRAPPED = re.compile(r"<(?P<url>[^<>|]+)(?:\|[^<>]*)?>")


def parse(text: str) -> tuple[ChannelId, MessageTs] | None:
    """Read channel and ts from a link, bare or as Slack wraps it (`<url>`, `<url|label>`).

    None: it is no link to a message, or there is more than the link.
    """
    text = text.strip()
    if wrapped := _WRAPPED.fullmatch(text):
        text = wrapped["url"]
    found = _LINK.fullmatch(text)
    if found is None:
        return None
    return ChannelId(found["channel"]), MessageTs(f"{found['seconds']}.{found['micros']}")
