"""The command line: each command reads the settings, calls one thing, and prints what came."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime
from importlib.metadata import version as installed
from pathlib import Path
from typing import Annotated, Any, NoReturn

import asyncpg
import structlog
import typer
import yaml

from livesop_bot import app
from livesop_bot.app import EvaluatorName, Measuring, Role
from livesop_bot.db import migrations
from livesop_bot.db.audit import Audit
from livesop_bot.db.documents import Documents
from livesop_bot.db.pool import Pool, away
from livesop_bot.db.teams import Teams
from livesop_bot.db.vectors import ensure_vectors
from livesop_bot.db.workflows import Workflows
from livesop_bot.domain.audit import AuditHead
from livesop_bot.domain.replays import ReplayRequest, Version
from livesop_bot.domain.signals import SignalId, TeamId
from livesop_bot.errors import ConfigurationError, LivesopError, PermanentError
from livesop_bot.logs import configure_logging, mask
from livesop_bot.ops.audit import AuditCsv, audit_line, verified_line
from livesop_bot.ops.sentry import start_sentry
from livesop_bot.settings import Settings, load_settings
from livesop_bot.slack import manifest as slack_manifest
from livesop_bot.sop.exchange import export_documents, import_documents, list_workflows

AUTHOR = "command-line"
"""Who imports and replays from here; no Slack user has this id."""

log = structlog.get_logger()

# Plain help reads the same in a terminal, a log and a mail.
_PLAIN: dict[str, Any] = {"rich_markup_mode": None, "no_args_is_help": True}

cli = typer.Typer(
    help="LiveSOP makes a team's standard operating procedures run, in Slack.",
    epilog="Settings come from the environment and .env; see .env.example.",
    add_completion=False,
    pretty_exceptions_enable=False,
    **_PLAIN,
)
workflows = typer.Typer(help="Take SOPs in and out as YAML documents.", **_PLAIN)
knowledge = typer.Typer(help="Documents that evaluators may cite.", **_PLAIN)
audit = typer.Typer(help="Show, export and verify who did what.", **_PLAIN)

Team = Annotated[
    str, typer.Option(metavar="ID", help="Slack's team id. Default: the only team there is.")
]
Since = Annotated[datetime | None, typer.Option(help="From this time, UTC. Default: the first.")]
Until = Annotated[
    datetime | None, typer.Option(help="Until before this time, UTC. Default: the last.")
]
Slugs = Annotated[list[str] | None, typer.Argument(metavar="SLUG", help="Default: all.")]


@cli.command()
def run(
    role: Annotated[Role, typer.Option(help="Part of the work for this process.")] = Role.ALL,
) -> None:
    """Serve Slack; without tokens, the sandbox."""
    settings = load_settings()
    if settings.has_slack_tokens:
        ready = f"LiveSOP is ready. Health: {_health_url(settings)}. Ctrl-C stops it."
        _serve(settings, role, ready)
    elif role is Role.ALL:
        _serve_sandbox(settings)
    else:
        raise ConfigurationError(
            f"SLACK_BOT_TOKEN: missing; --role {role} serves a workspace, and the sandbox is one "
            "process"
        )


@cli.command()
def sandbox(
    port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Port of its page. Default: SANDBOX_PORT.")
    ] = None,
) -> None:
    """Serve the sandbox, whatever tokens are set."""
    settings = load_settings()
    _serve_sandbox(settings.model_copy(update={"sandbox_port": port or settings.sandbox_port}))


@cli.command()
def doctor() -> None:
    """Check tokens, database, model, Jira, ports."""
    # Imported here alone: openai takes 1.2 s and 45 MB, which `livesop run` has better use for.
    from livesop_bot.ops.doctor.examination import all_checks, examine
    from livesop_bot.ops.doctor.finding import Finding, Mark

    try:
        settings = load_settings()
    except ConfigurationError as error:
        for line in str(error).splitlines():
            typer.echo(Finding(Mark.FAIL, "settings", line))
        raise typer.Exit(1) from None
    configure_logging(settings, least="error")
    checks = all_checks(slack_manifest.BOT_SCOPES)
    if not asyncio.run(examine(settings, typer.echo, checks)):
        raise typer.Exit(1)


@cli.command()
def manifest(
    as_json: Annotated[bool, typer.Option("--json", help="JSON in place of YAML.")] = False,
) -> None:
    """Print the Slack app manifest, to paste."""
    document = slack_manifest.manifest()
    text = json.dumps(document, indent=2) if as_json else yaml.safe_dump(document, sort_keys=False)
    typer.echo(text.rstrip())


@cli.command()
def migrate() -> None:
    """Bring the database to this version's schema."""
    asyncio.run(_migrate(_settings_for_people()))


