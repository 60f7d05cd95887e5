"""The papers stay true where that is cheap to see: links, files, verbs and commands that they name.

Settings, metrics, log events and the SOP guide have tests of their own.
"""

import re
from pathlib import Path

import pytest
import typer

from livesop_bot.app.process import CONNECTIONS, INTAKE_CONNECTIONS
from livesop_bot.cli import cli
from livesop_bot.views import commands
from livesop_bot.views.words import NAMES

ROOT = Path(__file__).parents[2]
PAPERS = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *ROOT.glob("deploy/*"))
}
README = PAPERS["README.md"]

FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
INDENTED = re.compile(r"(?:^ {4}.*\n)+", re.MULTILINE)
SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^)\s]+)\)")


def prose(text: str) -> str:
    """The text without code, in which a bracket is no link and a # no heading."""
    return SPAN.sub("", FENCED.sub("", text))


def code(text: str) -> str:
    """What is to be typed: code spans and code blocks."""
    blocks = FENCED.findall(text)
    rest = FENCED.sub("", text)
    return "\n".join([*blocks, *INDENTED.findall(rest), *SPAN.findall(INDENTED.sub("", rest))])


def anchors(text: str) -> set[str]:
    """What a link's #part may be: the headings, as they are written in addresses."""
    headings = re.findall(r"^#+ (.+)$", FENCED.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def named(app: typer.Typer) -> set[str]:
    """The commands of an app, as they are typed."""
    return {
        info.name or str(getattr(info.callback, "__name__", None))
        for info in app.registered_commands
    }


COMMANDS: dict[str, set[str]] = {name: set() for name in named(cli)} | {
    str(group.name): named(group.typer_instance)
    for group in cli.registered_groups
    if group.typer_instance is not None
}
"""The command line's words, each with those that may follow."""

TAKEN = {
    "run": CONNECTIONS + INTAKE_CONNECTIONS,
    "run --role ingest": CONNECTIONS + INTAKE_CONNECTIONS,
    "run --role worker": CONNECTIONS,
}
"""Connections to PostgreSQL that a process takes at most."""

LINKS = [
    (paper, target)
    for paper, text in PAPERS.items()
    for target in LINK.findall(prose(text))
    if "://" not in target
]


@pytest.mark.parametrize(("paper", "target"), LINKS)
def test_a_link_leads_somewhere(paper: str, target: str) -> None:
    path, _, part = target.partition("#")
    found = (ROOT / paper).parent / path if path else ROOT / paper
    assert found.exists()
    assert not part or part in anchors(found.read_text(encoding="utf-8"))


@pytest.mark.parametrize(("process", "connections"), TAKEN.items())
def test_a_process_takes_no_more_connections_than_is_said(process: str, connections: int) -> None:
    assert f"| `{process}` | {connections} |" in PAPERS["docs/production.md"]
    assert f"up to {max(TAKEN.values())} connections" in PAPERS["docs/configuration.md"]


def test_the_papers_have_links_and_the_readme_leads_to_every_guide() -> None:
    linked = {target for paper, target in LINKS if paper == "README.md"}
    guides = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs").glob("*.md")}
    assert guides
    assert guides <= linked


@pytest.mark.parametrize("paper", PAPERS)
def test_python_files_that_are_named_exist(paper: str) -> None:
    names = [name for name in SPAN.findall(PAPERS[paper]) if re.fullmatch(r"[\w/*]+\.py", name)]
    places = (ROOT / "livesop_bot", ROOT, *(ROOT / "livesop_bot").glob("*/"))
    folders = [*places, ROOT / "livesop_bot/slack/listeners"]
    assert [name for name in names if not any(any(at.glob(name)) for at in folders)] == []


@pytest.mark.parametrize("paper", PAPERS)
def test_make_verbs_that_are_named_exist(paper: str) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    verbs = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))
    assert set(re.findall(r"^\s*make ([a-z-]+)", code(PAPERS[paper]), re.MULTILINE)) <= verbs


def test_the_readme_names_both_make_verbs_of_a_newcomer() -> None:
    assert {"run", "test"} <= set(re.findall(r"^\s*make ([a-z-]+)", code(README), re.MULTILINE))


@pytest.mark.parametrize("paper", PAPERS)
def test_commands_that_are_named_exist(paper: str) -> None:
    text = PAPERS[paper] if paper.startswith("deploy/") else code(PAPERS[paper])
    for first, second in re.findall(r"(?:^|[\s`]|bin/)livesop ([a-z][a-z-]*)(?: ([a-z]+))?", text):
        assert first in COMMANDS
        assert not COMMANDS[first] or not second or second in COMMANDS[first]


def test_the_readme_names_every_word_that_slack_users_have_and_no_other() -> None:
    words = set(re.findall(r"/livesop ([a-z]+)", "\n".join(SPAN.findall(README))))
    assert words == set(NAMES)
    shown = str(commands.help_().blocks)
    assert {word for word in words if f"/livesop {word}" in shown} == words
