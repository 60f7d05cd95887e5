"""A command's text, read into words; and the table of words, the same everywhere."""

import re
from pathlib import Path

import pytest

from livesop_bot.slack.listeners.commands.asked import Asked
from livesop_bot.slack.listeners.commands.dispatch import WORDS
from livesop_bot.views.words import GROUPS, NAMES

README = Path(__file__).parents[4] / "README.md"


@pytest.mark.parametrize(
    ("text", "word", "rest"),
    [
        ("", "", ""),
        ("   ", "", ""),
        (None, "", ""),
        ("STATUS", "status", ""),
        ("autopilot  off Refund-Request", "autopilot", "off Refund-Request"),
        ("test two\nlines  ", "test", "two\nlines"),
    ],
)
def test_the_first_word_is_the_command(text: str | None, word: str, rest: str) -> None:
    body = {"team_id": "T1", "user_id": "U1", "channel_id": "C1", "text": text}
    asked = Asked.of(body)
    assert (asked.word, asked.rest) == (word, rest)
    assert (asked.team, asked.user, asked.channel) == ("T1", "U1", "C1")


def test_a_button_stands_for_a_command_where_it_is_pressed() -> None:
    body = {
        "team": {"id": "T1"},
        "user": {"id": "U1"},
        "channel": {"id": "C1"},
        "trigger_id": "1.2",
        "actions": [{"action_id": "command:2", "value": "autopilot off"}],
    }
    asked = Asked.pressed(body)
    assert (asked.word, asked.rest, asked.channel) == ("autopilot", "off", "C1")


def test_every_word_of_the_help_is_answered_and_no_other_but_what_is_not_told() -> None:
    assert set(WORDS) - set(NAMES) == {"", "learn"}
    assert set(NAMES) <= set(WORDS)


def test_the_readme_lists_the_words_of_the_help() -> None:
    rows = dict(re.findall(r"^\| `/livesop ?(.*?)` \| (.*) \|$", README.read_text(), re.MULTILINE))
    told = {
        " ".join(filter(None, (word.name, word.follows))).replace("|", "\\|"): word.does
        for _, words in GROUPS
        for word in words
    }
    assert rows == told
