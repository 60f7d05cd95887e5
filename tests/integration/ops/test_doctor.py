"""The doctor against servers on loopback that are well, refuse, or say nothing."""

import asyncio
import os
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import asyncpg
import pytest
import pytest_asyncio
from aiohttp import web

from livesop_bot.db.embedded import EmbeddedPostgres
from livesop_bot.ops.doctor import database, machine, services, slack
from livesop_bot.ops.doctor.examination import Check, all_checks, examine
from livesop_bot.ops.doctor.finding import Finding, Mark
from livesop_bot.sandbox.demo import demo_workspace
from livesop_bot.sandbox.server import SlackServer
from livesop_bot.settings import Settings
from livesop_bot.slack.manifest import BOT_SCOPES

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Serve = Callable[[Handler], Awaitable[str]]


def settings(**values: Any) -> Settings:
    return Settings(_env_file=None, **values)


@pytest_asyncio.fixture
async def serve() -> AsyncIterator[Serve]:
    """Start servers that answer every request with the handler; gives their base URLs."""
    async with AsyncExitStack() as stack:

        async def start(handler: Handler) -> str:
            app = web.Application()
            app.router.add_route("*", "/{path:.*}", handler)
            runner = web.AppRunner(app, shutdown_timeout=0.1)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            return f"http://127.0.0.1:{runner.addresses[0][1]}"

        yield start


@pytest_asyncio.fixture
async def workspace() -> AsyncIterator[SlackServer]:
    async with SlackServer(demo_workspace()) as server:
        yield server


@pytest.fixture
def nobody() -> str:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


def of(server: SlackServer, **values: Any) -> Settings:
    values = {"slack_bot_token": server.bot_token, "slack_app_token": server.app_token} | values
    return settings(slack_api_url=server.api_url, **values)


async def bot_token(values: Settings) -> list[Finding]:
    return await slack.bot_token(values, BOT_SCOPES)


async def test_good_tokens_say_who_the_bot_is_and_that_the_scopes_suffice(
    workspace: SlackServer,
) -> None:
    token, scopes = await bot_token(of(workspace))
    assert token.mark is scopes.mark is Mark.OK
    assert workspace.workspace.team.id in token.found


async def test_missing_scopes_are_named(workspace: SlackServer) -> None:
    workspace.scopes.difference_update({"files:write", "im:history"})
    _, scopes = await bot_token(of(workspace))
    assert (scopes.mark, scopes.found) == (Mark.FAIL, "missing files:write, im:history")
    assert "livesop manifest" in scopes.advice


async def test_a_refused_bot_token_says_why(workspace: SlackServer) -> None:
    [finding] = await bot_token(of(workspace, slack_bot_token="xoxb-other"))
    assert finding.mark is Mark.FAIL
    assert finding.found == "SLACK_BOT_TOKEN was refused (invalid_auth)"
    assert "copy the token again" in finding.advice


async def test_a_socket_is_opened_up_to_hello_and_closed_again(workspace: SlackServer) -> None:
    [finding] = await slack.socket(of(workspace))
    assert finding == Finding(Mark.OK, "socket", "Slack said hello; 1 open with this one")
    [again] = await slack.socket(of(workspace))
    assert again == finding, "the first one is gone"


async def test_a_refused_app_token_says_why(workspace: SlackServer) -> None:
    [finding] = await slack.socket(of(workspace, slack_app_token="xapp-other"))
    assert (finding.mark, finding.found) == (
        Mark.FAIL,
        "SLACK_APP_TOKEN was refused (invalid_auth)",
    )


async def test_a_disconnect_instead_of_hello_is_told(serve: Serve) -> None:
    async def handler(request: web.Request) -> web.StreamResponse:
        if request.path == "/link":
            socket = web.WebSocketResponse()
            await socket.prepare(request)
            await socket.send_json({"type": "disconnect", "reason": "too_many_websockets"})
            await socket.close()
            return socket
        url = f"ws://{request.host}/link"
        return web.json_response({"ok": True, "url": url})

    base = await serve(handler)
    [finding] = await slack.socket(
        settings(slack_bot_token="xoxb-1", slack_app_token="xapp-1", slack_api_url=base)
    )
    assert finding.mark is Mark.FAIL
    assert "too_many_websockets" in finding.found


async def _html(_: web.Request) -> web.Response:
    return web.Response(text="<h1>proxy</h1>", content_type="text/html", status=502)


async def _login(_: web.Request) -> web.Response:
    return web.Response(text="<h1>who are you?</h1>", content_type="text/html")


