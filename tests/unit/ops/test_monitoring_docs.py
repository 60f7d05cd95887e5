"""docs/monitoring.md says what there is: metrics, alert rules, log events, the health JSON."""

import json
import re
from pathlib import Path

import pytest
import yaml
from prometheus_client import Metric

from livesop_bot.db.queue import QueueState
from livesop_bot.domain.knowledge import KnowledgeState
from livesop_bot.metrics import Metrics
from livesop_bot.ops.status import DatabaseState, ModelState, Snapshot, SocketState, SpoolState

ROOT = Path(__file__).parents[3]
TEXT = (ROOT / "docs/monitoring.md").read_text(encoding="utf-8")


def metrics() -> dict[str, Metric]:
    """Our own; those about the process come from the library."""
    families = Metrics().registry.collect()
    return {family.name: family for family in families if family.name.startswith("livesop_")}


def labels(name: str) -> list[str]:
    instruments = vars(Metrics()).values()
    return next(list(i._labelnames) for i in instruments if getattr(i, "_name", None) == name)


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)


def test_every_metric_is_documented_with_its_labels() -> None:
    rows = re.findall(r"^\| `(livesop_\w+)` \|([^|]*)\|", TEXT, re.MULTILINE)
    documented = {name: re.findall(r"`(\w+)`", written) for name, written in rows}
    assert documented == {name: labels(name) for name in metrics()}


def test_alert_rules_are_yaml_and_use_metrics_that_exist() -> None:
    [rules] = [yaml.safe_load(block) for block in blocks("yaml") if "alert:" in block]
    series = {
        name + suffix
        for name, family in metrics().items()
        for suffix in {"counter": ["_total"], "histogram": ["_bucket"]}.get(family.type, [""])
    }
    alerts = rules["groups"][0]["rules"]
    assert len({rule["alert"] for rule in alerts}) == len(alerts) > 10
    for rule in alerts:
        used = set(re.findall(r"livesop_\w+", rule["expr"]))
        assert used <= series, rule["alert"]
        assert used or "up{" in rule["expr"]
        assert rule["annotations"]["summary"]
        assert rule["labels"]["severity"] in ("page", "ticket")


def test_alerts_on_the_first_failure_have_a_zero_to_rise_from() -> None:
    [rules] = [yaml.safe_load(block) for block in blocks("yaml") if "alert:" in block]
    risen = [
        (name, dict([matcher.replace('"', "").split("=")]))
        for rule in rules["groups"][0]["rules"]
        for name, matcher in re.findall(r"increase\((\w+)\{(.*?)\}", rule["expr"])
    ]
    assert len(risen) == 3
    registry = Metrics().registry
    assert [registry.get_sample_value(name, labels) for name, labels in risen] == [0, 0, 0]


def logged() -> dict[str, str]:
    """Event name → level, of every log call in the package but the sandbox's."""
    call = re.compile(r'log\.(info|warning|error|exception)\(\s*"([a-z_]+\.[a-z_]+)"')
    return {
        event: level.replace("exception", "error")
        for path in (ROOT / "livesop_bot").rglob("*.py")
        if "sandbox" not in path.parts
        for level, event in call.findall(path.read_text(encoding="utf-8"))
    }


DOCUMENTED = re.findall(r"^\| `([a-z_]+\.[a-z_]+)` \| (\w+) \|", TEXT, re.MULTILINE)


def test_every_event_is_documented_once() -> None:
    assert sorted(event for event, _ in DOCUMENTED) == sorted(logged())


@pytest.mark.parametrize(("event", "level"), DOCUMENTED)
def test_every_documented_event_is_logged_at_its_level(event: str, level: str) -> None:
    assert logged().get(event) == level


def test_the_health_example_has_the_form_that_is_served() -> None:
    example = json.loads(blocks("json")[0])
    snapshot = Snapshot(
        database=DatabaseState(latency_seconds=0.0003, pending_migrations=0),
        queue=QueueState(3, 0.2),
        sockets=SocketState(1, 2),
        spool=SpoolState(0, 0, 256 * 1024 * 1024),
        model=ModelState("not_configured"),
        evaluator="local-semantic",
        knowledge=KnowledgeState(why_no_vectors="this PostgreSQL has no pgvector"),
    )
    assert example["checks"] == snapshot.checks()
    assert example["status"] == snapshot.status
    assert example["reasons"] == snapshot.failures + snapshot.shortcomings
    assert example.keys() == {
        "status",
        "timestamp",
        "service",
        "version",
        "reasons",
        "checks",
    }
