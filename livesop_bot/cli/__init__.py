"""The command line: each command reads the settings, calls one thing, and prints what came."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Sequence
from contextlib import AsyncExitStack
from importlib.metadata import version as installed
from pathlib import Path
from typing import Annotated, NoReturn

import asyncpg
import structlog
import typer
import yaml

from livesop_bot import app
from livesop_bot.app import EvaluatorName, Measuring, Role
from livesop_bot.cli import audit, knowledge, workflows
from livesop_bot.cli.command import (
    AUTHOR,
    LARGEST,
    PLAIN,
    Team,
    opened,
    settings_for_people,
    team_of,
    told,
)
from livesop_bot.db import migrations
from livesop_bot.db.pool import Pool, away
from livesop_bot.db.vectors import ensure_vectors
from livesop_bot.domain.replays import ReplayRequest, Version
from livesop_bot.domain.signals import SignalId, TeamId
from livesop_bot.errors import (
    ConfigurationError,
    DatabaseAway,
    DatabaseRefused,
    LivesopError,
)
from livesop_bot.logs import configure_logging, mask
from livesop_bot.ops.sentry import start_sentry
from livesop_bot.settings import Settings, load_settings
from livesop_bot.slack import manifest as slack_manifest

log = structlog.get_logger()

cli = typer.Typer(
    help="LiveSOP makes a team's standard operating procedures run, in Slack.",
    epilog="Settings come from the environment and .env; see .env.example.",
    add_completion=False,
    pretty_exceptions_enable=False,
    **PLAIN,
)
cli.add_typer(workflows.commands, name="workflows")
cli.add_typer(knowledge.commands, name="knowledge")
cli.add_typer(audit.commands, name="audit")


@cli.command()
def run(
    role: Annotated[
        Role, typer.Option(help="ingest: sockets, commands, Home; worker: the queue.")
    ] = Role.ALL,
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
    asyncio.run(_migrate(settings_for_people()))


@cli.command()
def replay(
    signal_id: Annotated[int, typer.Argument(min=1, max=LARGEST, metavar="SIGNAL_ID")],
    run: Annotated[bool, typer.Option("--run/--dry-run", help="Do it, or only say.")] = False,
    version: Annotated[
        Version, typer.Option(help="Of the SOP that was named before.")
    ] = Version.NEWEST,
    team: Team = "",
) -> None:
    """Say what would differ if a message were judged again."""
    settings, signal = settings_for_people(), SignalId(signal_id)

    def replayed(pool: Pool, id_: TeamId) -> Awaitable[Sequence[str]]:
        asked = ReplayRequest(team=id_, signal=signal, by=AUTHOR, version=version, dry_run=not run)
        return app.replay(settings, pool, asked)

    told(settings, team, replayed)


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
    asyncio.run(_eval(settings_for_people(), asked, team, as_json=as_json))


@cli.command("what-if")
def what_if(
    days: Annotated[int, typer.Option(min=1, max=3650, help="How far to look back.")] = 30,
    sop: Annotated[str, typer.Option(metavar="SLUG", help="Default: all.")] = "",
    team: Team = "",
) -> None:
    """Say what other thresholds would have started."""
    asyncio.run(_what_if(settings_for_people(), days, sop, team))


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
        case DatabaseRefused():
            return [ConfigurationError(f"DATABASE_URL: {error}; see `livesop doctor`")]
        case DatabaseAway():
            return [DatabaseAway(f"{error}; check that PostgreSQL runs, and DATABASE_URL")]
        case LivesopError():
            return [error]
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
    if settings.has_slack_tokens:
        # Else it would take the workspace's jobs and events, and post them where nobody is.
        apart = {"database_url": None, "livesop_data_dir": settings.livesop_data_dir / "sandbox"}
        settings = settings.model_copy(update=apart)
    page = f"http://127.0.0.1:{settings.sandbox_port}/"
    ready = (
        f"The sandbox is ready: open {page} in a browser. "
        f"Health: {_health_url(settings)}. Ctrl-C stops it."
    )
    _serve(settings, Role.ALL, ready, sandbox=True)


def _health_url(settings: Settings) -> str:
    host = f"[{settings.health_host}]" if ":" in settings.health_host else settings.health_host
    return f"http://{host}:{settings.health_port}/health"


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


async def _migrate(settings: Settings) -> None:
    async with opened(settings) as pool:
        with away():
            async with pool.acquire() as connection:
                applied = await migrations.migrate(connection)
                await ensure_vectors(connection)
    for name in applied:
        typer.echo(f"applied {name}")
    typer.echo("The database is up to date.")


async def _eval(settings: Settings, asked: Measuring, team: str, *, as_json: bool) -> None:
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(opened(settings)) if asked.needs_database else None
        lines, data = await app.measure(
            settings,
            asked,
            team=TeamId("none") if pool is None else await team_of(pool, team),
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
    async with opened(settings) as pool:
        chosen = await team_of(pool, team)
        for line in await app.tell_what_if(settings, pool, chosen, days=days, slug=sop):
            typer.echo(line)
