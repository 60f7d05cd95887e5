"""A command's text, read into words."""

import pytest

from livesop_bot.slack.listeners.commands import Asked


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ("help",)),
        ("   ", ("help",)),
        ("STATUS", ("status",)),
        ("autopilot  off Refund-Request", ("autopilot", "off", "Refund-Request")),
        (None, ("help",)),
    ],
)
def test_the_first_word_is_the_command(text: str | None, words: tuple[str, ...]) -> None:
    body = {"team_id": "T1", "user_id": "U1", "channel_id": "C1", "text": text}
    asked = Asked.of(body)
    assert asked.words == words
    assert (asked.team, asked.user, asked.channel) == ("T1", "U1", "C1")
