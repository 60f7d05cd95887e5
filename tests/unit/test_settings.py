"""Settings: every wrong value is named with what is expected, and no secret is repeated."""

import os
import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from livesop_bot.errors import ConfigurationError
from livesop_bot.settings import Settings, load_settings

ROOT = Path(__file__).parents[2]
NAMES = [name.upper() for name in Settings.model_fields]


pytestmark = pytest.mark.usefixtures("bare_environment")


WRONG = [
    ("SLACK_BOT_TOKEN", "xoxp-1-secret", "begins with xoxb-"),
    ("SLACK_APP_TOKEN", "secret", "begins with xapp-"),
    ("SLACK_APP_TOKEN", "xapp-secret…", "plain letters"),
    ("OPENAI_API_KEY", "“sk-secret”", "plain letters"),
    ("OPENAI_API_KEY", "sk-secret secret", "plain letters"),
    ("SLACK_API_URL", "slack.example", "https://example.com"),
    ("SLACK_API_URL", "ftp://slack.example", "https://example.com"),
    ("SLACK_API_URL", "http://", "https://example.com"),
    ("SLACK_API_URL", "http://host:port", "https://example.com"),
    ("SLACK_CONNECTIONS", "0", "greater than or equal to 1"),
    ("SLACK_CONNECTIONS", "11", "less than or equal to 10"),
    ("SLACK_CONNECTIONS", "two", "valid integer"),
    ("DATABASE_URL", "mysql://ada:secret@db/x", "postgresql://user:password@host:5432/livesop"),
    ("DATABASE_URL", "db.example", "postgresql://user:password@host:5432/livesop"),
    ("DATABASE_URL", "postgresql://ada:sec/ret@db/x", "postgresql://user:password@host"),
    ("DATABASE_URL", "postgresql://ada:secret@[db/x", "postgresql://user:password@host"),
    ("DATABASE_URL", "postgresql://ada:secret@one,two:54:32/x", "postgresql://user:password@host"),
    ("OPENAI_BASE_URL", "api.openai.com", "https://example.com"),
    ("LIVESOP_EVALUATOR", "gpt", "'auto', 'openai', 'local' or 'words'"),
    ("LIVESOP_EVALUATION_TIMEOUT", "0", "greater than 0"),
    ("LIVESOP_EVALUATION_TIMEOUT", "601", "less than or equal to 600"),
    ("LIVESOP_EVALUATION_TIMEOUT", "inf", "finite number"),
    ("LIVESOP_EVALUATION_TIMEOUT", "nan", "finite number"),
    ("LIVESOP_EVALUATION_TIMEOUT", "25 s", "valid number"),
    ("LIVESOP_AUTO_THRESHOLD", "1.1", "less than or equal to 1"),
    ("LIVESOP_AUTO_THRESHOLD", "90%", "valid number"),
    ("LIVESOP_PROPOSE_THRESHOLD", "-0.1", "greater than or equal to 0"),
    ("LIVESOP_PROPOSE_THRESHOLD", "0.95", "must not be above LIVESOP_AUTO_THRESHOLD (0.95 > 0.9)"),
    ("LIVESOP_ADMINS", "@ada", "commas between"),
    ("LIVESOP_ADMINS", "U1,,U2", "commas between"),
    ("LIVESOP_ALLOWED_BOTS", "a b", "commas between"),
    ("LIVESOP_EXTERNAL_CHANNELS", "perhaps", "valid boolean"),
    ("JIRA_BASE_URL", "site.atlassian.net", "https://example.com"),
    ("HEALTH_PORT", "0", "greater than or equal to 1"),
    ("HEALTH_PORT", "65536", "less than or equal to 65535"),
    ("SANDBOX_PORT", "http", "valid integer"),
    ("SENTRY_DSN", "sentry.example", "https://key@o0.ingest.sentry.io/1"),
    ("SENTRY_DSN", "https://sentry.example/1", "https://key@o0.ingest.sentry.io/1"),
    ("SENTRY_DSN", "https://secret@sentry.example/", "https://key@o0.ingest.sentry.io/1"),
    ("LOG_LEVEL", "loud", "'debug', 'info', 'warning' or 'error'"),
    ("LOG_FORMAT", "xml", "'json' or 'console'"),
    ("LIVESOP_DATA_DIR", "~no-such-user/livesop", "expected a folder"),
    ("LIVESOP_SPOOL_MAX_MB", "0", "greater than or equal to 1"),
]


