"""The cluster: the embedded PostgreSQL's files on disk, made ready for a server to run on them."""

import os
import shutil
import stat
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from livesop_bot.db.programs import Account, Programs
from livesop_bot.errors import ConfigurationError

NAME = "livesop"
"""Of the database and of its role."""

_SOCKET_PATH_MAX = 100  # bytes; the systems' own limits are 104 and 108
_ROOM = 256 * 1024 * 1024  # bytes that a new cluster should find free


@dataclass(frozen=True, slots=True)
class Cluster:
    """The folder `postgres` in LIVESOP_DATA_DIR.

    data/         PostgreSQL's own, of the account that the server runs as
    lock          held by the process that owns the server
    server.log    what the server says
    socket        the folder of the socket, or a link to it where this path is too long
    programs-…/   a copy of the programs, only where the account cannot reach the installed ones
    """

    home: Path

    @property
    def data(self) -> Path:
        """PostgreSQL's data folder."""
        return self.home / "data"

    @property
    def log_file(self) -> Path:
        """What the server says."""
        return self.home / "server.log"

    def create_home(self) -> None:
        """Make the folder and what leads to it; others may pass through root's, but not look."""
        missing = [path for path in (self.home, *self.home.parents) if not path.exists()]
        for path in reversed(missing):
            path.mkdir(exist_ok=True)
            path.chmod(0o711 if os.geteuid() == 0 else 0o700)

    def open(self, name: str, flags: int) -> int:
        """Open a file of ours in the folder, creating it; it belongs to whom the folder does."""
        descriptor = os.open(self.home / name, flags | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        if os.geteuid() == 0:
            owner = self.home.stat()
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
        return descriptor

    def account(self) -> Account | None:
        """Who runs the server; None: this process's own user."""
        return Account.choose(self.data, self.home)

    def prepare(self, programs: Programs) -> None:
        """Create the cluster and its database if there is none, else check that it can be used."""
        if programs.account and not programs.can_reach(self.home):
            raise ConfigurationError(
                f"LIVESOP_DATA_DIR: PostgreSQL does not run as root but as {programs.account}, who "
                f"cannot enter {self.home}: choose a folder that everyone may pass through, such "
                "as /var/lib/livesop, or start LiveSOP as an ordinary user."
            )
        if self.data.exists():
            self._check(programs)
        else:
            self._create(programs)

    def socket_folder(self, programs: Programs) -> Path:
        """Give a folder for the socket that only the account may enter, with a path short enough.

        A long or awkward path gets a folder elsewhere; a link to it is kept, so that it stays the
        same one after a restart.
        """
        inside = self.home / "socket"
        if _fits(inside):
            inside.mkdir(mode=0o700, exist_ok=True)
            _hand_over(inside, programs.account)
            return inside
        if inside.is_symlink():
            known = inside.readlink()
            with suppress(FileExistsError):
                known.mkdir(mode=0o700)
                _hand_over(known, programs.account)
            if _is_private(known, programs.account):
                return known
            inside.unlink()
        for base in (Path(tempfile.gettempdir()), Path("/tmp"), Path("/run")):  # noqa: S108  mkdtemp
            if _fits(base / "livesop-xxxxxxxx") and programs.can_reach(base):
                folder = Path(tempfile.mkdtemp(prefix="livesop-", dir=base))
                _hand_over(folder, programs.account)
                inside.symlink_to(folder)
                return folder
        raise ConfigurationError(f"LIVESOP_DATA_DIR: {self.home} is too long for a socket's path.")

    def _create(self, programs: Programs) -> None:
        if shutil.disk_usage(self.home).free < _ROOM:
            raise ConfigurationError(
                f"LIVESOP_DATA_DIR: a new database needs {_ROOM >> 20} MiB free in {self.home}."
            )
        for abandoned in self.home.glob("unfinished-*"):  # its initdb may even be at work still
            shutil.rmtree(abandoned, ignore_errors=True)
        for locale in ("C.UTF-8", "C"):  # not every system has the first
            unfinished = Path(tempfile.mkdtemp(prefix="unfinished-", dir=self.home))
            _hand_over(unfinished, programs.account)
            answer = programs.run(
                programs.command(
                    "initdb",
                    f"--pgdata={unfinished}",
                    f"--username={NAME}",
                    "--auth=trust",  # who may enter the socket's folder is trusted
                    "--encoding=UTF8",
                    f"--locale={locale}",
                    "--locale-provider=builtin",  # its order does not change with the system's
                    "--builtin-locale=C.UTF-8",
                ),
                timeout=120,
            )
            if answer.returncode == 0:
                break
        else:
            raise ConfigurationError(
                f"LIVESOP_DATA_DIR: no database could be created in {self.home}: "
                f"{answer.stderr.strip()}"
            )
        answer = programs.run(
            programs.command("postgres", "--single", "-j", "-D", str(unfinished), "postgres"),
            timeout=60,
            text=f"CREATE DATABASE {NAME};\n",
        )
        if answer.returncode != 0 or "ERROR:" in answer.stderr:
            raise ConfigurationError(
                f"The database could not be created in {self.home}: {answer.stderr.strip()}"
            )
        unfinished.rename(self.data)

    def _check(self, programs: Programs) -> None:
        owner = self.data.stat().st_uid
        if programs.account and owner == 0:  # such as a restored backup
            for folder, _, files in os.walk(self.data):
                _hand_over(Path(folder), programs.account)
                for name in files:
                    _hand_over(Path(folder, name), programs.account)
        elif not programs.account and owner != os.geteuid():
            raise ConfigurationError(
                f"LIVESOP_DATA_DIR: the database in {self.data} belongs to another user "
                f"(uid {owner}): start LiveSOP as that user or as root, or choose another folder."
            )
        found = (self.data / "PG_VERSION").read_text().strip()
        if found != programs.major_version():
            raise ConfigurationError(
                f"LIVESOP_DATA_DIR: the database in {self.data} was made by PostgreSQL {found}, "
                f"the programs are version {programs.major_version()}. Move the folder away to "
                "start with an empty one, or bring the data over with pg_dump of the old version."
            )


def _fits(folder: Path) -> bool:
    """Whether a socket in there has a path short enough, and plain enough for a list of hosts."""
    path = os.fsencode(folder / ".s.PGSQL.5432")
    return len(path) <= _SOCKET_PATH_MAX and b"," not in path and b'"' not in path


def _hand_over(path: Path, account: Account | None) -> None:
    if account:
        os.chown(path, account.uid, account.gid, follow_symlinks=False)


def _is_private(folder: Path, account: Account | None) -> bool:
    """Whether it is what it was made as: anyone may write in the folder for temporary files."""
    found = folder.lstat()
    owner = account.uid if account else os.geteuid()
    return stat.S_ISDIR(found.st_mode) and found.st_uid == owner and not found.st_mode & 0o077
