"""The spool: on disk before the ack, replayed in order, bounded."""

import asyncio
import errno
import fcntl
import os
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from livesop_bot.errors import ConfigurationError, DatabaseAway, SpoolFull
from livesop_bot.slack.spool import Spool


class Store:
    """What a replay hands records to; can be told to fail."""

    def __init__(self) -> None:
        self.records: list[bytes] = []
        self.away = False

    async def __call__(self, records: Sequence[bytes]) -> None:
        if self.away:
            raise DatabaseAway("away")
        self.records += records


@pytest.fixture
def store() -> Store:
    return Store()


async def test_records_come_back_in_order_and_the_files_go(tmp_path: Path, store: Store) -> None:
    async with Spool(tmp_path, max_bytes=1_000_000) as spool:
        records = [b'{"n": %d}' % number for number in range(1200)]
        await asyncio.gather(*(spool.append(record) for record in records))
        assert spool.events == 1200
        assert spool.filled.is_set()

        assert await spool.replay(store, asyncio.Event()) == 1200

        assert store.records == records
        assert (spool.events, spool.size, spool.filled.is_set()) == (0, 0, False)
        assert list(tmp_path.iterdir()) == []


async def test_what_arrives_during_a_replay_is_replayed_too(tmp_path: Path, store: Store) -> None:
    async with Spool(tmp_path, max_bytes=1_000_000) as spool:
        await spool.append(b"1")

        async def store_and_append(records: Sequence[bytes]) -> None:
            if records == [b"1"]:
                await spool.append(b"2")
            await store(records)

        assert await spool.replay(store_and_append, asyncio.Event()) == 2
    assert store.records == [b"1", b"2"]


async def test_a_replay_that_fails_keeps_everything(tmp_path: Path, store: Store) -> None:
    async with Spool(tmp_path, max_bytes=1_000_000) as spool:
        await spool.append(b"1")
        store.away = True
        with pytest.raises(DatabaseAway):
            await spool.replay(store, asyncio.Event())
        await spool.append(b"2")
        store.away = False
        await spool.replay(store, asyncio.Event())
    assert store.records == [b"1", b"2"]


async def test_a_replay_goes_on_where_it_stopped(tmp_path: Path, store: Store) -> None:
    """An outage after each batch, and the end of the process, must not begin it all over."""
    stop = asyncio.Event()
    async with Spool(tmp_path, max_bytes=1_000_000) as spool:
        records = [b"%d" % number for number in range(1200)]
        await asyncio.gather(*(spool.append(record) for record in records))

        async def store_one_batch(batch: Sequence[bytes]) -> None:
            await store(batch)
            store.away = True

        with pytest.raises(DatabaseAway):
            await spool.replay(store_one_batch, stop)
        assert spool.events == 700

        async def store_and_end(batch: Sequence[bytes]) -> None:
            await store(batch)
            stop.set()

        store.away = False
        assert await spool.replay(store_and_end, stop) == 500
        assert (spool.events, spool.filled.is_set()) == (200, True)
        assert await spool.replay(store, asyncio.Event()) == 200
    assert store.records == records


async def test_a_replay_holds_a_part_of_the_spool_in_memory(tmp_path: Path) -> None:
    """What a long outage left may be more than the process may take."""

    async def store(_: Sequence[bytes]) -> None:
        pass

    async with Spool(tmp_path, max_bytes=50_000_000) as spool:
        await asyncio.gather(*(spool.append(b"x" * 2000) for _ in range(10_000)))
        tracemalloc.start()
        try:
            assert await spool.replay(store, asyncio.Event()) == 10_000
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
    assert peak < 5_000_000


async def test_a_file_that_the_disk_keeps_holds_up_none_of_the_others(
    tmp_path: Path, store: Store
) -> None:
    async with Spool(tmp_path, max_bytes=1000) as spool:
        await spool.append(b"1")
    async with Spool(tmp_path, max_bytes=1000) as spool:
        (path,) = tmp_path.glob("*.spool")
        path.unlink()
        path.mkdir()  # which cannot be removed as a file
        await spool.append(b"2")
        await spool.replay(store, asyncio.Event())
        assert (spool.stuck, spool.filled.is_set()) == (1, False)
        path.rmdir()
        await spool.replay(store, asyncio.Event())
        assert spool.stuck == 0
    assert store.records == [b"1", b"2"]


async def test_an_ack_waits_for_no_thread_that_does_something_else(
    tmp_path: Path, store: Store
) -> None:
    """Looking up a name may take half a minute, just when PostgreSQL is away."""
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
    done = threading.Event()
    async with Spool(tmp_path, max_bytes=1000) as spool:
        other = asyncio.create_task(asyncio.to_thread(done.wait))
        try:
            async with asyncio.timeout(10):
                await spool.append(b"1")
        finally:
            done.set()
            await other
        await spool.replay(store, asyncio.Event())
    assert store.records == [b"1"]


async def test_a_full_spool_refuses_and_stays_whole(tmp_path: Path, store: Store) -> None:
    async with Spool(tmp_path, max_bytes=100) as spool:
        await spool.append(b"x" * 50)
        with pytest.raises(SpoolFull):
            await spool.append(b"y" * 50)
        await spool.replay(store, asyncio.Event())
        await spool.append(b"z" * 50)
        await spool.replay(store, asyncio.Event())
    assert store.records == [b"x" * 50, b"z" * 50]


