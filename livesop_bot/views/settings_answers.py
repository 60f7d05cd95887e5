"""What was filled in where a team's settings are changed, and what cannot be."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from livesop_bot.domain.team_settings import Environment, TeamSettings
from livesop_bot.views.blocks import percent
from livesop_bot.views.home.settings import Form
from livesop_bot.views.inputs import Answers, block_id

LEAST_DAYS = 7
"""Fewer days would end runs that people still work on."""
MOST_DAYS, MOST_HOURS, MOST_TOKENS = 36_500, 8_760, 1_000_000_000_000
_MOST_IDS = 1_000
_IDS = re.compile(r"[A-Z][A-Z0-9]{2,29}")
_DIGEST, _SUMMARY = "weekly_digest", "daily_summary"


class Invalid(ValueError):
    """Something was filled in that cannot be; `field` is where, the text says what to do."""

    def __init__(self, field: str, why: str) -> None:
        super().__init__(why)
        self.field = field

    def errors(self) -> dict[str, str]:
        """As Slack shows them, each at its field."""
        return {block_id(self.field): str(self)}


NO_SUCH_ZONE = Invalid("zone", "There is no such time zone. Write it such as Europe/Berlin.")


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
            return {"remind_after_hours": _whole("remind", answers, 0, MOST_HOURS)}
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
            return {"retention_days": _whole("days", answers, LEAST_DAYS, MOST_DAYS)}
        case Form.BUDGET:
            return {"daily_token_budget": _whole("tokens", answers, 0, MOST_TOKENS)}
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
