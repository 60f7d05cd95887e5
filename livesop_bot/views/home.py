"""App Home: the kill switch, how LiveSOP is doing, and what it decided last."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from livesop_bot.domain.decisions import Reason
from livesop_bot.domain.evaluations import Cause, Evaluation
from livesop_bot.domain.signals import SignalState
from livesop_bot.views.blocks import (
    Block,
    View,
    actions,
    bar,
    button,
    channel,
    confirm,
    context,
    date,
    divider,
    header,
    line,
    link,
    percent,
    section,
)
from livesop_bot.views.ids import ActionId, BlockId, CallbackId

LATEST = 10
"""How many evaluations the home tab shows."""

_LATE_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class HomeHealth:
    """How the process is doing: connected sockets, jobs waiting and the age of the oldest due one
    in seconds (None: unknown), events kept on disk for the database, and who judges: why a model
    is not asked, and of which share of the messages it was (None: of none)."""

    sockets: int
    queue_depth: int | None
    oldest_job_s: float | None
    spool_events: int
    database: bool
    evaluator: str
    model_problem: str = ""
    model_share: float | None = None


def home(
    *, autopilot: bool, is_admin: bool, health: HomeHealth, latest: Sequence[Evaluation]
) -> View:
    """Show the home tab as `is_admin` may use it."""
    return _view(
        *_kill_switch(autopilot=autopilot, is_admin=is_admin),
        context(health_line(health)),
        divider(),
        header("Latest evaluations"),
        *(_feed(latest[:LATEST]) if latest else _nothing_yet()),
    )


def loading() -> View:
    """Stand in until the database has answered."""
    return _view(header("LiveSOP"), section("One moment, looking things up …"))


def database_away() -> View:
    """Say that nothing can be shown, and that nothing acts meanwhile."""
    return _trouble(
        "*The database is away.* Nothing can be shown or switched until it is back. "
        "New messages are kept safe, and no SOP starts meanwhile."
    )


def not_confirmed() -> View:
    """Say that a switch was pressed and the database did not confirm it."""
    return _trouble(
        "*Not confirmed:* the database did not answer, so the switch may not have moved. "
        "Please try again in a moment. No SOP starts while the database is away."
    )


def went_wrong() -> View:
    """Say that something failed which nobody foresaw."""
    return _trouble("*Something went wrong here.* It has been logged; please try again.")


def autopilot_sentence(*, is_on: bool) -> str:
    """Say what the kill switch means as it stands."""
    return f"*{_headline(is_on=is_on)}.* {_meaning(is_on=is_on)}"


def _headline(*, is_on: bool) -> str:
    return "Auto-Pilot is on" if is_on else "Auto-Pilot is off"


def _meaning(*, is_on: bool) -> str:
    if is_on:
        return "SOPs that are switched on start by themselves when LiveSOP is sure."
    return "LiveSOP only proposes; no SOP starts by itself."


def health_line(health: HomeHealth) -> str:
    """Say in one line whether LiveSOP hears, works and remembers."""
    late = health.oldest_job_s is not None and health.oldest_job_s > _LATE_S
    well = health.sockets > 0 and health.database and not (health.spool_events or late)
    well = well and not health.model_problem
    parts = [
        "🟢 All well" if well else "🟡 Needs a look",
        _sockets(health.sockets),
        _queue(health.queue_depth, health.oldest_job_s),
        "database up" if health.database else "*database away*",
        _evaluator(health),
    ]
    if health.model_problem:
        parts.append(f"*{line(health.model_problem, 100)}*")
    if health.spool_events:
        parts.insert(3, f"*{health.spool_events:,} on disk*, waiting for the database")
    return "  ·  ".join(parts)


def _view(*blocks: Block) -> View:
    return {"type": "home", "callback_id": CallbackId.HOME.value, "blocks": list(blocks)}


def _trouble(text: str) -> View:
    return _view(
        header("LiveSOP"),
        section(f"⚠️ {text}"),
        actions(BlockId.HOME_RETRY, button(ActionId.HOME_REFRESH, "Try again")),
    )


def _kill_switch(*, autopilot: bool, is_admin: bool) -> Iterator[Block]:
    refresh = button(ActionId.HOME_REFRESH, "Refresh")
    yield header(_headline(is_on=autopilot))
    yield section(_meaning(is_on=autopilot))
    if autopilot:
        off = button(ActionId.AUTOPILOT_OFF, "Switch off for everybody", style="danger")
        yield actions(BlockId.KILL_SWITCH, off, refresh)
        yield context("Everybody may switch it off; switching it on again takes an admin.")
    elif is_admin:
        ask = confirm(
            title="Switch Auto-Pilot on?",
            text="SOPs that are switched on will start by themselves when LiveSOP is sure. "
            "Everybody can switch it off again at any time.",
            yes="Switch on",
        )
        on = button(ActionId.AUTOPILOT_ON, "Switch on", confirm=ask)
        yield actions(BlockId.KILL_SWITCH, on, refresh)
        yield context("Only admins can switch it on; everybody may switch it off again.")
    else:
        yield actions(BlockId.KILL_SWITCH, refresh)
        yield context("An admin can switch it on.")


def _evaluator(health: HomeHealth) -> str:
    share = health.model_share
    asked = "" if share is None else f", asked about {share:.0%} of messages"
    return f"evaluator: {line(health.evaluator, 60)}{asked}"


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


def _nothing_yet() -> Iterator[Block]:
    yield section(
        "Nothing yet. Send a message in a channel that LiveSOP is in; "
        "invite it with `/invite @LiveSOP`."
    )


def _feed(latest: Sequence[Evaluation]) -> Iterator[Block]:
    for evaluation in latest:
        detail, why = detail_line(evaluation), line(evaluation.reasoning, 240)
        yield section("\n".join(filter(None, (verdict_line(evaluation), detail))))
        yield context("\n".join(filter(None, (why, _origin(evaluation)))))


def verdict_line(evaluation: Evaluation) -> str:
    """Name the SOP and how sure the evaluator was; for no SOP the figure is the nearest one's."""
    if evaluation.workflow is None:
        if not evaluation.confidence:
            return "*No SOP*"
        return f"*No SOP*  ·  nearest {percent(evaluation.confidence)}"
    title = f"*{line(evaluation.workflow.title, 200)}*"
    if evaluation.confidence is None:
        return title
    return f"{title}  ·  {percent(evaluation.confidence)}  {bar(evaluation.confidence)}"


def detail_line(evaluation: Evaluation) -> str:
    """Say what was decided; nothing where the evaluator's reasoning says as much: no SOP fits."""
    if evaluation.decision.reason is Reason.NO_MATCH and evaluation.reasoning.strip():
        return ""
    return line(evaluation.decision.detail, 500)


def _origin(evaluation: Evaluation) -> str:
    signal = evaluation.signal
    deleted = signal.state is SignalState.DELETED
    parts = [
        date(evaluation.created_at),
        channel(signal.channel),
        "message deleted" if deleted else link(signal.permalink, "open message"),
    ]
    if evaluation.cause is Cause.REPLAY:
        parts.append("dry run" if evaluation.dry_run else "replay")
    return "  ·  ".join(parts)
