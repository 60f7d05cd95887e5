"""The settings: the only place that reads the environment and `.env`."""

import os
import re
from collections.abc import Iterator, Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import SplitResult, urlsplit

from dotenv.parser import parse_stream
from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

from livesop_bot.errors import ConfigurationError

_DOTENV = Path(".env")


def _split_url(value: str, schemes: tuple[str, ...], example: str) -> SplitResult:
    """Take a URL apart; what is wrong with it is never quoted, for it may be a password."""
    try:
        parts = urlsplit(value)
        # Several are PostgreSQL's form for fail-over.
        hosts = parts.netloc.rpartition("@")[2].split(",")
        ports = [urlsplit(f"//{host}").port for host in hosts]
        well_formed = parts.scheme in schemes and 0 not in ports
    except ValueError:
        well_formed = False
    if not well_formed:
        raise ValueError(f"expected a URL such as {example}")
    return parts


def _http_url(value: str) -> str:
    example = "https://example.com"
    if not _split_url(value, ("http", "https"), example).hostname:
        raise ValueError(f"expected a URL such as {example}")
    return value


def _api_url(value: str) -> str:
    """slack_sdk puts the method's name right behind it."""
    return _http_url(value).rstrip("/") + "/"


def _postgres_url(value: SecretStr) -> SecretStr:
    example = "postgresql://user:password@host:5432/livesop"
    _split_url(value.get_secret_value(), ("postgres", "postgresql"), example)
    return value


def _dsn(value: SecretStr) -> SecretStr:
    example = "https://key@o0.ingest.sentry.io/1"
    parts = _split_url(value.get_secret_value(), ("http", "https"), example)
    project = parts.path.rpartition("/")[2]
    if not (parts.hostname and parts.username and project.isdigit()):
        raise ValueError(f"expected a URL such as {example}")
    return value


def _token(prefix: str = "") -> AfterValidator:
    """Check what is sent in a header, where anything else than plain characters breaks the call."""

    def check(value: SecretStr) -> SecretStr:
        text = value.get_secret_value()
        if not text.startswith(prefix):
            raise ValueError(f"expected a token that begins with {prefix}")
        if not re.fullmatch(r"[!-~]+", text):
            raise ValueError("expected plain letters, digits and signs, as it was given to you")
        return value

    return AfterValidator(check)


def _ids(value: str) -> str:
    if value and not all(part.strip().isalnum() for part in value.split(",")):
        raise ValueError("expected Slack ids with commas between them, such as U012AB3CD,U04EF5GHJ")
    return value


def _secret_of_length(value: SecretStr) -> SecretStr:
    if len(value.get_secret_value()) < 16:
        raise ValueError("expected at least 16 characters, such as from `openssl rand -hex 32`")
    return value


def _places(value: str) -> str:
    if not all(_is_place(part) for part in _split(value)):
        example = "hooks.internal.example,10.1.0.0/16"
        raise ValueError(f"expected hosts and networks such as {example}")
    return value


def _is_place(part: str) -> bool:
    """Whether this is a host's name or a network; what looks like an address must be one."""
    if not ("/" in part or ":" in part or part.replace(".", "").isdigit()):
        return re.fullmatch(r"[A-Za-z0-9_.-]+", part) is not None
    try:
        ip_network(part, strict=False)
    except ValueError:
        return False
    return True


def _folder(value: Path) -> Path:
    try:
        return value.expanduser()
    except RuntimeError:
        raise ValueError("expected a folder; ~ has no meaning for this user") from None


def _default_data_dir() -> Path:
    if os.name == "posix" and os.geteuid() == 0:
        return Path("/var/lib/livesop")
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else Path.home() / ".local" / "share") / "livesop"


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


HttpUrl = Annotated[str, AfterValidator(_http_url)]
Word = BeforeValidator(_lower)  # LOG_LEVEL=INFO is as good as info
Places = Annotated[str, AfterValidator(_places)]
Ids = Annotated[str, AfterValidator(_ids)]
Port = Annotated[int, Field(ge=1, le=65535)]
Fraction = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]


