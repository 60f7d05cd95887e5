"""How LiveSOP is doing, in one line."""

from dataclasses import dataclass

from livesop_bot.domain.figures import MOST_UNJUDGED, Strain
from livesop_bot.views.blocks import bar, counted, line, percent
from livesop_bot.views.judgement import evaluator

_LATE_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeHealth:
    """How the process is doing: connected sockets, jobs waiting and the age of the oldest due one
    in seconds (None: unknown), jobs that failed and rest, events kept on disk for the database, and
    who judges: why a model is not asked, and of which share of the messages it was (None: of none).
    `refusal`: why new messages are kept nowhere.

    For admins, both since this process started: events that came again, and those `recovered` from
    disk after the database was away.
    """

    sockets: int
    queue_depth: int | None
    oldest_job_s: float | None
    spool_events: int
    database: bool
    evaluator: str
    refusal: str = ""
    failed_jobs: int = 0
    model_problem: str = ""
    model_share: float | None = None
    duplicates: int = 0
    recovered: int = 0


def health_line(health: HomeHealth) -> str:
    """Say in one line whether LiveSOP hears, works and remembers."""
    late = health.oldest_job_s is not None and health.oldest_job_s > _LATE_S
    well = health.sockets > 0 and health.database and not (health.spool_events or late)
    well = well and health.queue_depth is not None
    well = well and not (health.model_problem or health.refusal or health.failed_jobs)
    parts = [
        "🟢 All well" if well else "🟡 Needs a look",
        _sockets(health.sockets),
        _queue(health.queue_depth, health.oldest_job_s),
        "database up" if health.database else "*database away*",
        _evaluator(health),
    ]
    if health.model_problem:
        parts.append(f"*{line(health.model_problem, 100)}*")
    if health.failed_jobs:
        parts.insert(3, f"*{counted(health.failed_jobs, 'job')} failed*, tried again later")
    if health.spool_events:
        parts.insert(3, f"*{health.spool_events:,} on disk*, waiting for the database")
    if health.refusal:
        parts.insert(1, f"*new messages are not taken*: {line(health.refusal, 100)}")
    return "  ·  ".join(parts)


def health_details(health: HomeHealth, strain: Strain) -> str:
    """What admins want to know besides."""
    more = "+" if strain.unjudged >= MOST_UNJUDGED else ""
    again, recovered = counted(health.duplicates, "duplicate"), counted(health.recovered, "event")
    parts = [
        f"since this process started: {again} left out, {recovered} recovered after outages",
        f"{strain.unjudged:,}{more} not judged in 24 h: too slow, or failed",
    ]
    if strain.token_budget:
        share = min(strain.tokens / strain.token_budget, 1)
        parts.append(f"model budget {bar(share)} {percent(share)} used today")
    return "  ·  ".join(parts)


def _evaluator(health: HomeHealth) -> str:
    share = health.model_share
    asked = "" if share is None else f", asked about {share:.0%} of messages"
    return f"judged by {evaluator(health.evaluator)}{asked}"


def _sockets(sockets: int) -> str:
    if sockets == 0:
        return "*not connected to Slack*"
    return "1 Slack connection" if sockets == 1 else f"{sockets} Slack connections"


def _queue(depth: int | None, oldest_s: float | None) -> str:
    if depth is None:
        return "queue unknown"
    if depth == 0:
        return "queue empty"
    age = "" if oldest_s is None else f", the oldest for {_duration(oldest_s)}"
    return f"{depth:,} in the queue{age}"


def _duration(seconds: float) -> str:
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"
