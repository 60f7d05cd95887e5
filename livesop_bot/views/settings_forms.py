"""The modals in which a team's settings are changed, and what was filled in there."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from livesop_bot.domain.team_settings import Environment, TeamSettings
from livesop_bot.views import inputs
from livesop_bot.views.blocks import (
    Block,
    View,
    channel,
    context,
    header,
    line,
    percent,
    plain,
    section,
)
from livesop_bot.views.home.settings import Form
from livesop_bot.views.ids import CallbackId
from livesop_bot.views.inputs import Answers, block_id
from livesop_bot.views.modal import modal

LEAST_DAYS = 7
"""Fewer days would end runs that people still work on."""
_MOST_DAYS, _MOST_HOURS, _MOST_TOKENS = 36_500, 8_760, 1_000_000_000_000
_MOST_IDS = 1_000
_IDS = re.compile(r"[A-Z][A-Z0-9]{2,29}")
_DIGEST, _SUMMARY = "weekly_digest", "daily_summary"

TITLES = {
    Form.CHANNELS: "Channels",
    Form.JOIN: "Join channels",
    Form.THRESHOLDS: "Thresholds",
    Form.PEOPLE: "People",
    Form.REMINDERS: "Reminders",
    Form.REPORTS: "Reports",
    Form.RETENTION: "Retention",
    Form.BUDGET: "Model and budget",
}


class Invalid(ValueError):
    """Something was filled in that cannot be; `field` is where, the text says what to do."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(why)
        self.field = field

    def errors(self) -> dict[str, str]:
        """As Slack shows them, each at its field."""
        return {block_id(self.field): str(self)}


NO_SUCH_ZONE = Invalid("zone", "There is no such time zone. Write it such as Europe/Berlin.")


def form(
    which: Form, settings: TeamSettings, environment: Environment, *, metadata: str, zone: str
) -> View:
    """Show a form as things are; `zone` is the time zone of who fills it in."""
    return modal(
        TITLES[which],
        _fields(which, settings, environment, zone),
        callback=CallbackId.SETTINGS_FORM,
        submit="Join" if which is Form.JOIN else "Save",
        close="Cancel",
        metadata=metadata,
    )


def _fields(which: Form, own: TeamSettings, environment: Environment, zone: str) -> Sequence[Block]:
    match which:
        case Form.CHANNELS:
            return _channel_fields(own, environment)
        case Form.JOIN:
            return [
                _with(
                    inputs.channels("join", "Public channels to join", ()),
                    filter={"include": ["public"]},
                    placeholder=plain("Choose channels", 150),
                ),
                context("In a private channel somebody who is in it types `/invite @LiveSOP`."),
            ]
        case Form.THRESHOLDS:
            limits = environment.limits
            return [
                inputs.number(
                    "auto",
                    "Start by itself from (%)",
                    _percents(own.auto_threshold),
                    least=0,
                    most=100,
                    hint=f"Empty: {percent(limits.auto)}, the default. It also takes "
                    "Auto-Pilot to be on for the SOP and a step.",
                ),
                inputs.number(
                    "propose",
                    "Propose from (%)",
                    _percents(own.propose_threshold),
                    least=0,
                    most=100,
                    hint=f"Empty: {percent(limits.propose)}, the default. Below this "
                    "nothing is said in the channel.",
                ),
            ]
        case Form.PEOPLE:
            return _people_fields(own)
        case Form.REMINDERS:
            return [
                inputs.number(
                    "remind",
                    "Remind a thread after (hours)",
                    own.remind_after_hours,
                    least=0,
                    most=_MOST_HOURS,
                    hint=f"Once for each step that waits. 0: never. Empty: "
                    f"{environment.remind_after_hours}, the default.",
                )
            ]
        case Form.REPORTS:
            return _report_fields(own, zone)
        case Form.RETENTION:
            return [
                inputs.number(
                    "days",
                    "Keep texts of messages for (days)",
                    own.retention_days,
                    least=LEAST_DAYS,
                    most=_MOST_DAYS,
                    hint="Empty: for ever. You are asked again before anything is deleted.",
                )
            ]
        case Form.BUDGET:
            return [
                inputs.number(
                    "tokens",
                    "Tokens a day",
                    own.daily_token_budget,
                    least=0,
                    most=_MOST_TOKENS,
                    hint=f"0: the model is never asked. Empty: {environment.daily_token_budget:,}, "
                    "the default.",
                )
            ]


