"""SOPs in and out of a team: all files or none, and what comes out goes in again."""

from pathlib import Path

import pytest

from livesop_bot.db.pool import Pool
from livesop_bot.db.workflows import Workflows
from livesop_bot.domain.signals import TeamId
from livesop_bot.errors import InvalidWorkflow
from livesop_bot.sop.document import dump, parse
from livesop_bot.sop.exchange import export_documents, import_documents, list_workflows
from livesop_bot.sop.starter_pack import starter_pack

TEAM, OTHER = TeamId("T1"), TeamId("T2")
PACK = starter_pack()
TEA = """\
slug: tea
title: Tea
trigger: {description: Somebody wants tea.}
steps: [{id: boil, title: Boil water, kind: manual}]
"""


@pytest.fixture
async def workflows(pool: Pool) -> Workflows:
    await pool.execute("INSERT INTO teams (team_id) VALUES ('T1'), ('T2')")
    return Workflows(pool)


def file(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


async def test_it_says_what_became_of_each_sop(workflows: Workflows, tmp_path: Path) -> None:
    tea = file(tmp_path, "tea.yaml", TEA)
    assert await import_documents(workflows, TEAM, [tea], "U1") == ["tea: created v1"]
    assert await import_documents(workflows, TEAM, [tea], "U1") == ["tea: unchanged v1"]
    file(tmp_path, "tea.yaml", TEA.replace("Tea\n", "Green tea\n"))
    pack = file(tmp_path, "pack.yaml", dump(PACK[:1]))
    assert await import_documents(workflows, TEAM, [tea, pack], "U1") == [
        "tea: updated v2",
        "access-request: created v1",
    ]
    assert await list_workflows(workflows, TEAM) == [
        "access-request  v1  Access request (5 steps)",
        "tea             v2  Green tea (1 steps)",
    ]
    assert await list_workflows(workflows, OTHER) == []


async def test_a_folder_stands_for_its_yaml_files(workflows: Workflows, tmp_path: Path) -> None:
    file(tmp_path, "b.yml", TEA)
    file(tmp_path, "a.yaml", TEA.replace("slug: tea", "slug: coffee"))
    file(tmp_path, "notes.txt", "not an SOP")
    lines = await import_documents(workflows, TEAM, [tmp_path, tmp_path / "a.yaml"], "U1")
    assert lines == ["coffee: created v1", "tea: created v1"]


async def test_nothing_is_written_while_any_file_is_wrong(
    workflows: Workflows, tmp_path: Path
) -> None:
    paths = [
        file(tmp_path, "good.yaml", TEA),
        file(tmp_path, "bad.yaml", TEA.replace("kind: manual", "kind: majik")),
        file(tmp_path, "twin.yaml", TEA),
        tmp_path / "missing.yaml",
    ]
    with pytest.raises(InvalidWorkflow) as caught:
        await import_documents(workflows, TEAM, paths, "U1")
    bad, twin, missing = str(caught.value).splitlines()
    assert bad.startswith(f"{paths[1]}, line 4, column 45: steps #1, kind: expected action")
    assert twin == f"{paths[2]}: slug 'tea' stands in {paths[0]} already"
    assert missing == f"{paths[3]}: cannot be read: No such file or directory"
    assert await workflows.current(TEAM) == ()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"title: ok\nslug: \xff", "line 2: expected UTF-8 text"),
        (b"#" * 1_000_001, "expected at most 1,000,000 bytes"),
    ],
)
async def test_what_is_no_text_of_a_sane_size_is_refused(
    workflows: Workflows, tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "tea.yaml"
    path.write_bytes(content)
    with pytest.raises(InvalidWorkflow, match=said):
        await import_documents(workflows, TEAM, [path], "U1")


async def test_a_folder_without_documents_is_refused(workflows: Workflows, tmp_path: Path) -> None:
    with pytest.raises(InvalidWorkflow, match=r"expected files that end in \.yaml, found none"):
        await import_documents(workflows, TEAM, [tmp_path], "U1")


async def test_what_was_written_out_goes_in_again_unchanged(
    workflows: Workflows, tmp_path: Path
) -> None:
    await workflows.load_starter_pack(TEAM, PACK)
    path = file(tmp_path, "all.yaml", await export_documents(workflows, TEAM))
    lines = await import_documents(workflows, TEAM, [path], "U1")
    assert lines == [f"{sop.slug}: unchanged v1" for sop in PACK]
    assert len(await import_documents(workflows, OTHER, [path], "U1")) == len(PACK)
    assert [w.definition for w in await workflows.current(OTHER)] == list(PACK)


async def test_chosen_sops_are_written_out_in_the_order_asked_for(workflows: Workflows) -> None:
    await workflows.load_starter_pack(TEAM, PACK)
    written = await export_documents(workflows, TEAM, ["incident", "bug-report", "incident"])
    assert parse(written, "written") == (PACK[2], PACK[1])
    assert await export_documents(workflows, TEAM, ["incident", "bug-report"]) == written


async def test_an_sop_that_is_not_there_is_not_written_out(workflows: Workflows) -> None:
    with pytest.raises(InvalidWorkflow, match="has no SOPs"):
        await export_documents(workflows, TEAM)
    await workflows.load_starter_pack(TEAM, PACK)
    with pytest.raises(InvalidWorkflow, match="There is no SOP tea; this team has: access-request"):
        await export_documents(workflows, TEAM, ["tea", "incident"])
