"""The named queries: what a file may look like, and that none is forgotten."""

from pathlib import Path

import pytest

import livesop_bot
from livesop_bot.db.queries import load, parse, queries, sql


def test_a_file_is_taken_apart_into_blocks() -> None:
    text = (
        "-- About teams.\n\n-- name: a\n-- Does a. $1: id.\nSELECT 1\n-- why\n;\n\n"
        "-- name: b2\n-- Does b.\nSELECT 2;\n"
    )
    found = [(query.name, query.purpose, query.text) for query in parse(text, "teams.sql")]
    assert found == [
        ("a", "Does a. $1: id.", "SELECT 1\n-- why\n;"),
        ("b2", "Does b.", "SELECT 2;"),
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("SELECT 0;\n-- name: a\n-- Does a.\nSELECT 1;", "before the first"),
        ("-- name: a\nSELECT 1;", "a needs a comment line"),
        ("-- name: a\n-- \nSELECT 1;", "a needs a comment line"),
        ("-- name: a\n-- Does a.\n\n-- name: b\n-- Does b.\nSELECT 1;", "a has no statement"),
    ],
)
def test_a_malformed_file_is_refused_by_name(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=rf"teams\.sql: .*{complaint}"):
        list(parse(text, "teams.sql"))


def test_a_name_given_twice_is_refused(tmp_path: Path) -> None:
    for name in ("one.sql", "two.sql"):
        (tmp_path / name).write_text("-- name: a\n-- Does a.\nSELECT 1;\n")
    with pytest.raises(ValueError, match=r"two\.sql: a second query named a"):
        load(tmp_path)


def test_an_unknown_name_lists_those_that_exist() -> None:
    with pytest.raises(KeyError, match=r"no query 'no_such'.*ping"):
        sql("no_such")


def test_the_text_of_a_query_is_found_by_name() -> None:
    assert sql("ping") == "SELECT current_setting('transaction_read_only')::boolean;"


@pytest.mark.parametrize("name", queries())
def test_every_query_is_used(name: str) -> None:
    package = Path(livesop_bot.__file__).parent
    assert any(f'"{name}"' in path.read_text() for path in package.rglob("*.py"))
