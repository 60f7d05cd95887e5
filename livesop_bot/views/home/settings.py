"""App Home, Settings: what holds, where it comes from, and who may change it."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from livesop_bot.domain.audit import AuditRow
from livesop_bot.domain.reports import ReportFailure, ReportKind
from livesop_bot.domain.team_settings import Environment, TeamSettings, UsedToday
from livesop_bot.views.blocks import (
    Block,
    actions,
    bar,
    button,
    channel,
    code,
    context,
    counted,
    divider,
    header,
    line,
    member,
    percent,
    person,
    section,
)
from livesop_bot.views.home.change_line import change_line
from livesop_bot.views.ids import ActionId, BlockId
from livesop_bot.views.judgement import evaluator

CHANGES = 6
"""Changes that are shown."""
_NAMED = 12
"""Channels, people or apps of a list that are named."""

_TEAM, _ENVIRONMENT = "set by this team", "default"


_DEFAULTS = "Defaults are set where LiveSOP runs."


class Form(StrEnum):
    """What can be changed, each in a small modal."""

    CHANNELS = "channels"
    JOIN = "join"
    THRESHOLDS = "thresholds"
    PEOPLE = "people"
    REMINDERS = "reminders"
    REPORTS = "reports"
    RETENTION = "retention"
    BUDGET = "budget"


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsShown:
    """What the tab shows. `admins`: some who may change it; `changes`: oldest first;
    `not_reported`: of each kind's newest reports, those that Slack did not take."""

    settings: TeamSettings
    environment: Environment
    used: UsedToday
    evaluator: str
    admins: Sequence[str]
    changes: Sequence[AuditRow]
    is_admin: bool
    not_reported: Sequence[ReportFailure] = ()


def settings_tab(shown: SettingsShown) -> list[Block]:
    """Show the tab; who may not change anything sees no buttons, but who may."""
    return [
        header("Settings"),
        context(_who_may(shown)),
        *(
            block
            for part in (
                _channels,
                _people,
                _thresholds,
                _reminders,
                _reports,
                _retention,
                _model,
                _jira,
                _changes,
            )
            for block in (divider(), *part(shown))
        ),
    ]


def _who_may(shown: SettingsShown) -> str:
    if shown.is_admin:
        return f"Changes count at once, and are kept in the audit log with your name. {_DEFAULTS}"
    named = ", ".join(person(one) for one in shown.admins)
    return f"Only admins can change these{f': {named}' if named else ''}. {_DEFAULTS}"


def _channels(shown: SettingsShown) -> Iterator[Block]:
    own, environment = shown.settings, shown.environment
    if own.channels:
        listens = f"Listens *only* in {_named(channel(one) for one in own.channels)}."
    else:
        listens = "Listens in *every channel* that it is in."
    if environment.external_channels:
        shared = f"all count ({_ENVIRONMENT})"
    else:
        shared = _named(channel(one) for one in own.external_channels) or "none count"
    bots = dict.fromkeys((*environment.allowed_bots, *own.allowed_bots))
    apps = _named(code(one) for one in bots) or "none count"
    yield from _part(shown, "Channels", listens, Form.CHANNELS)
    yield context(f"Shared with other organisations: {shared}\nMessages of apps: {apps}")
    if shown.is_admin:
        join = button(
            ActionId.SETTINGS_EDIT,
            "Join channels …",
            value=Form.JOIN.value,
            number=_number(Form.JOIN),
        )
        yield actions(BlockId.SETTINGS, join, of=Form.JOIN)


def _people(shown: SettingsShown) -> Iterator[Block]:
    own, environment = shown.settings, shown.environment
    listed = dict.fromkeys((*environment.admins, *own.admins))
    admins = ", ".join(filter(None, ("Slack's admins and owners", _named(map(person, listed)))))
    operators = _named(map(member, own.operators)) or "every member who is no guest"
    text = f"Admins: {admins}\nOperators: {operators}"
    yield from _part(shown, "People", text, Form.PEOPLE)
    yield context(
        "Operators start SOPs, approve steps, give verdicts and edit drafts. Admins switch on, "
        "publish and change settings. Everybody may look, and switch off."
    )


def _thresholds(shown: SettingsShown) -> Iterator[Block]:
    own = shown.settings
    limits = own.limits(shown.environment.limits)
    text = (
        f"Starts by itself from *{percent(limits.auto)}*  ({_from(own.auto_threshold)})\n"
        f"Is proposed from *{percent(limits.propose)}*  ({_from(own.propose_threshold)})"
    )
    yield from _part(shown, "Thresholds", text, Form.THRESHOLDS)
    yield context(
        "How sure LiveSOP must be that an SOP fits. Higher: it starts less by itself and asks "
        "less. Lower: it does more, and is wrong more often."
    )