@pytest.mark.parametrize("look", [bot_token, slack.socket])
async def test_what_is_not_slack_at_all_is_a_failure_in_words(
    serve: Serve, nobody: str, look: Callable[[Settings], Awaitable[list[Finding]]]
) -> None:
    for base in (f"http://{nobody}", await serve(_html), await serve(_login)):
        [finding] = await look(
            settings(slack_bot_token="xoxb-1", slack_app_token="xapp-1", slack_api_url=base)
        )
        assert finding.mark is Mark.FAIL
        assert finding.advice == "check SLACK_API_URL, the network and any proxy"


async def test_without_slack_tokens_both_are_skipped() -> None:
    for look in (bot_token, slack.socket):
        [finding] = await look(settings())
        assert finding.mark is Mark.SKIP


async def test_a_migrated_database_is_told_with_version_and_extensions(database_: str) -> None:
    found = await database.database(settings(database_url=database_))
    assert [finding.mark for finding in found] == [Mark.OK] * 3
    assert found[0].found.startswith("PostgreSQL 1")
    assert found[1].found == "migrated"
    assert (found[2].subject, found[2].found) == ("pgvector", "available")


@pytest.fixture
def database_(database: str) -> str:  # the fixture of conftest, beside the module of that name
    return database


async def test_an_empty_database_may_be_migrated_later(empty_database: str) -> None:
    _, schema, _ = await database.database(settings(database_url=empty_database))
    assert schema.mark is Mark.OK
    assert "pending" in schema.found
    assert "livesop migrate" in schema.advice


async def test_a_server_without_pgvector_is_told_and_is_no_failure(plain_database: str) -> None:
    *_, vectors = await database.database(settings(database_url=plain_database))
    assert (vectors.mark, vectors.found) == (Mark.OK, "not available")


async def test_trying_pgvector_leaves_nothing_behind(empty_database: str) -> None:
    *_, vectors = await database.database(settings(database_url=empty_database))
    assert vectors.found == "available"
    connection = await asyncpg.connect(empty_database)
    try:
        assert not await connection.fetchval(
            "SELECT EXISTS (SELECT FROM pg_extension WHERE extname = 'vector')"
        )
    finally:
        await connection.close()


async def startup(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """What PostgreSQL 13 says to somebody who connects; no more is asked of it."""
    (size,) = struct.unpack("!i", await reader.readexactly(4))
    await reader.readexactly(size - 4)
    parts = [(b"R", struct.pack("!i", 0)), (b"S", b"server_version\x0013.23\0"), (b"Z", b"I")]
    for kind, body in parts:
        writer.write(kind + struct.pack("!i", len(body) + 4) + body)
    assert await reader.readexactly(5) == b"X\0\0\0\4"  # the other side ends it
    writer.close()


async def test_a_server_that_is_too_old_is_a_failure_and_asked_nothing() -> None:
    server = await asyncio.start_server(startup, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        dsn = f"postgresql://ada@127.0.0.1:{port}/livesop?sslmode=disable"
        [finding] = await database.database(settings(database_url=dsn))
    assert finding.mark is Mark.FAIL
    assert finding.found == "PostgreSQL 13.23 (DATABASE_URL)"
    assert "version 14 or newer" in finding.advice


async def test_a_user_without_the_right_to_create_tables_is_a_failure(
    empty_database: str,
) -> None:
    connection = await asyncpg.connect(empty_database)
    await connection.execute("CREATE ROLE reader LOGIN")
    await connection.execute("REVOKE CREATE ON SCHEMA public FROM PUBLIC")
    try:
        dsn = empty_database.replace("//livesop@", "//reader@")
        _, schema, vectors = await database.database(settings(database_url=dsn))
    finally:
        await connection.execute("DROP ROLE reader")
        await connection.close()
    assert schema.mark is Mark.FAIL
    assert "may not create tables" in schema.advice
    assert vectors.mark is Mark.WARN
    assert "CREATE EXTENSION vector" in vectors.advice


async def test_a_database_that_is_not_there_is_a_failure_without_the_password(
    database_: str, nobody: str
) -> None:
    for url in (
        f"postgresql://ada:secret@{nobody}/livesop",
        database_.replace("/test_", "/no_test_"),
    ):
        [finding] = await database.database(settings(database_url=url))
        assert finding.mark is Mark.FAIL
        assert "DATABASE_URL" in finding.advice
        assert "secret" not in str(finding)


async def test_a_parameter_that_the_driver_does_not_take_is_named(nobody: str) -> None:
    url = f"postgresql://ada:secret@{nobody}/livesop?sslmode=sometimes"
    [finding] = await database.database(settings(database_url=url))
    assert finding.mark is Mark.FAIL
    assert finding.found.startswith(
        "PostgreSQL cannot be asked: `sslmode` parameter must be one of"
    )


async def test_the_embedded_server_is_tried_or_found_running(data_dir: Path) -> None:
    own, *_ = await database.database(settings(livesop_data_dir=data_dir))
    assert (own.mark, own.found[-10:]) == (Mark.OK, "(embedded)")
    async with EmbeddedPostgres(data_dir):
        running, *_ = await database.database(settings(livesop_data_dir=data_dir))
    assert running.found.endswith("in use by a running LiveSOP)")


async def test_an_embedded_server_without_a_folder_is_a_failure(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()
    [finding] = await database.database(settings(livesop_data_dir=file))
    assert finding.mark is Mark.FAIL
    assert "LIVESOP_DATA_DIR" in finding.found


MODEL = {"id": "gpt-4o-mini", "object": "model", "created": 1, "owned_by": "someone"}


@pytest.mark.parametrize(
    ("status", "mark", "said"),
    [
        (200, Mark.OK, "gpt-4o-mini at http"),
        (401, Mark.FAIL, "OPENAI_API_KEY"),
        (403, Mark.FAIL, "project"),
        (404, Mark.FAIL, "OPENAI_MODEL"),
        (429, Mark.FAIL, "limits"),
        (500, Mark.FAIL, "later"),
    ],
)
async def test_each_answer_about_the_model_is_explained(
    serve: Serve, status: int, mark: Mark, said: str
) -> None:
    asked = []

    async def handler(request: web.Request) -> web.Response:
        asked.append((request.path, request.headers["Authorization"]))
        return web.json_response(MODEL if status == 200 else {"error": {}}, status=status)

    base = await serve(handler)
    [finding] = await services.model(settings(openai_api_key="sk-1", openai_base_url=base))
    assert finding.mark is mark
    assert said in f"{finding.found} {finding.advice}"
    assert asked == [("/models/gpt-4o-mini", "Bearer sk-1")], "asked once: the doctor is quick"


async def test_a_model_service_that_is_not_there_is_a_failure(nobody: str) -> None:
    [finding] = await services.model(
        settings(openai_api_key="sk-1", openai_base_url=f"http://{nobody}")
    )
    assert (finding.mark, finding.found) == (Mark.FAIL, "no connection")


async def test_a_page_is_no_model_service(serve: Serve) -> None:
    base = await serve(_login)
    [finding] = await services.model(settings(openai_api_key="sk-1", openai_base_url=base))
    assert finding.mark is Mark.FAIL
    assert "OPENAI_BASE_URL" in finding.advice


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"openai_api_key": "sk-1", "livesop_evaluator": "local"},
        {"openai_api_key": "sk-1", "livesop_evaluator": "words"},
    ],
)
async def test_no_model_is_asked_where_none_is_used(values: dict[str, str]) -> None:
    [finding] = await services.model(settings(**values))
    assert finding.mark is Mark.SKIP


