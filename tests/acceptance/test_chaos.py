"""Many runs while everything fails at random: no step is lost, and no effect happens twice.

People press what the messages show, and look at the targets where LiveSOP says that it cannot tell.
Meanwhile processes are killed with kill -9, PostgreSQL is restarted, and Slack, Jira and a
receiver of webhooks fail in all their ways. Then it is quiet, and everything is counted: by the
keys of the ledger, and by what was written, so that an effect under another key counts, too.

    LIVESOP_CHAOS_RUNS=200 LIVESOP_CHAOS_SEED=7 pytest -s tests/acceptance/test_chaos.py

The seed fixes what is chosen, not when the machine gets to it.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
import pytest_asyncio
import structlog

from livesop_bot.app import Role
from livesop_bot.db.pool import create_pool
from livesop_bot.db.teams import Teams
from livesop_bot.db.workflows import Workflows
from livesop_bot.domain.decisions import Scope
from livesop_bot.domain.signals import TeamId
from livesop_bot.sandbox.demo import ADA
from livesop_bot.sandbox.server import SlackServer
from livesop_bot.sop.document import parse
from livesop_bot.stopping import pause
from tests.acceptance.world import EFFECTS, RUNS, SEED, World
from tests.outside.jira_server import EMAIL, TOKEN, JiraServer
from tests.outside.webhook_receiver import WebhookReceiver

TEAM = TeamId("T0SANDBOX")
SECRET = "chaos-webhook-secret"
log = structlog.get_logger()

STORM_AFTER_S = 8.0
"""How long it goes on after the last message."""
QUIET_S = 240.0
"""How long all of it may take to come to rest once nothing fails any more: the sweep looks after
two to three minutes for what fell out of the queue while PostgreSQL was killed."""

SOPS = """
sops:
  - slug: post
    title: Post
    trigger: {description: Post twice}
    steps:
      - {id: say, title: Say it, kind: action, mode: auto, undo: 1, action: slack_message,
         with: {channel: thread, text: "say {{ message.text }}"}}
      - {id: check, title: Check it, kind: manual}
      - {id: tell, title: Tell all, kind: action, mode: approve, action: slack_message,
         with: {channel: "#general", text: "tell {{ message.text }}"}}
    edges: [{from: say, to: check}, {from: check, to: tell}]
  - slug: ticket
    title: Ticket
    trigger: {description: Open an issue}
    steps:
      - {id: open, title: Open it, kind: action, mode: approve, action: jira_issue,
         with: {summary: "open {{ message.text | line }}"}}
      - {id: tell, title: Tell all, kind: action, mode: approve, action: slack_message,
         with: {channel: "#general", text: "tell {{ message.text }}: {{ steps.open.link }}"}}
    edges: [{from: open, to: tell}]
  - slug: hook
    title: Hook
    trigger: {description: Send it}
    steps:
      - {id: send, title: Send it, kind: action, mode: approve, action: webhook,
         with: {url: "HOOK", text: "send {{ message.text }}", idempotent: "yes"}}
      - {id: once, title: Send it once, kind: action, mode: approve, action: webhook,
         with: {url: "HOOK", text: "once {{ message.text }}"}}
    edges: [{from: send, to: once}]
  - slug: fork
    title: Fork
    trigger: {description: Two ways that meet}
    steps:
      - {id: bad, title: "Is it bad?", kind: decision}
      - {id: look, title: Look at it, kind: manual}
      - {id: open, title: Open it, kind: action, mode: approve, action: jira_issue,
         with: {summary: "open {{ message.text | line }}"}}
      - {id: once, title: Send it once, kind: action, mode: auto, action: webhook,
         with: {url: "HOOK", text: "once {{ message.text }}"}}
      - {id: say, title: Say it, kind: action, mode: approve, action: slack_message,
         with: {channel: thread, text: "say {{ message.text }}"}}
    edges:
      - {from: bad, to: look, when: "yes"}
      - {from: look, to: open}
      - {from: look, to: once}
      - {from: bad, to: say, when: "no"}
      - {from: open, to: say}
      - {from: once, to: say}
"""
OPEN = """
SELECT json_agg((r.id, r.state, r.post_state, r.face_shown, r.face_version, r.face_at, s.step_id,
    s.state, s.detail, a.state, a.due_at, now()))::text
FROM runs AS r
LEFT JOIN run_steps AS s ON s.run_id = r.id AND s.state NOT IN ('done', 'blocked', 'bypassed')
LEFT JOIN actions AS a ON a.run_id = r.id AND a.step_id = s.step_id
WHERE r.state <> 'done' OR r.face_shown < r.face_version
"""
JOBS = """
SELECT json_agg((entrypoint, status, encode(payload, 'escape'), attempts, execute_after, heartbeat,
    now()))::text FROM pgqueuer
