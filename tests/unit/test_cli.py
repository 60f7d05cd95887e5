"""The command line: what it says, where, and with which exit code."""

import json
import os
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
import yaml

from livesop_bot import cli
from livesop_bot.cli import main
from livesop_bot.errors import ConfigurationError, DatabaseAway, DatabaseRefused
from livesop_bot.settings import Settings
from livesop_bot.slack.manifest import manifest

COMMANDS = [
    ["run"],
    ["sandbox"],
    ["migrate"],
    ["replay", "7"],
    ["workflows", "list"],
    ["knowledge", "list"],
    ["workflows", "export"],
    ["workflows", "import", "sop.yaml"],
    ["audit", "verify"],
    ["audit", "list"],
    ["audit", "export"],
]


pytestmark = pytest.mark.usefixtures("bare_environment")


def livesop(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int:
    """Run the command line in this process and give its exit code."""
    monkeypatch.setattr(sys, "argv", ["livesop", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_help_lists_every_command_in_whole_sentences(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert livesop(monkeypatch, "--help") == 0
    out = capsys.readouterr().out
    assert "..." not in out.partition("Commands:")[2], "a text is too long for its line"
    listed = [
        line.split()[0] for line in out.partition("Commands:\n")[2].split("\n\n")[0].splitlines()
    ]
    assert listed == [
        "run",
        "sandbox",
        "doctor",
        "manifest",
        "migrate",
        "replay",
        "eval",
        "what-if",
        "version",
        "workflows",
        "knowledge",
        "audit",
    ]


def test_manifest_prints_yaml_or_json_and_needs_no_settings(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HEALTH_PORT", "x")
    assert livesop(monkeypatch, "manifest") == 0
    assert yaml.safe_load(capsys.readouterr().out) == manifest()
    assert livesop(monkeypatch, "manifest", "--json") == 0
    assert json.loads(capsys.readouterr().out) == manifest()


def test_version_is_the_installed_one(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert livesop(monkeypatch, "version") == 0
    assert capsys.readouterr().out.startswith("livesop-bot ")


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_wrong_setting_ends_every_command_with_2_and_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    assert livesop(monkeypatch, *command) == 2
    out, err = capsys.readouterr()
    assert out == ""
    [line] = err.splitlines()
    assert line.startswith("livesop: SLACK_APP_TOKEN: missing")


def test_the_doctor_tells_wrong_settings_as_its_finding(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("HEALTH_PORT", "x")
    monkeypatch.setenv("LOG_LEVEL", "x")
    assert livesop(monkeypatch, "doctor") == 1
    lines = capsys.readouterr().out.splitlines()
    assert sorted(line.split()[2] for line in lines) == ["HEALTH_PORT:", "LOG_LEVEL:"]
    assert all(line.startswith("fail  settings") for line in lines)


def test_a_role_needs_a_workspace(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert livesop(monkeypatch, "run", "--role", "worker") == 2
    assert capsys.readouterr().err.startswith("livesop: SLACK_BOT_TOKEN: missing; --role worker")


@pytest.mark.parametrize(
    "arguments",
    [
        ["run", "--role", "boss"],
        ["replay", "x"],
        ["replay", "9223372036854775808"],
        ["knowledge", "remove", "9223372036854775808"],
        ["audit", "list", "--last", "9223372036854775808"],
        ["replay", "7", "--version", "other"],
        ["replay"],
        ["sandbox", "--port", "0"],
        ["fly"],
    ],
    ids=" ".join,
)
def test_wrong_arguments_are_explained_with_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    assert livesop(monkeypatch, *arguments) == 2
    assert "Error: " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (ConfigurationError("HEALTH_PORT: taken"), 2, ["HEALTH_PORT: taken"]),
        (DatabaseAway("away"), 1, ["away; check that PostgreSQL runs, and DATABASE_URL"]),
        (
            ExceptionGroup("g", [ExceptionGroup("h", [ConfigurationError("A: x\nB: y")])]),
            2,
            ["A: x", "B: y"],
        ),
        (
            DatabaseRefused("PostgreSQL refused us: wrong password"),
            2,
            ["DATABASE_URL: PostgreSQL refused us: wrong password; see `livesop doctor`"],
        ),
        (
            asyncpg.UndefinedTableError('relation "teams" does not exist'),
            2,
            ["The database is not migrated; run `livesop migrate`."],
        ),
        (
            ConfigurationError("no route to postgresql://ada:secret@db"),
            2,
            ["no route to postgresql://ada:[masked: password]@db"],
        ),
    ],
)
def test_what_can_be_explained_is_said_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
    code: int,
    said: list[str],
) -> None:
    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(cli, "cli", fail)
    assert livesop(monkeypatch) == code
    assert capsys.readouterr().err.splitlines() == [f"livesop: {line}" for line in said]


@pytest.mark.parametrize(
    "error", [KeyError("x"), ExceptionGroup("g", [DatabaseAway("away"), KeyError("x")])]
)
def test_what_is_a_mistake_of_ours_keeps_its_traceback(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(cli, "cli", fail)
    with pytest.raises(type(error)):
        main()


@pytest.mark.parametrize(
    "start", [[str(Path(sys.executable).parent / "livesop")], [sys.executable, "-m", "livesop_bot"]]
)
def test_the_script_and_the_module_are_the_same_command_line(
    start: list[str], tmp_path: Path
) -> None:
    done = subprocess.run(
        [*start, "run"],
        cwd=tmp_path,
        env={**os.environ, "DATABASE_URL": "mysql://ada:secret@db/x"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        "livesop: DATABASE_URL: expected a URL such as "
        "postgresql://user:password@host:5432/livesop\n"
    )


def test_serving_loads_neither_openai_nor_sentry() -> None:
    """Both are heavy; `livesop run` has 150 MB and 3 s to start."""
    code = "import sys, livesop_bot.cli; print({'openai', 'sentry_sdk'} & sys.modules.keys())"
    out = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True
    )
    assert out.stdout == "set()\n"


def test_an_ipv6_health_host_is_told_as_browsers_take_it() -> None:
    told = cli._health_url(Settings(_env_file=None, health_host="::1"))
    assert told == "http://[::1]:8080/health"