def _channel_fields(own: TeamSettings, environment: Environment) -> list[Block]:
    fields = [
        inputs.channels(
            "channels",
            "Listen only in",
            own.channels,
            hint="None: every channel that LiveSOP is in. Direct messages to it always count. "
            "Messages in other channels are not stored.",
        )
    ]
    if not environment.external_channels:
        hint = "Others, that you share with another organisation, are left alone."
        fields.append(
            _with(
                inputs.channels(
                    "external", "Shared channels that count", own.external_channels, hint=hint
                ),
                placeholder=plain("None", 150),
            )
        )
    fields.append(
        inputs.typed(
            "bots",
            "Apps whose messages count",
            ", ".join(own.allowed_bots),
            most=inputs.TYPED,
            optional=True,
            hint="App or bot ids, with commas between, such as A0123ABCD for your monitoring.",
        )
    )
    return fields


def _people_fields(own: TeamSettings) -> list[Block]:
    groups = [one for one in own.operators if one.startswith("S")]
    users = [one for one in own.operators if not one.startswith("S")]
    return [
        _with(
            inputs.people(
                "admins", "Admins", own.admins, hint="Beside Slack's own admins and owners."
            ),
            placeholder=plain("Slack's own alone", 150),
        ),
        inputs.people(
            "operators",
            "Operators",
            users,
            hint="They start SOPs, approve steps and give verdicts. Nobody and no group: every "
            "member who is no guest.",
        ),
        inputs.typed(
            "groups",
            "User groups of operators",
            ", ".join(groups),
            most=inputs.TYPED,
            optional=True,
            hint="Their ids, with commas between, such as S0123ABCD.",
        ),
    ]


def _report_fields(own: TeamSettings, zone: str) -> list[Block]:
    untouched = not (own.weekly_digest or own.daily_summary or own.digest_channel)
    return [
        inputs.ticked(
            "digest",
            "Weekly digest",
            "Mondays at 09:00, in the channel below",
            on=own.weekly_digest,
        ),
        _with(
            inputs.channel(
                "digest_channel",
                "Channel of the digest",
                placeholder="Choose a channel",
                hint="In a private one somebody types /invite @LiveSOP.",
            ),
            **({"initial_conversation": own.digest_channel} if own.digest_channel else {}),
        ),
        inputs.ticked(
            "summary",
            "Daily summary",
            "Every day at 09:00, to each admin by direct message",
            on=own.daily_summary,
        ),
        inputs.typed(
            "zone",
            "Time zone",
            zone if untouched else own.time_zone,
            most=60,
            hint="Such as Europe/Berlin or America/New_York.",
        ),
    ]


def filled(which: Form, answers: Answers, environment: Environment) -> Mapping[str, Any]:
    """The settings that a form changes, by name. Raises Invalid.

    Whether a time zone exists is PostgreSQL's to say.
    """
    match which:
        case Form.CHANNELS:
            return {
                "channels": _listed("channels", answers),
                "allowed_bots": _ids("bots", answers, "AB"),
            } | (
                {}
                if environment.external_channels
                else {"external_channels": _listed("external", answers)}
            )
        case Form.THRESHOLDS:
            auto, propose = _share("auto", answers), _share("propose", answers)
            limits = TeamSettings(auto_threshold=auto, propose_threshold=propose).limits(
                environment.limits
            )
            if limits.propose > limits.auto:
                raise Invalid(
                    "propose",
                    f"This must not be above the other, which is {percent(limits.auto)}.",
                )
            return {"auto_threshold": auto, "propose_threshold": propose}
        case Form.PEOPLE:
            groups = _ids("groups", answers, "S")
            return {
                "admins": _listed("admins", answers),
                "operators": _listed("operators", answers) + groups,
            }
        case Form.REMINDERS:
            return {"remind_after_hours": _whole("remind", answers, 0, _MOST_HOURS)}
        case Form.REPORTS:
            digest, where = bool(answers.get("digest")), answers.get("digest_channel")
            if digest and not where:
                raise Invalid("digest_channel", "Choose where the digest is posted.")
            return {
                _DIGEST: digest,
                _SUMMARY: bool(answers.get("summary")),
                "digest_channel": where or None,
                "time_zone": str(answers.get("zone") or "UTC").strip(),
            }
        case Form.RETENTION:
            return {"retention_days": _whole("days", answers, LEAST_DAYS, _MOST_DAYS)}
        case Form.BUDGET:
            return {"daily_token_budget": _whole("tokens", answers, 0, _MOST_TOKENS)}
        case Form.JOIN:
            return {}


def changed(settings: TeamSettings, values: Mapping[str, Any]) -> TeamSettings:
    """The settings with those values in place of theirs."""
    return replace(settings, **values)


