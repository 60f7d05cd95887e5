"""The Makefile: what it lists, where it works, and what it says where something is missing."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
import yaml

from livesop_bot.slack.manifest import manifest

ROOT = Path(__file__).resolve().parents[2]
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
VERBS = set(re.findall(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)[0].split())


def make(
    folder: Path, *arguments: str, check: bool = True, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run make in a folder, as if by hand although `make test` may be what runs this."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    answer = subprocess.run(
        ["make", *arguments],
        cwd=folder,
        env=environment | variables,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert answer.returncode == 0 or not check, answer.stdout + answer.stderr
    return answer


def test_help_lists_every_verb_with_what_it_does() -> None:
    lines = [line.split(maxsplit=2) for line in make(ROOT, "help").stdout.splitlines()]
    assert {verb for _, verb, _ in lines} == VERBS
    assert all(word == "make" and what for word, _, what in lines)
    assert make(ROOT).stdout == make(ROOT, "help").stdout, "and so does make alone"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A checkout in a path with spaces, as far as the verbs look at it."""
    folder = tmp_path / "my own $tuff" / "Live SOP"
    folder.mkdir(parents=True)
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, folder)
    return folder


def test_it_works_in_a_path_with_spaces_and_cleans_up_after_itself(folder: Path) -> None:
    make(folder, ".venv/bin/python", f"PYTHON={sys.executable}")
    (folder / ".venv" / "run.stamp").touch()  # as if installed: what we depend on is elsewhere
    path = os.pathsep.join([str(ROOT), sysconfig.get_path("purelib")])
    assert yaml.safe_load(make(folder, "manifest", PYTHONPATH=path).stdout) == manifest()

    (folder / "data").mkdir()
    make(folder, "clean")
    assert not (folder / ".venv").exists()
    assert (folder / "data").exists(), "what people keep is not a matter of make"


def test_where_an_upgrade_took_the_python_all_is_installed_anew(folder: Path) -> None:
    python = folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to("/nowhere/python3.10")
    (folder / ".venv" / "run.stamp").touch()
    done = make(folder, "--dry-run", "install", f"PYTHON={sys.executable}").stdout
    assert done.index("-m venv .venv") < done.index("--require-hashes -r requirements.lock")


def test_without_a_python_that_is_new_enough_it_says_so(folder: Path) -> None:
    answer = make(folder, "run", "PYTHON=", check=False)
    assert answer.returncode != 0
    assert "needs Python 3.11 or newer" in answer.stderr
    assert not (folder / ".venv").exists()


def test_the_browsers_tests_fail_without_a_browser_and_say_what_to_install(tmp_path: Path) -> None:
    for tool in ("make", "sh"):
        (tmp_path / tool).symlink_to(str(shutil.which(tool)))
    answer = make(
        ROOT,
        "test-browser",
        *("-o", ".venv/dev.stamp", f'PY="{sys.executable}"'),
        check=False,
        PATH=str(tmp_path),
        CHROMIUM="",
        PYTEST_ADDOPTS="-x -p no:cacheprovider",
    )
    assert answer.returncode != 0
    assert "No Chromium found: install Debian's chromium package" in answer.stdout
