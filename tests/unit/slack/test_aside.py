"""What is set aside: bounded, and gone with its message or in time."""

import errno
import os
import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from livesop_bot.slack.aside import Aside


@pytest.fixture
def aside(tmp_path: Path) -> Aside:
    return Aside(tmp_path, max_bytes=100)


def kept(folder: Path) -> list[bytes]:
    return sorted(path.read_bytes() for path in folder.iterdir())


def test_a_message_that_is_rejected_again_is_kept_once_and_for_its_owner(
    aside: Aside, tmp_path: Path
) -> None:
    aside.keep_rejected("C1:1.0", b"first")
    aside.keep_rejected("C1:2.0", b"another")
    aside.keep_rejected("C1:1.0", b"again")
    assert kept(tmp_path) == [b"again", b"another"]
    assert all(path.stat().st_mode & 0o077 == 0 for path in tmp_path.iterdir())


def test_it_goes_with_its_message(aside: Aside, tmp_path: Path) -> None:
    aside.keep_rejected("C1:1.0", b"deleted")
    aside.keep_rejected("C1:2.0", b"kept")
    aside.forget("C1:1.0")
    aside.forget("C1:3.0")
    assert kept(tmp_path) == [b"kept"]


def rejected(aside: Aside, _: Path) -> None:
    aside.keep_rejected("C1:1.0", b"old")


def damaged(aside: Aside, folder: Path) -> None:
    aside.keep_damaged(folder / "1.spool", b"old")


def as_it_was_once(_: Aside, folder: Path) -> None:
    (folder / "rejected.jsonl").write_bytes(b"old")


@pytest.mark.parametrize("keep", [rejected, damaged, as_it_was_once])
def test_it_goes_in_time(aside: Aside, tmp_path: Path, keep: Callable[[Aside, Path], None]) -> None:
    keep(aside, tmp_path)
    (path,) = tmp_path.iterdir()
    written = time.time() - timedelta(days=7).total_seconds()
    os.utime(path, (written, written))
    aside.keep_rejected("C1:2.0", b"new")
    aside.forget_older(timedelta(days=8))
    assert kept(tmp_path) == [b"new", b"old"]
    aside.forget_older(timedelta(days=6))
    assert kept(tmp_path) == [b"new"]
    aside.forget_older(timedelta.max)
    assert kept(tmp_path) == [b"new"]


def test_the_oldest_gives_way_and_the_newest_stays_whatever_its_size(
    aside: Aside, tmp_path: Path
) -> None:
    for number in range(1, 4):
        aside.keep_rejected(f"C1:{number}.0", b"%d" % number * 40)
        newest = max(tmp_path.iterdir(), key=lambda path: path.stat().st_mtime_ns)
        os.utime(newest, (number, number))
    assert kept(tmp_path) == [b"2" * 40, b"3" * 40]
    aside.keep_damaged(tmp_path / "1.spool", b"x" * 200)
    assert kept(tmp_path) == [b"x" * 200]


def test_one_that_another_process_has_just_removed_is_in_nobodys_way(
    aside: Aside, tmp_path: Path
) -> None:
    (tmp_path / "gone.rejected").symlink_to(tmp_path / "nowhere")  # listed, and not there
    aside.keep_rejected("C1:1", b"one")
    aside.forget_older(timedelta(days=1))
    assert [path.read_bytes() for path in tmp_path.iterdir() if path.is_file()] == [b"one"]


def test_what_a_full_disk_does_not_take_leaves_what_was_there(
    aside: Aside, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    aside.keep_rejected("C1:1", b"one")

    def refuse(_: int) -> None:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "fsync", refuse)
    with pytest.raises(OSError, match="full"):
        aside.keep_rejected("C1:1", b"two")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"one"]