@pytest.mark.parametrize(("name", "value", "expected"), WRONG)
def test_a_wrong_value_is_named_with_what_is_expected_and_not_repeated(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, expected: str
) -> None:
    if name.startswith("SLACK_") and name.endswith("_TOKEN"):
        monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
        monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-1")
    monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    [line] = str(caught.value).splitlines()
    assert line.startswith(f"{name}: ")
    assert expected in line
    assert "secret" not in line
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("there", "missing"),
    [("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN"), ("SLACK_APP_TOKEN", "SLACK_BOT_TOKEN")],
)
def test_half_of_the_slack_tokens_is_refused_naming_the_other_half(
    monkeypatch: pytest.MonkeyPatch, there: str, missing: str
) -> None:
    monkeypatch.setenv(there, "xoxb-1" if there == "SLACK_BOT_TOKEN" else "xapp-1")
    with pytest.raises(ConfigurationError, match=rf"^{missing}: missing, while {there} is set"):
        load_settings()


JIRA = {
    "JIRA_BASE_URL": "https://site.atlassian.net",
    "JIRA_EMAIL": "ada@example.com",
    "JIRA_API_TOKEN": "secret",
    "JIRA_PROJECT": "OPS",
}


@pytest.mark.parametrize(
    ("there", "missing"),
    [
        (["JIRA_BASE_URL"], ["JIRA_EMAIL", "JIRA_API_TOKEN"]),
        (["JIRA_BASE_URL", "JIRA_EMAIL"], ["JIRA_API_TOKEN"]),
        (["JIRA_EMAIL", "JIRA_API_TOKEN"], ["JIRA_BASE_URL"]),
        (["JIRA_PROJECT"], ["JIRA_BASE_URL", "JIRA_EMAIL", "JIRA_API_TOKEN"]),
    ],
)
def test_half_of_jira_is_refused_naming_what_is_missing(
    monkeypatch: pytest.MonkeyPatch, there: list[str], missing: list[str]
) -> None:
    for name in there:
        monkeypatch.setenv(name, JIRA[name])
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    assert str(caught.value).splitlines() == [
        f"{name}: missing, while {there[0]} is set; set all of Jira's account, or nothing of Jira"
        for name in missing
    ]


def test_jira_needs_no_project_of_its_own_for_sops_may_name_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("JIRA_BASE_URL", "JIRA_EMAIL", "JIRA_API_TOKEN"):
        monkeypatch.setenv(name, JIRA[name])
    assert load_settings().jira_project is None


def test_all_that_does_not_fit_together_is_named_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-1")
    monkeypatch.setenv("LIVESOP_EVALUATOR", "openai")
    monkeypatch.setenv("LIVESOP_PROPOSE_THRESHOLD", "0.95")
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    names = [line.partition(":")[0] for line in str(caught.value).splitlines()]
    assert names == ["SLACK_APP_TOKEN", "LIVESOP_PROPOSE_THRESHOLD", "OPENAI_API_KEY"]


def test_the_openai_evaluator_needs_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVESOP_EVALUATOR", "openai")
    with pytest.raises(ConfigurationError, match=r"^OPENAI_API_KEY: missing"):
        load_settings()
    monkeypatch.setenv("OPENAI_API_KEY", "sk-1")
    assert load_settings().livesop_evaluator == "openai"


def test_several_wrong_values_are_named_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HEALTH_PORT", "x")
    monkeypatch.setenv("LOG_LEVEL", "x")
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    names = [line.partition(":")[0] for line in str(caught.value).splitlines()]
    assert sorted(names) == ["HEALTH_PORT", "LOG_LEVEL"]


def test_without_any_setting_the_sandbox_is_what_there_is() -> None:
    settings = load_settings()
    assert not settings.has_slack_tokens
    assert settings.slack_connections == 2
    assert settings.livesop_evaluation_timeout == 25
    assert (settings.health_host, settings.health_port) == ("127.0.0.1", 8080)
    assert settings.livesop_data_dir.is_absolute()


@pytest.mark.parametrize(
    ("name", "value", "field", "expected"),
    [
        ("LOG_LEVEL", "WARNING", "log_level", "warning"),
        ("LOG_FORMAT", "Json", "log_format", "json"),
        ("LIVESOP_EVALUATOR", "Local", "livesop_evaluator", "local"),
        ("SLACK_API_URL", "http://127.0.0.1:80/api", "slack_api_url", "http://127.0.0.1:80/api/"),
        ("HEALTH_PORT", "", "health_port", 8080),
        ("OPENAI_MODEL", "gpt-4o\n", "openai_model", "gpt-4o"),
        ("OPENAI_API_KEY", " sk-1\n", "openai_api_key", SecretStr("sk-1")),
        ("LIVESOP_ADMINS", "U1, W2", "admins", frozenset({"U1", "W2"})),
        ("LIVESOP_ALLOWED_BOTS", "", "allowed_bots", frozenset()),
        ("LIVESOP_EXTERNAL_CHANNELS", "yes", "livesop_external_channels", True),
    ],
)
def test_what_people_are_likely_to_write_is_understood(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, field: str, expected: object
) -> None:
    monkeypatch.setenv(name, value)
    assert getattr(load_settings(), field) == expected


