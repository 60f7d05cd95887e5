"""The embedded PostgreSQL among processes and users."""

import json
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import psutil
import pytest

from livesop_bot.db.programs import installed_package

_SCRIPT = Path(__file__).with_name("open_server.py")

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


def _others_may_read(path: Path) -> bool:
    return all(folder.stat().st_mode & 0o001 for folder in path.resolve().parents)


as_others = pytest.mark.skipif(
    os.geteuid() != 0
    or not _others_may_read(_SCRIPT)
    or not (_others_may_read(Path(sys.executable)) or Path("/usr/bin/python3").exists()),
    reason="needs root, and a project and a Python that other users may read",
)


@dataclass(frozen=True, slots=True)
class Opened:
    """A process that has opened the data folder, and what it says of the server."""

    process: subprocess.Popen[str]
    dsn: str
    owner: bool
    pid: int


class Processes:
    """Starts processes that open a data folder; all of them end with the test."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._servers: set[int] = set()

    def begin(
        self, data_dir: Path, *user: int, packages: Path | None = None
    ) -> subprocess.Popen[str]:
        """Start one, without waiting; `packages` is searched before what is installed."""
        process = subprocess.Popen(
            [sys.executable, str(_SCRIPT), str(data_dir), *map(str, user)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(packages or "")},
        )
        self._stack.enter_context(process)
        self._stack.callback(process.kill)
        return process

    def opened(self, process: subprocess.Popen[str]) -> Opened:
        """Wait until it is ready; fails with what it said if it never is."""
        assert process.stdout is not None
        assert process.stderr is not None
        line = process.stdout.readline()
        assert line, process.stderr.read()
        opened = Opened(process, **json.loads(line))
        self._servers.add(opened.pid)
        return opened

    def end(self) -> None:
        """Kill all, and wait until the servers have noticed."""
        self._stack.close()
        for pid in self._servers:
            _wait_until_gone(pid)


@pytest.fixture
def processes(data_dir: Path) -> Iterator[Processes]:
    processes = Processes()
    yield processes
    processes.end()


@pytest.fixture
def packages(tmp_path_factory: pytest.TempPathFactory, data_dir: Path) -> Callable[[int], Path]:
    """Copies the PostgreSQL package into a folder with the permissions given."""

    def copy(mode: int) -> Path:
        folder = data_dir / "environment"
        package = installed_package()
        for source in (package, package.with_name(f"{package.name}.libs")):
            if source.exists():
                shutil.copytree(source, folder / source.name)
        folder.chmod(mode)
        return folder

    return copy


def _wait_until_gone(pid: int) -> None:
    """Wait for a process that is not our child."""
    with suppress(psutil.NoSuchProcess):
        process = psutil.Process(pid)
        if process.status() != psutil.STATUS_ZOMBIE:  # not every first process collects orphans
            process.wait(timeout=10)


async def _rows(dsn: str) -> list[int]:
    connection = await asyncpg.connect(dsn, timeout=5)
    try:
        return [row["n"] for row in await connection.fetch("SELECT n FROM kept ORDER BY n")]
    finally:
        await connection.close()


async def _keep_rows(dsn: str, count: int) -> None:
    connection = await asyncpg.connect(dsn, timeout=5)
    await connection.execute("CREATE TABLE kept (n integer PRIMARY KEY)")
    for n in range(count):
        await connection.execute("INSERT INTO kept VALUES ($1)", n)
    connection.terminate()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the next start stops it")
async def test_the_server_ends_with_an_owner_killed_by_force(
    used_data_dir: Path, processes: Processes
) -> None:
    first = processes.opened(processes.begin(used_data_dir))
    await _keep_rows(first.dsn, 20)
    first.process.kill()
    _wait_until_gone(first.pid)
    second = processes.opened(processes.begin(used_data_dir))
    assert await _rows(second.dsn) == list(range(20))


async def test_rows_survive_when_owner_and_server_are_killed_at_once(
    used_data_dir: Path, processes: Processes
) -> None:
    first = processes.opened(processes.begin(used_data_dir))
    await _keep_rows(first.dsn, 20)
    psutil.Process(first.pid).kill()
    first.process.kill()
    second = processes.opened(processes.begin(used_data_dir))
    assert second.owner
    assert await _rows(second.dsn) == list(range(20))


async def test_a_server_without_an_owner_is_ended_by_the_next_start(
    used_data_dir: Path, processes: Processes
) -> None:
    first = processes.opened(processes.begin(used_data_dir))
    await _keep_rows(first.dsn, 20)
    psutil.Process(first.pid).suspend()  # so that it does not notice that its owner is gone
    first.process.kill()
    second = processes.opened(processes.begin(used_data_dir))
    assert second.owner
    assert second.pid != first.pid
    assert await _rows(second.dsn) == list(range(20))


async def test_several_at_once_on_an_empty_folder_share_one_server(
    data_dir: Path, processes: Processes
) -> None:
    started = [processes.begin(data_dir) for _ in range(3)]
    opened = [processes.opened(process) for process in started]
    assert sorted(each.owner for each in opened) == [False, False, True]
    assert len({(each.pid, each.dsn) for each in opened}) == 1
    await _keep_rows(opened[0].dsn, 1)
    assert [await _rows(each.dsn) for each in opened] == [[0], [0], [0]]


async def test_an_attached_process_leaves_the_server_alone(
    used_data_dir: Path, processes: Processes
) -> None:
    owner = processes.opened(processes.begin(used_data_dir))
    attached = processes.opened(processes.begin(used_data_dir))
    attached.process.communicate(timeout=20)
    await _keep_rows(owner.dsn, 1)
    owner.process.communicate(timeout=20)
    assert (attached.process.returncode, owner.process.returncode) == (0, 0)
    _wait_until_gone(owner.pid)


@as_others
async def test_an_ordinary_user_runs_it_and_root_may_use_the_same_data_after(
    data_dir: Path, processes: Processes, packages: Callable[[int], Path]
) -> None:
    nobody = pwd.getpwnam("nobody")
    environment = packages(0o755)
    home = data_dir / "home"
    home.mkdir()
    os.chown(home, nobody.pw_uid, nobody.pw_gid)
    user = (nobody.pw_uid, nobody.pw_gid)

    first = processes.opened(processes.begin(home / "livesop", *user, packages=environment))
    await _keep_rows(first.dsn, 3)
    assert psutil.Process(first.pid).uids().real == nobody.pw_uid
    first.process.communicate(timeout=20)

    second = processes.opened(processes.begin(home / "livesop", packages=environment))
    assert psutil.Process(second.pid).uids().real == nobody.pw_uid
    second.process.communicate(timeout=20)

    third = processes.opened(processes.begin(home / "livesop", *user, packages=environment))
    assert await _rows(third.dsn) == [0, 1, 2]


@as_root
async def test_root_with_the_environment_in_a_private_folder_gets_a_copy_of_the_programs(
    data_dir: Path, processes: Processes, packages: Callable[[int], Path]
) -> None:
    environment = packages(0o700)
    for _ in range(2):
        opened = processes.opened(processes.begin(data_dir / "data", packages=environment))
        program = Path(psutil.Process(opened.pid).exe())
        assert psutil.Process(opened.pid).uids().real != 0
        opened.process.communicate(timeout=20)
        assert program.is_relative_to(data_dir / "data" / "postgres")


@as_root
def test_root_with_the_data_in_a_private_folder_is_told_what_to_do(
    data_dir: Path, processes: Processes
) -> None:
    private = data_dir / "private"
    private.mkdir(mode=0o700)
    _, said = processes.begin(private / "livesop").communicate(timeout=20)
    assert "LIVESOP_DATA_DIR" in said
    assert "/var/lib/livesop" in said


@as_others
def test_data_of_another_user_is_refused(
    used_data_dir: Path, processes: Processes, packages: Callable[[int], Path]
) -> None:
    environment = packages(0o755)
    nobody = pwd.getpwnam("nobody")
    other = processes.begin(used_data_dir, nobody.pw_uid, nobody.pw_gid, packages=environment)
    _, said = other.communicate(timeout=20)
    assert "refused: LIVESOP_DATA_DIR" in said