"""
AUTOMATIC = ("post/say", "fork/once")


@pytest_asyncio.fixture
async def world(slack: SlackServer) -> AsyncIterator[World]:
    """Slack, Jira and a receiver of webhooks."""
    async with JiraServer() as jira, WebhookReceiver(SECRET) as receiver:
        yield World(slack, jira, receiver)


async def _prepare(dsn: str, hook: str) -> None:
    pool = await create_pool(dsn, min_size=1, max_size=2)
    teams, workflows = Teams(pool), Workflows(pool)
    await teams.ensure(TEAM, "Acme")
    await teams.set_autopilot(TEAM, Scope.TEAM, TEAM, is_on=True, by=ADA)
    for sop in parse(SOPS.replace("HOOK", hook), "chaos"):
        await workflows.publish(TEAM, sop, ADA)
        await teams.set_autopilot(TEAM, Scope.WORKFLOW, sop.slug, is_on=True, by=ADA)
    for subject in AUTOMATIC:
        await teams.set_autopilot(TEAM, Scope.STEP, subject, is_on=True, by=ADA)
    await pool.close()


async def _kill(world: World, start: Callable[[Role], Awaitable[Any]]) -> None:
    """Two processes, of which one or the other is killed at any moment, and started again."""
    rng, roles = world.dice("kills"), (Role.ALL, Role.WORKER)
    bots = [await start(role) for role in roles]
    while not world.calm.is_set():
        await pause(world.calm, rng.uniform(0.3, 4.0))
        which = rng.randrange(len(bots))
        await bots[which].kill()
        world.counts["kill -9"] += 1
        bots[which] = await start(roles[which])


async def _restart(world: World, server: Any) -> None:
    """PostgreSQL goes away, in order or as in a power cut, and comes back."""
    rng = world.dice("restarts")
    while not world.calm.is_set():
        await pause(world.calm, rng.uniform(4.0, 12.0))
        cut = rng.random() < 0.5
        world.counts["PostgreSQL killed" if cut else "PostgreSQL stopped"] += 1
        await asyncio.to_thread(server.kill if cut else server.stop)
        await pause(world.calm, rng.uniform(0.0, 1.5))
        await asyncio.to_thread(server.start)


@pytest.mark.timeout(900)
async def test_no_step_is_lost_and_no_effect_is_doubled(
    world: World, private_postgres: Any, start_bot: Any, facts_of: Any
) -> None:
    log.info("chaos.begins", LIVESOP_CHAOS_SEED=SEED, LIVESOP_CHAOS_RUNS=RUNS)
    began = time.monotonic()
    dsn, facts = private_postgres.dsn, facts_of(private_postgres.dsn)
    await _prepare(dsn, world.receiver.hook)

    async def start(role: Role) -> Any:
        return await start_bot(
            dsn,
            "named",
            role,
            JIRA_BASE_URL=world.jira.url,
            JIRA_EMAIL=EMAIL,
            JIRA_API_TOKEN=TOKEN,
            JIRA_PROJECT="OPS",
            LIVESOP_WEBHOOK_SECRET=SECRET,
            LIVESOP_WEBHOOK_ALLOW="127.0.0.1",
            LOG_LEVEL="info",
        )

    async with asyncio.TaskGroup() as group:
        people = group.create_task(world.press())
        storm = [
            group.create_task(part)
            for part in (_kill(world, start), _restart(world, private_postgres), world.fail())
        ]
        await world.say()
        await asyncio.sleep(STORM_AFTER_S)
        world.calm.set()
        await asyncio.wait(storm)
        world.mend()
        stormed = time.monotonic() - began
        try:
            done = "SELECT count(*) FROM runs WHERE state = 'done'"
            await facts.until(done, RUNS, seconds=QUIET_S)
            # What still waits for another look at a message that is up to date does nothing more.
            await facts.until("SELECT count(*) FROM runs WHERE face_shown < face_version", 0)
            jobs = "SELECT count(*) FROM pgqueuer WHERE entrypoint <> 'face'"
            await facts.until(jobs, 0, seconds=QUIET_S)
        finally:
            world.over.set()
            await people
            took = time.monotonic() - began
            log.info("chaos.open", steps=await facts.value(OPEN), jobs=await facts.value(JOBS))
            log.info("chaos.over", storm_s=round(stormed), all_s=round(took), **world.counts)
    await _count(world, facts)


async def _count(world: World, facts: Any) -> None:
    """Nothing is lost, nothing is doubled, and the messages show it."""
    assert await facts.value("SELECT count(*) FROM raw_signals") == RUNS
    assert await facts.value("SELECT count(*) FROM runs") == RUNS
    open_steps = "SELECT count(*) FROM run_steps WHERE state NOT IN ('done', 'bypassed')"
    assert await facts.value(open_steps) == 0
    assert await facts.value("SELECT count(*) FROM actions WHERE state <> 'done'") == 0
    channels = world.slack.workspace.channels.values()
    written = [one for channel in channels for one in channel.messages.values()]
    keys = Counter(
        one["metadata"]["event_payload"]["key"] for one in written if one.get("metadata")
    )
    assert max(keys.values()) == 1, keys.most_common(3)
    for text, thread in world.threads.items():
        assert len(thread.faces) == 1, f"{text}: {thread.faces}"
        assert "*Done*" in thread.text, f"{text}: {thread.text}"
        for step in EFFECTS[text.partition(" ")[0]]:
            state = await facts.value(
                "SELECT s.state FROM run_steps AS s JOIN runs AS r ON r.id = s.run_id "
                "JOIN raw_signals AS g ON g.id = r.signal_id WHERE g.text = $1 AND s.step_id = $2",
                text,
                step,
            )
            seen = world.happened(step, text)
            assert len(seen) == (1 if state == "done" else 0), f"{text}, {step}: {state}, {seen}"
    actions = await facts.value("SELECT count(*) FROM actions")
    again = await facts.value("SELECT count(*) FROM actions WHERE attempts > 1")
    log.info("chaos.counted", actions=actions, tried_again=again)
    assert again > 0, "nothing was put to the test"
