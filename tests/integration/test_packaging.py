"""The SQL files are found from a wheel and from an editable install alike."""

import json
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

_LOOK = """
import json, sys
sys.path[:0] = json.loads(sys.argv[1])
import livesop_bot
from livesop_bot.db.migrations import load
from livesop_bot.db.queries import queries, sql_folder
json.dump({
    "package": livesop_bot.__file__,
    "sql": str(sql_folder()),
    "migrations": [migration.name for migration in load()],
    "queries": list(queries()),
}, sys.stdout)
"""


def _run(*command: str, cwd: Path) -> str:
    answer = subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, timeout=100, check=False
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


def _expected() -> dict[str, list[str]]:
    """What is in the working tree, seen without the code that is tested."""
    blocks = "".join(path.read_text() for path in (ROOT / "sql" / "queries").glob("*.sql"))
    return {
        "migrations": sorted(path.name for path in (ROOT / "sql" / "migrations").glob("*.sql")),
        "queries": sorted(
            line.removeprefix("-- name: ").strip()
            for line in blocks.splitlines()
            if line.startswith("-- name: ")
        ),
    }


def test_a_wheel_brings_the_sql_along(tmp_path: Path) -> None:
    _run(
        *(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path / "dist")),
        cwd=ROOT,
    )
    (wheel,) = (tmp_path / "dist").glob("*.whl")
    installed = tmp_path / "installed"
    _run(
        *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
        *("--no-deps", "--no-index", "--target", str(installed), str(wheel)),
        cwd=tmp_path,
    )
    # -S: no .pth files, so the editable install is not on the path; what we depend on is.
    path = json.dumps([str(installed), sysconfig.get_path("purelib")])
    found = json.loads(_run(sys.executable, "-IS", "-c", _LOOK, path, cwd=tmp_path))
    assert Path(found.pop("package")).is_relative_to(installed)
    assert Path(found.pop("sql")) == installed / "livesop_bot" / "sql"
    assert found == _expected()


def test_an_editable_install_finds_the_sql_of_the_working_tree(tmp_path: Path) -> None:
    found = json.loads(_run(sys.executable, "-I", "-c", _LOOK, "[]", cwd=tmp_path))
    assert Path(found.pop("package")) == ROOT / "livesop_bot" / "__init__.py"
    assert Path(found.pop("sql")) == ROOT / "sql"
    assert found == _expected()