class Settings(BaseSettings):
    """Read once at start, from the environment and then `.env`; empty means not set.

    Each field's environment variable is its name in capitals.
    """

    model_config = SettingsConfigDict(
        env_file=_DOTENV,
        env_ignore_empty=True,
        str_strip_whitespace=True,  # secrets of Kubernetes often end in a line break
        extra="ignore",
        frozen=True,
    )

    slack_bot_token: Annotated[SecretStr, _token("xoxb-")] | None = Field(
        None, description="Bot token of the Slack app (OAuth & Permissions)."
    )
    slack_app_token: Annotated[SecretStr, _token("xapp-")] | None = Field(
        None, description="App-level token with connections:write (Basic Information)."
    )
    slack_api_url: Annotated[str, AfterValidator(_api_url)] = Field(
        "https://slack.com/api/", description="Base URL of the Slack Web API."
    )
    slack_connections: Annotated[int, Field(ge=1, le=10)] = Field(
        2, description="Sockets per process; Slack allows 10 per app in all."
    )
    database_url: Annotated[SecretStr, AfterValidator(_postgres_url)] | None = Field(
        None, description="PostgreSQL to use; not set: one is started in LIVESOP_DATA_DIR."
    )
    openai_api_key: Annotated[SecretStr, _token()] | None = Field(
        None, description="Key for the OpenAI API."
    )
    openai_base_url: HttpUrl = Field(
        "https://api.openai.com/v1", description="Base URL of the OpenAI API or a compatible one."
    )
    openai_model: str = Field("gpt-4o-mini", description="Chat model that judges messages.")
    openai_embedding_model: str = Field(
        "text-embedding-3-small", description="Model that makes vectors."
    )
    livesop_evaluator: Annotated[Literal["auto", "openai", "local", "words"], Word] = Field(
        "auto",
        description="Who judges: openai, local or words; auto: openai with a key, else local.",
    )
    livesop_evaluation_timeout: Annotated[float, Field(gt=0, le=600, allow_inf_nan=False)] = Field(
        25, description="Seconds that one evaluation may take."
    )
    livesop_daily_token_budget: Annotated[int, Field(ge=0, le=10**12)] = Field(
        2_000_000,
        description="Tokens that a team may use of both models a day (UTC), "
        "to judge and for vectors; 0: none.",
    )
    livesop_auto_threshold: Fraction = Field(
        0.9, description="Confidence from which an SOP may start by itself."
    )
    livesop_propose_threshold: Fraction = Field(
        0.5, description="Confidence from which an SOP is proposed."
    )
    livesop_start_limit: Annotated[int, Field(ge=0)] = Field(
        30, description="Runs that may start by themselves within 10 minutes; more are proposed."
    )
    livesop_remind_after_hours: Annotated[int, Field(ge=0)] = Field(
        4, description="Hours after which a thread is reminded of a step, once; 0: never."
    )
    livesop_expire_after_hours: Annotated[int, Field(ge=0)] = Field(
        72, description="Hours after which what nobody takes up is ended; 0: never."
    )
    livesop_admins: Ids = Field(
        "", description="Slack user ids of LiveSOP admins; Slack's own admins always are."
    )
    livesop_allowed_bots: Ids = Field(
        "",
        description="App or bot ids whose messages count as signals, such as a monitoring app's.",
    )
    livesop_external_channels: bool = Field(
        False, description="Whether channels shared with other organisations are listened to."
    )
    jira_base_url: HttpUrl | None = Field(None, description="Jira Cloud site.")
    jira_email: str | None = Field(None, description="Account that creates Jira issues.")
    jira_api_token: SecretStr | None = Field(None, description="API token of that account.")
    jira_project: str | None = Field(None, description="Key of the Jira project for new issues.")
    livesop_webhook_secret: Annotated[SecretStr, AfterValidator(_secret_of_length)] | None = Field(
        None, description="Secret that webhooks are signed with, at least 16 characters."
    )
    livesop_webhook_allow: Places = Field(
        "", description="Hosts and networks that webhooks may reach though they are internal."
    )
    health_host: str = Field("127.0.0.1", description="Address that the health port listens on.")
    health_port: Port = Field(8080, description="Port of /health and /metrics.")
    sandbox_port: Port = Field(8090, description="Port of the sandbox page.")
    sentry_dsn: Annotated[SecretStr, AfterValidator(_dsn)] | None = Field(
        None, description="Where errors are reported; needs the extra livesop-bot[sentry]."
    )
    log_level: Annotated[Literal["debug", "info", "warning", "error"], Word] = Field(
        "info", description="Least level that is logged."
    )
    log_format: Annotated[Literal["json", "console"], Word] | None = Field(
        None, description="Form of the log; not set: console on a terminal, else json."
    )
    livesop_data_dir: Annotated[Path, AfterValidator(_folder)] = Field(
        default_factory=_default_data_dir,
        description="Folder of the embedded PostgreSQL and the spool.",
    )
    livesop_spool_max_mb: Annotated[int, Field(ge=1)] = Field(
        256, description="Most that the spool may take on disk, in MiB."
    )

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        problems = [*self._half_set()]
        if self.livesop_propose_threshold > self.livesop_auto_threshold:
            problems.append(
                "LIVESOP_PROPOSE_THRESHOLD: must not be above LIVESOP_AUTO_THRESHOLD "
                f"({self.livesop_propose_threshold:g} > {self.livesop_auto_threshold:g})"
            )
        if self.livesop_evaluator == "openai" and self.openai_api_key is None:
            problems.append("OPENAI_API_KEY: missing, while LIVESOP_EVALUATOR is openai")
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def _half_set(self) -> Iterator[str]:
        """What is missing of settings that are nothing without each other."""
        slack = ("slack_bot_token", "slack_app_token")
        yield from self._missing(
            slack, slack, "set both for a real workspace, or neither for the sandbox"
        )
        jira = ("jira_base_url", "jira_email", "jira_api_token")
        yield from self._missing(
            jira, (*jira, "jira_project"), "set all of Jira's account, or nothing of Jira"
        )

    def _missing(self, needed: Sequence[str], names: Sequence[str], advice: str) -> Iterator[str]:
        there = [name.upper() for name in names if getattr(self, name) is not None]
        for name in needed:
            if there and getattr(self, name) is None:
                yield f"{name.upper()}: missing, while {there[0]} is set; {advice}"

    @property
    def has_slack_tokens(self) -> bool:
        """Whether a workspace is configured; otherwise the sandbox is what there is."""
        return self.slack_bot_token is not None

    @property
    def asks_openai(self) -> bool:
        """Whether any text leaves for a model of OpenAI's, to be judged or for vectors."""
        return self.openai_api_key is not None and self.livesop_evaluator in ("auto", "openai")

    @property
    def admins(self) -> frozenset[str]:
        """LIVESOP_ADMINS, taken apart."""
        return _split(self.livesop_admins)

    @property
    def allowed_bots(self) -> frozenset[str]:
        """LIVESOP_ALLOWED_BOTS, taken apart."""
        return _split(self.livesop_allowed_bots)

    @property
    def webhook_allow(self) -> frozenset[str]:
        """LIVESOP_WEBHOOK_ALLOW, taken apart."""
        return _split(self.livesop_webhook_allow)


def _split(ids: str) -> frozenset[str]:
    return frozenset(part.strip() for part in ids.split(",") if part.strip())


def load_settings() -> Settings:
    """Read the settings; raises ConfigurationError naming each variable and what is expected.

    Values are never repeated in the message: they may be secrets.
    """
    try:
        _check_dotenv()
        return Settings()
    except ValidationError as error:
        lines = []
        for problem in error.errors(include_input=False, include_url=False):
            message = problem["msg"].removeprefix("Value error, ")
            name = str(problem["loc"][0]).upper() if problem["loc"] else ""
            lines.append(f"{name}: {message}" if name else message)
        raise ConfigurationError("\n".join(lines)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f".env: cannot be read ({type(error).__name__})") from None


def _check_dotenv() -> None:
    """Refuse what pydantic would leave out with a warning: what was to be set would not be."""
    if not _DOTENV.is_file():
        return
    with _DOTENV.open(encoding="utf-8-sig") as file:  # Windows' editors mark it so
        broken = [line.original.line for line in parse_stream(file) if line.error]
    if broken:
        raise ConfigurationError(
            "\n".join(f".env, line {number}: expected NAME=value" for number in broken)
        )
