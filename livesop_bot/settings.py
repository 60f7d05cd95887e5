"""The settings: the only place that reads the environment and `.env`."""

import os
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from livesop_bot.errors import ConfigurationError


def _http_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("expected a URL such as https://example.com")
    return value


def _list(value: str) -> str:
    if any(not part.strip() for part in value.split(",")) and value.strip():
        raise ValueError("expected ids with commas between them, such as U012AB3CD,U045EF6GH")
    return value


def _prefixed(prefix: str) -> AfterValidator:
    def check(value: SecretStr | None) -> SecretStr | None:
        if value is not None and not value.get_secret_value().startswith(prefix):
            raise ValueError(f"expected a token that begins with {prefix}")
        return value

    return AfterValidator(check)


def default_data_dir() -> Path:
    """The folder for what must survive restarts: /var/lib/livesop for root, else the user's own."""
    if os.name == "posix" and os.geteuid() == 0:
        return Path("/var/lib/livesop")
    base = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(base) / "livesop"


HttpUrl = Annotated[str, AfterValidator(_http_url)]
Ids = Annotated[str, NoDecode, AfterValidator(_list)]
