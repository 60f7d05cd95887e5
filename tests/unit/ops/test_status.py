"""What follows from what was found: the rules of healthy, degraded, unhealthy and ready."""

from dataclasses import replace
from typing import Any

import pytest

from livesop_bot.db.queue import QueueState
from livesop_bot.domain.knowledge import KnowledgeState
from livesop_bot.ops.status import DatabaseState, ModelState, Snapshot, SocketState, SpoolState

WELL = Snapshot(
    database=DatabaseState(latency_seconds=0.0012, pending_migrations=0),
    queue=QueueState(depth=3, oldest_age_seconds=0.2),
    sockets=SocketState(connected=2, wanted=2),
    spool=SpoolState(events=0, size=0, max_bytes=1000),
    model=ModelState("not_configured"),
    evaluator="local",
)
AWAY = DatabaseState(problem="refused")


@pytest.mark.parametrize(
    ("change", "status", "ready"),
    [
        ({}, "healthy", True),
        ({"database": AWAY, "queue": None}, "unhealthy", False),
        ({"database": DatabaseState(latency_seconds=0.1)}, "healthy", False),
        (
            {"database": DatabaseState(latency_seconds=0.1, pending_migrations=2)},
            "degraded",
            False,
        ),
        ({"sockets": SocketState(0, 2)}, "unhealthy", False),
        ({"sockets": SocketState(1, 2)}, "degraded", True),
        ({"sockets": None, "spool": None}, "healthy", True),
        ({"sockets": None, "database": AWAY}, "unhealthy", False),
        ({"spool": SpoolState(1, 200, 1000)}, "degraded", True),
        ({"spool": SpoolState(0, 200, 1000, stuck=1)}, "degraded", True),
        ({"spool": SpoolState(1, 200, 1000, refusal="no room")}, "unhealthy", False),
        ({"queue": None}, "degraded", True),
        ({"queue": QueueState(5000, 60.0)}, "healthy", True),
        ({"queue": QueueState(1, 60.1)}, "degraded", True),
        ({"queue": QueueState(0, 0.0, failed=1)}, "degraded", True),
        ({"model": ModelState("away", "OpenAI cannot be reached")}, "degraded", True),
        ({"knowledge": KnowledgeState(why_no_vectors="none there")}, "healthy", True),
        ({"knowledge": KnowledgeState(why_no_vectors="", waiting=9)}, "healthy", True),
        ({"knowledge": KnowledgeState(why_no_vectors="", failed=1)}, "degraded", True),
    ],
)
def test_status_and_readiness_follow_from_the_parts(
    change: dict[str, Any], status: str, ready: bool
) -> None:
    snapshot = replace(WELL, **change)
    assert snapshot.status == status
    assert (snapshot.not_ready == []) is ready
    assert bool(snapshot.failures + snapshot.shortcomings) is (status != "healthy")


def test_each_check_has_a_status_and_its_figures() -> None:
    assert WELL.checks() == {
        "database": {
            "status": "ok",
            "problem": None,
            "latency_ms": 1.2,
            "pending_migrations": 0,
        },
        "openai": {"status": "not_configured"},
        "slack": {"status": "ok", "connected": 2, "wanted": 2},
        "queue": {
            "status": "ok",
            "depth": 3,
            "oldest_job_age_seconds": 0.2,
            "failed_jobs": 0,
        },
        "spool": {
            "status": "empty",
            "problem": None,
            "events": 0,
            "bytes": 0,
            "max_bytes": 1000,
            "stuck_files": 0,
        },
        "evaluator": {"status": "ok", "name": "local"},
        "knowledge": {"status": "unknown", "problem": None, "waiting": None, "failed": None},
    }


@pytest.mark.parametrize(
    ("change", "check", "expected"),
    [
        ({"database": AWAY}, "database", {"status": "away", "problem": "refused"}),
        ({"model": ModelState("configured")}, "openai", {"status": "configured"}),
        ({"model": ModelState("away", "it is away")}, "openai", {"status": "away"}),
        ({"model": ModelState("configured", "", 0.2501)}, "evaluator", {"model_share": 0.25}),
        ({"sockets": SocketState(1, 2)}, "slack", {"status": "degraded"}),
        ({"sockets": SocketState(0, 2)}, "slack", {"status": "disconnected"}),
        ({"sockets": None}, "slack", {"status": "not_used"}),
        ({"queue": None}, "queue", {"status": "unknown", "depth": None}),
        ({"queue": QueueState(9, 61)}, "queue", {"status": "late", "depth": 9}),
        ({"queue": QueueState(0, 0, 2)}, "queue", {"status": "failing", "failed_jobs": 2}),
        ({"spool": SpoolState(4, 9, 10)}, "spool", {"status": "waiting", "events": 4}),
        ({"spool": SpoolState(4, 9, 10, 2)}, "spool", {"status": "stuck", "stuck_files": 2}),
        (
            {"spool": SpoolState(4, 9, 10, refusal="no room")},
            "spool",
            {"status": "refusing", "problem": "no room"},
        ),
        ({"spool": None}, "spool", {"status": "not_used"}),
    ],
)
def test_a_part_that_is_not_well_says_so(
    change: dict[str, Any], check: str, expected: dict[str, Any]
) -> None:
    found = replace(WELL, **change).checks()[check]
    assert {key: found[key] for key in expected} == expected


@pytest.mark.parametrize(
    ("found", "status"),
    [
        (KnowledgeState(why_no_vectors=""), "full_text_and_vectors"),
        (KnowledgeState(why_no_vectors="", waiting=3), "embedding"),
        (KnowledgeState(why_no_vectors="", waiting=3, failed=1), "failed"),
        (KnowledgeState(why_no_vectors="no pgvector"), "full_text_only"),
    ],
)
def test_knowledge_says_how_well_it_can_be_found(found: KnowledgeState, status: str) -> None:
    assert replace(WELL, knowledge=found).checks()["knowledge"] == {
        "status": status,
        "problem": found.why_no_vectors or None,
        "waiting": found.waiting,
        "failed": found.failed,
    }