@pytest.mark.parametrize(
    "url",
    [
        "postgres://db/livesop",
        "postgresql://ada:pass%2Fword@db:5432/livesop?sslmode=require",
        "postgresql://ada@one:5432,two:5433/livesop",
        "postgresql://livesop@/livesop?host=/run/postgresql",
    ],
)
def test_every_form_of_a_database_url_is_taken_as_it_is(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    settings = load_settings()
    assert settings.database_url is not None
    assert settings.database_url.get_secret_value() == url


def test_the_data_folder_may_begin_with_the_home_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIVESOP_DATA_DIR", "~/livesop")
    assert load_settings().livesop_data_dir == Path.home() / "livesop"


def test_the_environment_wins_over_dotenv(monkeypatch: pytest.MonkeyPatch) -> None:
    Path(".env").write_text("HEALTH_PORT=9001\nSANDBOX_PORT=9002\nOTHER=1\n")
    monkeypatch.setenv("HEALTH_PORT", "9003")
    settings = load_settings()
    assert (settings.health_port, settings.sandbox_port) == (9003, 9002)


def test_a_line_of_dotenv_that_sets_nothing_is_named_without_its_value() -> None:
    Path(".env").write_text(
        'HEALTH_PORT=9001\nLIVESOP_AUTO_THRESHOLD="0.95\n# fine\nSLACK_BOT_TOKEN: xoxb-secret\n'
    )
    with pytest.raises(ConfigurationError) as caught:
        load_settings()
    assert str(caught.value).splitlines() == [
        ".env, line 2: expected NAME=value",
        ".env, line 4: expected NAME=value",
    ]


def test_a_dotenv_as_windows_writes_it_is_read() -> None:
    Path(".env").write_bytes(b"\xef\xbb\xbf# Ports\r\nHEALTH_PORT=9001\r\nSANDBOX_PORT=9002\r\n")
    settings = load_settings()
    assert (settings.health_port, settings.sandbox_port) == (9001, 9002)


@pytest.mark.parametrize("damage", ["folder", "not text"])
def test_a_dotenv_that_cannot_be_read_is_said_or_left_out(damage: str) -> None:
    if damage == "folder":
        Path(".env").mkdir()
        assert load_settings().health_port == 8080
    else:
        Path(".env").write_bytes(b"HEALTH_PORT=\xff\xfe")
        with pytest.raises(ConfigurationError, match=r"^\.env: cannot be read"):
            load_settings()


def test_secrets_do_not_show_when_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {
        "SLACK_BOT_TOKEN": "xoxb-hush",
        "SLACK_APP_TOKEN": "xapp-hush",
        "DATABASE_URL": "postgresql://ada:hush@db/x",
        "OPENAI_API_KEY": "sk-hush",
        "JIRA_BASE_URL": "https://site.atlassian.net",
        "JIRA_EMAIL": "ada@example.com",
        "JIRA_API_TOKEN": "hush",
        "LIVESOP_WEBHOOK_SECRET": "hush-hush-hush-hush",
        "SENTRY_DSN": "https://hush@sentry.example/1",
    }
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    assert "hush" not in repr(load_settings())


def documented(path: str, pattern: str) -> list[tuple[str, str]]:
    return re.findall(pattern, (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE)


def default(name: str) -> str:
    """A field's default as people write it; empty where there is none."""
    field = Settings.model_fields[name.lower()]
    match field.default:
        case bool() as value:
            return str(value).lower()
        case None | "":
            return ""
        case _ if field.default_factory is not None:
            return ""
        case value:
            return str(value)


def test_dotenv_example_holds_every_setting_with_its_default() -> None:
    found = documented(".env.example", r"^# ?([A-Z_]+)=(.*)$")
    assert sorted(name for name, _ in found) == sorted(NAMES)
    assert {name: value for name, value in found if default(name)} == {
        name: default(name) for name in NAMES if default(name)
    }


def test_dotenv_example_copied_as_it_is_changes_nothing() -> None:
    Path(".env").write_text((ROOT / ".env.example").read_text(encoding="utf-8"))
    assert load_settings() == Settings(_env_file=None)


def test_the_docs_hold_every_setting_with_its_default_and_meaning() -> None:
    rows = documented("docs/configuration.md", r"^\| `([A-Z_]+)` \| (.*) \|$")
    assert sorted(name for name, _ in rows) == sorted(NAMES)
    for name, rest in rows:
        written, _, meaning = rest.partition(" | ")
        if default(name):
            assert written == f"`{default(name)}`"
        assert meaning == Settings.model_fields[name.lower()].description


def test_the_process_environment_is_read_in_one_place() -> None:
    readers = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "livesop_bot").rglob("*.py")
        if re.search(r"os\.environ|os\.getenv|import environ|import getenv", path.read_text())
    ]
    assert readers == ["livesop_bot/settings.py"], os.linesep.join(readers)