def shortens(settings: TeamSettings, values: Mapping[str, Any]) -> bool:
    """Whether texts would be deleted that are kept so far."""
    days = values.get("retention_days")
    kept = settings.retention_days
    return days is not None and (kept is None or days < kept)


def confirm_forgetting(days: int, texts: int, most: int, *, metadata: str) -> View:
    """Say what will be deleted before it is."""
    number = f"more than {most:,} messages" if texts >= most else _messages(texts)
    now = (
        f"Right away *{number}* lose{'s' if texts == 1 else ''} the text that is kept here, and "
        "from then on every message as it gets older than that."
        if texts
        else "No message is that old yet. From then on every message loses the text that is kept "
        "here as it gets older than that."
    )
    return modal(
        "Delete old texts?",
        [
            header(f"Keep texts for {days:,} days"),
            section(
                f"{now} What LiveSOP quoted of them goes too: in evaluations, in actions, in past "
                "cases, and the verdicts on them, so that nothing is learned from them any more. "
                "SOPs that are still open for them are ended."
            ),
            section(
                "*This cannot be undone.* Figures, decisions with their reasons and the audit log "
                "stay. Slack's own messages are not touched, nor are documents in Knowledge."
            ),
        ],
        callback=CallbackId.SETTINGS_FORGET,
        submit="Save and delete",
        close="Back",
        metadata=metadata,
    )


def _messages(number: int) -> str:
    return f"{number:,} message{'' if number == 1 else 's'}"


def still_joining() -> View:
    """Say that joining goes on without anybody watching."""
    text = "Slack takes its time. LiveSOP goes on joining; look at the channels in a minute."
    return modal("Join channels", [section(f"⏳  {text}")])


def joined(done: Sequence[str], refused: Mapping[str, str]) -> View:
    """Say which channels LiveSOP is in now, and why not in others."""
    blocks = []
    if done:
        named = ", ".join(channel(one) for one in done[:50])
        blocks.append(section(f"✅  LiveSOP is in {named}."))
    for one, why in list(refused.items())[:50]:
        blocks.append(section(f"⚠️  Not in {channel(one)}: {_why(why)}"))
    return modal("Join channels", blocks or [section("No channel was chosen.")])


def jira(environment: Environment, problem: str | None) -> View:
    """Say what Jira says of the project."""
    project = line(environment.jira_project or "none", 60)
    if problem is None:
        return modal("Jira", [section(f"✅  The account sees the project *{project}* in Jira.")])
    return modal("Jira", [section(f"⚠️  *{project}*: {line(problem, 600)}")])


def trouble(why: str) -> View:
    """Say in a form's place that nothing was confirmed."""
    return modal("Settings", [section(f"⚠️  {why}")])


def _why(code: str) -> str:
    match code:
        case "method_not_supported_for_channel_type" | "channel_not_found":
            return "it is private. Somebody who is in it can type `/invite @LiveSOP` there."
        case "is_archived":
            return "it is archived."
        case "missing_scope":
            return (
                "the app may not join by itself. Type `/invite @LiveSOP` there, or add the scope "
                "`channels:join` on the app's page and install it again."
            )
        case _:
            return "Slack did not let it in. Type `/invite @LiveSOP` there."


def _with(block: Block, **parts: Any) -> Block:
    """A field with more or other parts in its element."""
    return block | {"element": block["element"] | parts}


def _percents(share: float | None) -> int | None:
    return None if share is None else round(share * 100)


def _share(field: str, answers: Answers) -> float | None:
    whole = _whole(field, answers, 0, 100)
    return None if whole is None else whole / 100


def _whole(field: str, answers: Answers, least: int, most: int) -> int | None:
    text = str(answers.get(field) or "").strip()
    if not text:
        return None
    digits = text.isascii() and text.isdigit() and len(text) < 16
    if not digits or not least <= int(text) <= most:
        raise Invalid(field, f"This must be a whole number from {least:,} to {most:,}, or empty.")
    return int(text)


def _listed(field: str, answers: Answers) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(answers.get(field) or ()))
    if len(found) > _MOST_IDS:
        raise Invalid(field, f"At most {_MOST_IDS:,} can be chosen.")
    return found


def _ids(field: str, answers: Answers, first: str) -> tuple[str, ...]:
    parts = re.split(r"[\s,;]+", str(answers.get(field) or "").strip())
    found = tuple(dict.fromkeys(part for part in parts if part))
    for one in found:
        if one[0] not in first or not _IDS.fullmatch(one):
            raise Invalid(field, f"Each must be an id such as {first[0]}0123ABCD.")
    return found