@cli.command()
def replay(
    signal_id: Annotated[int, typer.Argument(min=1, metavar="SIGNAL_ID")],
    run: Annotated[bool, typer.Option("--run", help="Do it; else it is only said.")] = False,
    version: Annotated[
        Version, typer.Option(help="Of the SOP that was named before.")
    ] = Version.NEWEST,
    team: Team = "",
) -> None:
    """Say what would differ if a message were judged again."""
    settings, signal = _settings_for_people(), SignalId(signal_id)

    def replayed(pool: Pool, id_: TeamId) -> Awaitable[Sequence[str]]:
        asked = ReplayRequest(team=id_, signal=signal, by=AUTHOR, version=version, dry_run=not run)
        return app.replay(settings, pool, asked)

    _told(settings, team, replayed)


@cli.command("eval")
def eval_(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="FILE", help="Labelled messages. Default: the team's verdicts."),
    ] = None,
    sops: Annotated[
        Path | None,
        typer.Option("--workflows", metavar="PATH", help="SOP documents, not the team's."),
    ] = None,
    examples: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Labelled phrases to make SOPs of, not the team's."),
    ] = None,
    evaluator: Annotated[EvaluatorName, typer.Option()] = EvaluatorName.LOCAL,
    compare: Annotated[
        str, typer.Option(metavar="WHAT", help="Evaluator, SOP documents, or SLUG@VERSION.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="All figures, as JSON.")] = False,
    team: Team = "",
) -> None:
    """Measure how well messages are judged."""
    if sops is not None and examples is not None:
        raise typer.BadParameter("give --workflows or --examples, not both")
    asked = Measuring(file=file, sops=sops, examples=examples, evaluator=evaluator, versus=compare)
    asyncio.run(_eval(_settings_for_people(), asked, team, as_json=as_json))


@cli.command("what-if")
def what_if(
    days: Annotated[int, typer.Option(min=1, max=3650, help="How far to look back.")] = 30,
    sop: Annotated[str, typer.Option(metavar="SLUG", help="Default: all.")] = "",
    team: Team = "",
) -> None:
    """Say what other thresholds would have started."""
    asyncio.run(_what_if(_settings_for_people(), days, sop, team))


@workflows.command("import")
def import_(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Files or folders.")],
    team: Team = "",
) -> None:
    """Publish the SOPs of YAML documents: all of them, or none."""
    asyncio.run(_import(_settings_for_people(), files, team))


@workflows.command("export")
def export(slugs: Slugs = None, team: Team = "") -> None:
    """Print SOPs as one YAML document."""
    asyncio.run(_export(_settings_for_people(), slugs or [], team))


@workflows.command("list")
def list_(team: Team = "") -> None:
    """List the SOPs with their versions."""
    asyncio.run(_list(_settings_for_people(), team))


cli.add_typer(workflows, name="workflows")


@knowledge.command("add")
def knowledge_add(
    files: Annotated[list[Path], typer.Argument(metavar="FILE", help="Markdown, text, CSV, PDF.")],
    team: Team = "",
) -> None:
    """Add files; a running LiveSOP makes their vectors."""
    settings = _settings_for_people()
    _told(settings, team, lambda pool, id_: app.add_documents(Documents(pool), id_, files, AUTHOR))


@knowledge.command("list")
def knowledge_list(team: Team = "") -> None:
    """List the documents with their numbers."""
    settings = _settings_for_people()
    _told(settings, team, lambda pool, id_: app.list_documents(Documents(pool), id_))


@knowledge.command("remove")
def knowledge_remove(
    number: Annotated[int, typer.Argument(min=1, metavar="NUMBER")], team: Team = ""
) -> None:
    """Remove a document with all that was made of it."""
    settings = _settings_for_people()
    _told(settings, team, lambda pool, id_: app.remove_document(Documents(pool), id_, number))


@knowledge.command("search")
def knowledge_search(
    words: Annotated[list[str], typer.Argument(metavar="WORD")], team: Team = ""
) -> None:
    """Show what an evaluator would get for a message of these words."""
    settings = _settings_for_people()
    text = " ".join(words)
    _told(settings, team, lambda pool, id_: app.search_knowledge(settings, pool, id_, text))


cli.add_typer(knowledge, name="knowledge")


@audit.command("verify")
def verify(
    team: Annotated[str, typer.Option(metavar="ID", help="Default: every team.")] = "",
    head: Annotated[
        str, typer.Option(metavar="NUMBER:HASH", help="A head of the team that was kept elsewhere.")
    ] = "",
) -> None:
    """Check that no row was changed or taken out."""
    if not asyncio.run(_verify(_settings_for_people(), team, head)):
        raise typer.Exit(1)


@audit.command("list")
def list_audit(
    last: Annotated[int, typer.Option(min=1, metavar="N", help="How many.")] = 20, team: Team = ""
) -> None:
    """List the last rows, the newest at the end."""
    asyncio.run(_list_audit(_settings_for_people(), last, team))


@audit.command("export")
def export_audit(since: Since = None, until: Until = None, team: Team = "") -> None:
    """Print the rows as CSV."""
    asyncio.run(_export_audit(_settings_for_people(), team, since, until))


cli.add_typer(audit, name="audit")


@cli.command()
def version() -> None:
    """Print the version."""
    typer.echo(f"livesop-bot {installed('livesop-bot')}")


def main() -> NoReturn:
    """Run the command line; what can be explained is, in a line, without a traceback."""
    try:
        cli(prog_name="livesop")
    except Exception as error:
        explained = _explained(error)
        if explained is None:
            raise
        for cause in explained:
            for line in mask(str(cause)).splitlines():
                typer.echo(f"livesop: {line}", err=True)
        sys.exit(2 if any(isinstance(cause, ConfigurationError) for cause in explained) else 1)
    sys.exit(0)


def _explained(error: BaseException) -> list[LivesopError] | None:
    """Our own errors in it, also where a TaskGroup wrapped them; None if there is any other."""
    match error:
        case LivesopError():
            return [error]
        case asyncpg.InvalidAuthorizationSpecificationError() | asyncpg.InvalidCatalogNameError():
            return [ConfigurationError(f"DATABASE_URL: PostgreSQL refused it: {error}")]
        case asyncpg.UndefinedTableError():
            return [ConfigurationError("The database is not migrated; run `livesop migrate`.")]
        case BaseExceptionGroup():
            causes: list[LivesopError] = []
            for part in error.exceptions:
                if (explained := _explained(part)) is None:
                    return None
                causes += explained
            return causes
        case _:
            return None


def _serve_sandbox(settings: Settings) -> None:
    page = f"http://127.0.0.1:{settings.sandbox_port}/"
    ready = (
        f"The sandbox is ready: open {page} in a browser. "
        f"Health: {_health_url(settings)}. Ctrl-C stops it."
    )
    _serve(settings, Role.ALL, ready, sandbox=True)


def _health_url(settings: Settings) -> str:
    return f"http://{settings.health_host}:{settings.health_port}/health"


def _serve(settings: Settings, role: Role, ready: str, *, sandbox: bool = False) -> None:
    typer.echo("LiveSOP is starting …")
    configure_logging(settings)
    if (tap := start_sentry(settings, installed("livesop-bot"))) is not None:
        configure_logging(settings, tap)
    try:
        asyncio.run(app.run(settings, role, sandbox=sandbox, on_ready=lambda: typer.echo(ready)))
    except Exception as error:
        if _explained(error) is not None:
            raise
        log.exception("process.crashed", role=role)
        raise typer.Exit(1) from error


def _settings_for_people() -> Settings:
    """The settings for a command whose output is for people: logs only from warnings upwards."""
    settings = load_settings()
    configure_logging(settings, least="warning")
    return settings


async def _migrate(settings: Settings) -> None:
    async with _open(settings) as pool:
        with away():
            async with pool.acquire() as connection:
                applied = await migrations.migrate(connection)
                await ensure_vectors(connection)
    for name in applied:
        typer.echo(f"applied {name}")
    typer.echo("The database is up to date.")


async def _import(settings: Settings, files: Sequence[Path], team: str) -> None:
    async with _open(settings) as pool:
        chosen = await _team(pool, team)
        for line in await import_documents(Workflows(pool), chosen, files, AUTHOR):
            typer.echo(line)


async def _export(settings: Settings, slugs: Sequence[str], team: str) -> None:
    async with _open(settings) as pool:
        chosen = await _team(pool, team)
        typer.echo((await export_documents(Workflows(pool), chosen, slugs)).rstrip())


async def _list(settings: Settings, team: str) -> None:
    async with _open(settings) as pool:
        for line in await list_workflows(Workflows(pool), await _team(pool, team)):
            typer.echo(line)


async def _eval(settings: Settings, asked: Measuring, team: str, *, as_json: bool) -> None:
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(_open(settings)) if asked.needs_database else None
        lines, data = await app.measure(
            settings,
            asked,
            team=TeamId("none") if pool is None else await _team(pool, team),
            pool=pool,
            told=_progress,
            warn=lambda line: typer.echo(line, err=True),
        )
    typer.echo(data if as_json else "\n".join(lines).rstrip())


def _progress(name: str, total: int, done: int) -> None:
    """Say on the way how far a long trial has come, at each tenth."""
    if total >= 100 and done * 10 // total > (done - 1) * 10 // total:
        typer.echo(f"{name}: {done:,} of {total:,}", err=True)


async def _what_if(settings: Settings, days: int, sop: str, team: str) -> None:
    async with _open(settings) as pool:
        chosen = await _team(pool, team)
        for line in await app.tell_what_if(settings, pool, chosen, days=days, slug=sop):
            typer.echo(line)


def _told(
    settings: Settings, team: str, work: Callable[[Pool, TeamId], Awaitable[Sequence[str]]]
) -> None:
    """Do work for the team asked for, and print its lines."""

    async def tell() -> None:
        async with _open(settings) as pool:
            for line in await work(pool, await _team(pool, team)):
                typer.echo(line)

    asyncio.run(tell())


async def _verify(settings: Settings, team: str, head: str) -> bool:
    kept = _head(head) if head else None
    async with _open(settings) as pool:
        audit_log = Audit(pool)
        teams = (await _team(pool, team),) if team or kept else await audit_log.teams()
        found = [await audit_log.verify(each, kept) for each in teams]
    for verified in found:
        typer.echo(verified_line(verified))
    return all(verified.fault is None for verified in found)


def _head(text: str) -> AuditHead:
    try:
        return AuditHead.parse(text)
    except ValueError as error:
        raise PermanentError(f"--head: expected a number, a colon and a hash: {error}") from error


async def _list_audit(settings: Settings, last: int, team: str) -> None:
    async with _open(settings) as pool:
        for row in await Audit(pool).last(await _team(pool, team), last):
            typer.echo(audit_line(row))


async def _export_audit(
    settings: Settings, team: str, since: datetime | None, until: datetime | None
) -> None:
    async with _open(settings) as pool:
        chosen = await _team(pool, team)
        table = AuditCsv(sys.stdout)
        async for row in Audit(pool).rows(chosen, _utc(since), _utc(until)):
            table.write(row)


def _utc(time: datetime | None) -> datetime | None:
    return None if time is None else time.replace(tzinfo=UTC)


@asynccontextmanager
async def _open(settings: Settings) -> AsyncIterator[Pool]:
    async with app.database(settings) as dsn, app.open_pool(dsn, max_size=2) as pool:
        yield pool


async def _team(pool: Pool, wanted: str) -> TeamId:
    """The team asked for, or the only one; raises PermanentError listing those there are."""
    known = await Teams(pool).known()
    if not known:
        raise PermanentError(
            "No team is known yet: start `livesop run` once, so that it meets one."
        )
    if wanted in known:
        return TeamId(wanted)
    if not wanted and len(known) == 1:
        return next(iter(known))
    there = ", ".join(f"{team} ({name})" for team, name in known.items())
    problem = f"There is no team {wanted}" if wanted else "There are several teams"
    raise PermanentError(f"{problem}; choose with --team: {there}")