def _reminders(shown: SettingsShown) -> Iterator[Block]:
    own = shown.settings.remind_after_hours
    hours = shown.environment.remind_after_hours if own is None else own
    when = f"after *{counted(hours, 'hour')}*" if hours else "*never*"
    text = f"A thread is reminded of a step that waits {when}  ({_from(own)})."
    yield from _part(shown, "Reminders", text, Form.REMINDERS)


def _reports(shown: SettingsShown) -> Iterator[Block]:
    own = shown.settings
    digest, summary = "*off*", "*off*"
    if own.weekly_digest and own.digest_channel:
        digest = f"Mondays at 09:00 in {channel(own.digest_channel)}"
    if own.daily_summary:
        summary = "every day at 09:00, to each admin by direct message"
    text = f"Weekly digest: {digest}\nDaily summary: {summary}"
    yield from _part(shown, "Reports", text, Form.REPORTS)
    yield context(f"Time zone: {line(own.time_zone, 60)}")
    if shown.not_reported:
        yield context("\n".join(map(_not_reported, shown.not_reported)))


def _not_reported(failure: ReportFailure) -> str:
    why = f"{failure.day:%d %B}: {line(failure.error, 200)}"
    if failure.kind is ReportKind.WEEKLY_DIGEST:
        where = channel(failure.recipient)
        return (
            f"⚠️  The weekly digest did not get into {where} on {why}. Invite LiveSOP there "
            "(`/invite @LiveSOP`), or choose another channel; it is tried again next week."
        )
    return f"⚠️  The daily summary did not get to {person(failure.recipient)} on {why}."


def _retention(shown: SettingsShown) -> Iterator[Block]:
    days = shown.settings.retention_days
    if days is None:
        text = "Texts of messages are kept *for ever*."
    else:
        text = f"Texts of messages are kept for *{counted(days, 'day')}*, then deleted here."
    yield from _part(shown, "Retention", text, Form.RETENTION)
    yield context("Figures, decisions and the audit log stay in any case.")


def _model(shown: SettingsShown) -> Iterator[Block]:
    own, environment = shown.settings.daily_token_budget, shown.environment
    if environment.model is None:
        text = f"Judged here by {evaluator(shown.evaluator)}. No text leaves for a model."
        yield section(f"*Model and budget*\n{text}")
        return
    budget = environment.daily_token_budget if own is None else own
    used = shown.used.tokens
    left = max(budget - used, 0)
    share = 1.0 if not budget else min(used / budget, 1.0)
    text = (
        f"{code(environment.model)} is asked about messages that may call for an SOP.\n"
        f"{bar(share)}  *{used:,}* of {budget:,} tokens used today, {left:,} left  ({_from(own)})"
    )
    yield from _part(shown, "Model and budget", text, Form.BUDGET)
    cost = f"About ${shown.used.cost_usd:,.2f} today. " if shown.used.cost_usd else ""
    otherwise = (
        "the local evaluator judges alone"
        if environment.stands_in
        else "such messages fail, and can be replayed"
    )
    yield context(f"{cost}The day ends at midnight UTC. When nothing is left, {otherwise}.")


def _jira(shown: SettingsShown) -> Iterator[Block]:
    project = shown.environment.jira_project
    if project is None:
        yield section("*Jira*\nNo project is set where LiveSOP runs (`JIRA_PROJECT`).")
        return
    block = section(
        f"*Jira*\nIssues are opened in the project {code(project)}, unless an SOP names one."
    )
    yield block | {"accessory": button(ActionId.SETTINGS_JIRA, "Check it")}


def _changes(shown: SettingsShown) -> Iterator[Block]:
    yield section("*Last changes*")
    if not shown.changes:
        yield context("Nobody has changed anything yet.")
        return
    rows = [change_line(row) for row in reversed(shown.changes[-CHANGES:])]
    yield context("\n".join(rows))


def _part(shown: SettingsShown, title: str, text: str, form: Form) -> Iterator[Block]:
    block = section(f"*{title}*\n{text}")
    if shown.is_admin:
        change = button(
            ActionId.SETTINGS_EDIT,
            "Change",
            value=form.value,
            number=_number(form),
            spoken=f"Change {title.lower()}",
        )
        block |= {"accessory": change}
    yield block


def _number(form: Form) -> int:
    return list(Form).index(form)


def _from(own: object) -> str:
    return _ENVIRONMENT if own is None else _TEAM


def _named(names: Iterable[str]) -> str:
    """A list in words, of which the first dozen are named; empty for none."""
    shown = list(names)
    more = f" and {len(shown) - _NAMED:,} more" if shown[_NAMED:] else ""
    return ", ".join(shown[:_NAMED]) + more