def with_jira(base: str, project: str | None = "OPS") -> Settings:
    return settings(
        jira_base_url=base,
        jira_email="ada@example.com",
        jira_api_token="secret",
        jira_project=project,
    )


@pytest.mark.parametrize(
    ("myself", "project", "mark", "said"),
    [
        (200, 200, Mark.OK, "sees project OPS"),
        (401, 200, Mark.FAIL, "JIRA_API_TOKEN"),
        (404, 200, Mark.FAIL, "JIRA_BASE_URL"),
        (200, 404, Mark.FAIL, "JIRA_PROJECT"),
        (503, 200, Mark.FAIL, "later"),
    ],
)
async def test_each_answer_of_jira_is_explained(
    serve: Serve, myself: int, project: int, mark: Mark, said: str
) -> None:
    async def handler(request: web.Request) -> web.Response:
        assert request.headers["Authorization"].startswith("Basic ")
        paths = {"/rest/api/3/myself": myself, "/rest/api/3/project/OPS": project}
        return web.json_response({"self": request.path}, status=paths[request.path])

    [finding] = await services.jira(with_jira(await serve(handler)))
    assert finding.mark is mark
    assert said in f"{finding.found} {finding.advice}"
    assert "secret" not in str(finding)


async def test_sops_may_name_projects_where_no_setting_does(serve: Serve) -> None:
    async def handler(request: web.Request) -> web.Response:
        known = request.path == "/rest/api/3/myself"
        return web.json_response({"self": request.path}, status=200 if known else 500)

    [finding] = await services.jira(with_jira(await serve(handler), project=None))
    assert (finding.mark, finding.found) == (
        Mark.OK,
        "ada@example.com is known; JIRA_PROJECT is not set",
    )


async def test_jira_is_skipped_where_it_is_not_set_and_fails_where_it_is_away(
    serve: Serve, nobody: str
) -> None:
    [skipped] = await services.jira(settings())
    assert skipped.mark is Mark.SKIP
    [elsewhere] = await services.jira(with_jira(await serve(_login)))
    assert (elsewhere.mark, elsewhere.advice) == (Mark.FAIL, "check JIRA_BASE_URL")
    [away] = await services.jira(with_jira(f"http://{nobody}"))
    assert away.mark is Mark.FAIL


