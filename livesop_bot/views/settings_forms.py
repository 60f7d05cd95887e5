"""The modals in which a team's settings are changed."""

from collections.abc import Sequence
from typing import Any

from livesop_bot.domain.team_settings import Environment, TeamSettings
from livesop_bot.views import inputs
from livesop_bot.views.blocks import (
    Block,
    View,
    context,
    percent,
    plain,
)
from livesop_bot.views.home.settings import Form
from livesop_bot.views.ids import CallbackId
from livesop_bot.views.modal import modal
from livesop_bot.views.settings_answers import LEAST_DAYS, MOST_DAYS, MOST_HOURS, MOST_TOKENS

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
                    most=MOST_HOURS,
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
                    most=MOST_DAYS,
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
                    most=MOST_TOKENS,
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


def _with(block: Block, **parts: Any) -> Block:
    """A field with more or other parts in its element."""
    return block | {"element": block["element"] | parts}


def _percents(share: float | None) -> int | None:
    return None if share is None else round(share * 100)
