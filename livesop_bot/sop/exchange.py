"""SOPs in and out of a team: documents are published, and SOPs are written as documents."""

from collections.abc import Sequence
from pathlib import Path

from livesop_bot.db.workflows import Workflows
from livesop_bot.domain.signals import TeamId
from livesop_bot.domain.workflows import WorkflowDefinition
from livesop_bot.errors import InvalidWorkflow
from livesop_bot.sop.document import dump, parse
from livesop_bot.sop.reading import MAX_BYTES

_ENDINGS = (".yaml", ".yml")


async def import_documents(
    workflows: Workflows, team: TeamId, paths: Sequence[Path], by: str
) -> list[str]:
    """Publish the SOPs of all files, or of none; a folder stands for the YAML files in it.

    Gives a line for people about each SOP. Raises InvalidWorkflow with everything that is wrong
    in any of the files, before anything is written.
    """
    lines = []
    for definition in read_documents(paths):
        before = await workflows.get(team, definition.slug)
        workflow, is_new = await workflows.publish(team, definition, by)
        done = "unchanged"
        if is_new:
            done = "updated" if before else "created"
        lines.append(f"{workflow.slug}: {done} v{workflow.version}")
    return lines


async def export_documents(workflows: Workflows, team: TeamId, slugs: Sequence[str] = ()) -> str:
    """Write the team's SOPs of these slugs as one document; without any, all of them.

    Raises InvalidWorkflow where the team lacks one, or has none at all.
    """
    known = {workflow.slug: workflow.definition for workflow in await workflows.current(team)}
    if missing := [slug for slug in slugs if slug not in known]:
        has = ", ".join(known) or "none"
        raise InvalidWorkflow(f"There is no SOP {', '.join(missing)}; this team has: {has}.")
    chosen = [known[slug] for slug in dict.fromkeys(slugs)] or list(known.values())
    if not chosen:
        raise InvalidWorkflow("This team has no SOPs to write out.")
    return dump(chosen)


async def list_workflows(workflows: Workflows, team: TeamId) -> list[str]:
    """Give a line for people about each of the team's SOPs."""
    current = await workflows.current(team)
    width = max((len(workflow.slug) for workflow in current), default=0)
    return [
        f"{workflow.slug:<{width}}  v{workflow.version}  {workflow.title} "
        f"({len(workflow.definition.steps)} steps)"
        for workflow in current
    ]


def read_documents(paths: Sequence[Path]) -> list[WorkflowDefinition]:
    """Read all files; raises InvalidWorkflow with the mistakes of all of them."""
    definitions: dict[str, WorkflowDefinition] = {}
    origins: dict[str, Path] = {}
    problems = []
    for path in _files(paths):
        try:
            found = parse(_text(path), str(path))
        except InvalidWorkflow as error:
            problems.append(str(error))
            continue
        for definition in found:
            if definition.slug in definitions:
                first = origins[definition.slug]
                problems.append(f"{path}: slug {definition.slug!r} stands in {first} already")
            definitions.setdefault(definition.slug, definition)
            origins.setdefault(definition.slug, path)
    if problems:
        raise InvalidWorkflow("\n".join(problems))
    return list(definitions.values())


def _files(paths: Sequence[Path]) -> list[Path]:
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            inside = sorted(entry for entry in path.iterdir() if entry.suffix in _ENDINGS)
            if not inside:
                raise InvalidWorkflow(f"{path}: expected files that end in .yaml, found none")
            files += inside
        else:
            files.append(path)
    return list(dict.fromkeys(files))


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InvalidWorkflow(f"{path}: cannot be read: {error.strerror or error}") from error
    if len(content) > MAX_BYTES:
        raise InvalidWorkflow(f"{path}: expected at most {MAX_BYTES:,} bytes")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise InvalidWorkflow(f"{path}, line {line}: expected UTF-8 text") from error