async def test_a_disk_that_refuses_is_a_full_spool(tmp_path: Path, store: Store) -> None:
    folder = tmp_path / "spool"
    async with Spool(folder, max_bytes=1_000_000) as spool:
        folder.rmdir()
        with pytest.raises(SpoolFull):
            await spool.append(b"1")
        folder.mkdir()
        await spool.append(b"2")
        await spool.replay(store, asyncio.Event())
    assert store.records == [b"2"]


async def test_a_disk_that_refuses_to_keep_a_new_file_is_left_none(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else each event of an outage costs a descriptor, and the sockets run out of them."""

    def refuse(_: int) -> None:
        raise OSError(errno.EIO, "refused")

    async with Spool(tmp_path, max_bytes=1000) as spool:
        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", refuse)
            with pytest.raises(SpoolFull):
                await spool.append(b"1")
        assert list(tmp_path.iterdir()) == []
        await spool.append(b"2")
        await spool.replay(store, asyncio.Event())
    assert store.records == [b"2"]


async def test_a_folder_that_cannot_be_made_is_a_wrong_setting(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(ConfigurationError, match=r"^LIVESOP_DATA_DIR: there can be no folder "):
        await Spool(file / "spool", max_bytes=1).__aenter__()


async def test_the_next_start_takes_over_what_a_killed_process_left(
    tmp_path: Path, store: Store
) -> None:
    child = subprocess.run(
        [sys.executable, "-c", _APPEND_AND_DIE, str(tmp_path)], check=False, timeout=60
    )
    assert child.returncode == -9
    async with Spool(tmp_path, max_bytes=1_000_000) as spool:
        assert spool.events == 3
        await spool.replay(store, asyncio.Event())
    assert store.records == [b"0", b"1", b"2"]


_APPEND_AND_DIE = """
import asyncio, os, pathlib, signal, sys
from livesop_bot.errors import ConfigurationError
from livesop_bot.slack.spool import Spool
async def main():
    async with Spool(pathlib.Path(sys.argv[1]), max_bytes=1000) as spool:
        for number in range(3):
            await spool.append(str(number).encode())
        os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(main())
"""


async def test_two_processes_leave_each_others_files_alone(tmp_path: Path, store: Store) -> None:
    async with Spool(tmp_path, max_bytes=1000) as one:
        await one.append(b"one")
        async with Spool(tmp_path, max_bytes=1000) as two:
            assert two.events == 0
        await one.replay(store, asyncio.Event())
    assert store.records == [b"one"]


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (lambda data: data[:-3], [b"first"]),
        (lambda data: data.replace(b"first", b"fjrst"), [b"second"]),
        (lambda data: data + b"00000000", [b"first", b"second"]),
        (lambda data: b"", []),
    ],
    ids=["torn last line", "damaged line", "begun line", "empty file"],
)
async def test_only_whole_records_are_replayed(
    tmp_path: Path, store: Store, damage: object, expected: list[bytes]
) -> None:
    async with Spool(tmp_path, max_bytes=1000) as spool:
        await spool.append(b"first")
        await spool.append(b"second")
    (path,) = tmp_path.glob("*.spool")
    assert callable(damage)
    path.write_bytes(damage(path.read_bytes()))
    async with Spool(tmp_path, max_bytes=1000) as spool:
        await spool.replay(store, asyncio.Event())
    assert store.records == expected
    kept = [(path.suffix, path.read_bytes()[9:]) for path in tmp_path.iterdir()]
    assert kept == ([(".damaged", b"fjrst\n")] if expected == [b"second"] else [])


async def test_what_cannot_be_opened_keeps_nothing_else_from_being_adopted(
    tmp_path: Path, store: Store
) -> None:
    async with Spool(tmp_path, max_bytes=1000) as spool:
        await spool.append(b"1")
    (tmp_path / "0.spool").mkdir()
    async with Spool(tmp_path, max_bytes=1000) as spool:
        await spool.replay(store, asyncio.Event())
    assert store.records == [b"1"]


async def test_a_file_that_is_taken_for_an_orphan_as_it_is_made_keeps_no_event(
    tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process may look between its creation and its lock."""
    create, taken = os.open, list[int]()

    def look_at_once(path: Path, flags: int, mode: int = 0o777) -> int:
        made = create(path, flags, mode)
        if flags & os.O_EXCL and len(taken) < 2:
            taken.append(create(path, os.O_RDWR))
            fcntl.flock(taken[-1], fcntl.LOCK_EX)
            if len(taken) == 2:  # this one had time to remove it, and goes
                path.unlink()
                os.close(taken[-1])
        return made

    async with Spool(tmp_path, max_bytes=1000) as spool:
        monkeypatch.setattr(os, "open", look_at_once)
        await spool.append(b"1")
        monkeypatch.undo()
        assert len(taken) == 2
        assert sum(path.read_bytes().endswith(b" 1\n") for path in tmp_path.iterdir()) == 1
        await spool.replay(store, asyncio.Event())
    os.close(taken[0])
    assert store.records == [b"1"]


async def test_the_files_are_for_their_owner_only(tmp_path: Path) -> None:
    async with Spool(tmp_path / "spool", max_bytes=1000) as spool:
        await spool.append(b"1")
        (path,) = (tmp_path / "spool").glob("*.spool")
        assert path.stat().st_mode & 0o077 == 0
        assert (tmp_path / "spool").stat().st_mode & 0o077 == 0