async def test_a_port_is_free_ours_or_taken(serve: Serve, nobody: str) -> None:
    async def ours(_: web.Request) -> web.Response:
        return web.json_response({"service": "livesop-bot"})

    def port(address: str) -> Settings:
        return settings(health_port=int(address.rpartition(":")[2]))

    [free] = await machine.health_port(port(nobody))
    assert (free.mark, free.found[-7:]) == (Mark.OK, "is free")
    [running] = await machine.health_port(port(await serve(ours)))
    assert (running.mark, running.found[-20:]) == (Mark.OK, "by a running LiveSOP")
    [taken] = await machine.health_port(port(await serve(_html)))
    assert taken.mark is Mark.FAIL
    assert "HEALTH_PORT" in taken.advice
    [elsewhere] = await machine.health_port(settings(health_host="192.0.2.1"))
    assert (elsewhere.mark, elsewhere.advice) == (Mark.FAIL, "set another HEALTH_HOST")


async def test_the_sandbox_port_matters_where_there_is_no_workspace(
    workspace: SlackServer, nobody: str
) -> None:
    [skipped] = await machine.sandbox_port(of(workspace))
    assert skipped.mark is Mark.SKIP
    port = int(workspace.page_url.rstrip("/").rpartition(":")[2])
    [running] = await machine.sandbox_port(settings(sandbox_port=port))
    assert (running.mark, running.found) == (Mark.OK, f"{port} is in use by a running LiveSOP")


async def test_the_data_folder_is_told_with_its_room(tmp_path: Path) -> None:
    [finding] = await machine.data_folder(settings(livesop_data_dir=tmp_path / "new" / "er"))
    assert finding.mark is Mark.OK
    assert "(will be made)" in finding.found
    assert not (tmp_path / "new").exists()
    [cramped] = await machine.data_folder(
        settings(livesop_data_dir=tmp_path, livesop_spool_max_mb=10**9)
    )
    assert cramped.mark is Mark.WARN
    assert "LIVESOP_SPOOL_MAX_MB" in cramped.advice


async def test_a_data_folder_that_is_a_file_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    [finding] = await machine.data_folder(settings(livesop_data_dir=tmp_path / "file" / "data"))
    assert finding.mark is Mark.FAIL


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_data_folder_of_somebody_else_is_a_failure(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    [finding] = asyncio.run(machine.data_folder(settings(livesop_data_dir=tmp_path / "data")))
    assert finding.mark is Mark.FAIL


async def test_findings_are_told_in_order_though_checks_run_at_once() -> None:
    begun = asyncio.Barrier(2)

    async def first(_: Settings) -> list[Finding]:
        await begun.wait()
        await asyncio.sleep(0)
        return [Finding(Mark.OK, "first", "")]

    async def second(_: Settings) -> list[Finding]:
        await begun.wait()
        return [Finding(Mark.SKIP, "second", "")]

    told: list[Finding] = []
    assert await examine(settings(), told.append, [Check("first", first), Check("second", second)])
    assert [finding.subject for finding in told] == ["settings", "first", "second"]


async def test_a_check_that_hangs_or_breaks_is_a_failure_and_hides_no_other() -> None:
    async def hangs(_: Settings) -> list[Finding]:
        await asyncio.Event().wait()
        return []

    async def breaks(_: Settings) -> list[Finding]:
        raise KeyError("xoxb-1-2-secret")

    async def well(_: Settings) -> list[Finding]:
        return [Finding(Mark.OK, "well", "fine")]

    told: list[Finding] = []
    checks = [Check("hangs", hangs, limit=0.05), Check("breaks", breaks), Check("well", well)]
    assert not await examine(settings(), told.append, checks)
    assert [(finding.subject, finding.mark) for finding in told[1:]] == [
        ("hangs", "fail"),
        ("breaks", "fail"),
        ("well", "ok"),
    ]
    assert told[1].found == "no answer within 0.05 s"
    assert "secret" not in str(told[2])


async def test_the_whole_examination_of_a_sandbox_set_up_passes(
    data_dir: Path, nobody: str
) -> None:
    told: list[Finding] = []
    port = int(nobody.rpartition(":")[2])
    values = settings(livesop_data_dir=data_dir, health_port=port, sandbox_port=port)
    assert await examine(values, told.append, all_checks(BOT_SCOPES))
    assert [finding.subject for finding in told] == [
        "settings",
        "bot token",
        "socket",
        "database",
        "schema",
        "pgvector",
        "model",
        "jira",
        "health port",
        "sandbox port",
        "data folder",
    ]


def test_a_finding_is_one_line_whatever_it_holds() -> None:
    line = str(Finding(Mark.FAIL, "database", "refused:\nreason", "do\nthis"))
    assert line == "fail  database       refused: reason: do this"
