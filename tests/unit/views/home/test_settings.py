"""The Settings tab and its forms: what holds and where from, whatever the values are."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from livesop_bot.domain.audit import AuditRow
from livesop_bot.domain.decisions import Limits
from livesop_bot.domain.signals import TeamId
from livesop_bot.domain.team_settings import Environment, TeamSettings, UsedToday
from livesop_bot.views import settings_answers, settings_forms, settings_notices
from livesop_bot.views.blocks import Block
from livesop_bot.views.home.settings import Form, SettingsShown, settings_tab
from livesop_bot.views.home.tabs import HomeState, HomeTab, home
from livesop_bot.views.lint import violations
from livesop_bot.views.settings_answers import Invalid

ENVIRONMENT = Environment(
    limits=Limits(propose=0.5, auto=0.9),
    admins=("UENV",),
    remind_after_hours=4,
    daily_token_budget=2_000_000,
    model="gpt-4o-mini",
    jira_project="OPS",
)
SHOWN = SettingsShown(
    settings=TeamSettings(),
    environment=ENVIRONMENT,
    used=UsedToday(500_000, 0.21),
    evaluator="tiered",
    admins=("UENV", "U2"),
    changes=(),
    is_admin=True,
)
STATE = HomeState(tab=HomeTab.SETTINGS)


def said(blocks: Sequence[Block]) -> str:
    """All texts, a line each; those of buttons in brackets."""
    lines = []
    for block in blocks:
        parts = block.get("elements") or filter(None, (block.get("text"), block.get("accessory")))
        for part in parts:
            text = part["text"]
            lines.append(text if isinstance(text, str) else f"[{text['text']}]")
    return "\n".join(lines)


def change(
    before: str | None, after: str, kind: str = "settings", subject: str = "settings:T1"
) -> AuditRow:
    return AuditRow(
        team=TeamId("T1"),
        number=1,
        at=datetime(2026, 11, 1, tzinfo=UTC),
        actor="U1",
        kind=kind,
        subject=subject,
        before=before,
        after=after,
        previous=b"",
        hash=b"",
    )


def test_what_the_team_did_not_set_is_shown_as_it_holds_and_where_from() -> None:
    text = said(settings_tab(SHOWN))
    assert "Listens in *every channel* that it is in." in text
    assert "Starts by itself from *90%*  (default)" in text
    assert "Admins: Slack's admins and owners, <@UENV>" in text
    assert "Operators: every member who is no guest" in text
    assert "*500,000* of 2,000,000 tokens used today, 1,500,000 left" in text
    assert "kept *for ever*" in text
    assert "Weekly digest: *off*" in text
    assert "Nobody has changed anything yet." in text


def test_what_the_team_set_is_named_as_its_own() -> None:
    own = TeamSettings(
        auto_threshold=0.95,
        operators=("S1", "U2"),
        channels=("C1", "C2"),
        allowed_bots=("B1",),
        remind_after_hours=0,
        retention_days=90,
        daily_token_budget=100_000,
        digest_channel="C1",
        weekly_digest=True,
        daily_summary=True,
    )
    text = said(settings_tab(replace(SHOWN, settings=own)))
    assert "Listens *only* in <#C1>, <#C2>." in text
    assert "Messages of apps: `B1`" in text
    assert "Starts by itself from *95%*  (set by this team)" in text
    assert "Operators: <!subteam^S1>, <@U2>" in text
    assert "waits *never*  (set by this team)" in text
    assert "kept for *90 days*" in text
    assert "Mondays at 09:00 in <#C1>" in text
    assert "every day at 09:00" in text
    assert "*500,000* of 100,000 tokens used today, 0 left  (set by this team)" in text


def test_who_is_no_admin_sees_no_buttons_but_who_to_ask() -> None:
    text = said(settings_tab(replace(SHOWN, is_admin=False)))
    assert "Only admins can change these: <@UENV>, <@U2>." in text
    assert "[Change]" not in text
    assert "[Join channels …]" not in text


@pytest.mark.parametrize(
    ("row", "told"),
    [
        (change('{"auto_threshold": null}', '{"auto_threshold": "0.95"}'), "starts from: — → 0.95"),
        (
            change('{"admins": ""}', '{"admins": "U1,S2,U3,U4"}'),
            "admins: — → <@U1>, <!subteam^S2>, <@U3> and 1 more",
        ),
        (change('{"channels": "C1"}', '{"channels": "C2"}'), "channels: <#C1> → <#C2>"),
        (change('{"allowed_bots": ""}', '{"allowed_bots": "B1"}'), "apps: — → `B1`"),
        (
            change('{"on": false}', '{"on": true}', "switch", "team:T1"),
            "switched Auto-Pilot on for the team",
        ),
        (
            change('{"on": true}', '{"on": false}', "switch", "workflow:incident"),
            "switched Auto-Pilot off for `incident`",
        ),
        (
            change('{"on": false}', '{"on": true}', "switch", "step:incident/declare"),
            "switched Auto-Pilot on for `declare` of `incident`",
        ),
        (
            change('{"on": true}', '{"on": false}', "switch", "channel:C1"),
            "switched Auto-Pilot off in <#C1>",
        ),
        *(
            (change(None, after, "publish", "workflow:incident"), f"{did} `incident`")
            for after, did in (
                ('{"version": 2, "archived": false}', "published"),
                ('{"paused": true}', "paused"),
                ('{"paused": false}', "resumed"),
                ('{"archived": true}', "archived"),
                ('{"archived": false}', "restored"),
            )
        ),
    ],
)
def test_the_last_changes_are_told_in_words(row: AuditRow, told: str) -> None:
    text = said(settings_tab(replace(SHOWN, changes=[row])))
    assert text.endswith(f"<@U1>  {told}")


@pytest.mark.parametrize(
    ("stands_in", "then"),
    [(True, "the local evaluator judges alone"), (False, "such messages fail")],
)
def test_what_the_model_is_asked_and_what_happens_without_budget(
    stands_in: bool, then: str
) -> None:
    text = said(settings_tab(replace(SHOWN, environment=replace(ENVIRONMENT, stands_in=stands_in))))
    assert "`gpt-4o-mini` is asked about messages that may call for an SOP." in text
    assert f"When nothing is left, {then}" in text


def test_without_a_model_there_is_no_budget_to_change() -> None:
    text = said(settings_tab(replace(SHOWN, environment=replace(ENVIRONMENT, model=None))))
    assert "Judged here by tiered. No text leaves for a model." in text
    assert "tokens" not in text


def own_settings(one: st.SearchStrategy[str]) -> st.SearchStrategy[TeamSettings]:
    """Settings with every value that there may be, and lists of up to 1,000."""
    ids = st.tuples(st.lists(one, max_size=5), st.integers(0, 200)).map(
        lambda drawn: tuple(drawn[0] * drawn[1])
    )
    return st.builds(
        TeamSettings,
        auto_threshold=st.none() | st.floats(0, 1),
        propose_threshold=st.none() | st.floats(0, 1),
        admins=ids,
        operators=ids,
        channels=ids,
        external_channels=ids,
        allowed_bots=ids,
        remind_after_hours=st.none() | st.integers(0, 8_760),
        retention_days=st.none() | st.integers(7, 36_500),
        daily_token_budget=st.none() | st.integers(0, 10**12),
        digest_channel=st.none() | st.text(min_size=1, max_size=40),
        weekly_digest=st.booleans(),
        daily_summary=st.booleans(),
        time_zone=st.text(min_size=1, max_size=100),
    )


@settings(max_examples=40)
@given(
    own=own_settings(st.text(max_size=40)),
    is_admin=st.booleans(),
    project=st.none() | st.text(max_size=300),
)
def test_slack_takes_the_tab_whatever_is_set(
    own: TeamSettings, is_admin: bool, project: str | None
) -> None:
    environment = replace(ENVIRONMENT, jira_project=project, allowed_bots=own.allowed_bots)
    rows = [change("{}", '{"admins": "<!channel>", "time_zone": "<@U1>"}')] * 10
    shown = replace(SHOWN, settings=own, environment=environment, is_admin=is_admin, changes=rows)
    view = home(STATE, settings_tab(shown))
    assert violations(view) == []
    assert "<!channel>" not in str(view)


@pytest.mark.parametrize("which", Form)
@settings(max_examples=20)
@given(own=own_settings(st.from_regex(r"[USB][A-Z0-9]{8}", fullmatch=True)))
def test_slack_takes_every_form(which: Form, own: TeamSettings) -> None:
    view = settings_forms.form(
        which, own, ENVIRONMENT, metadata=STATE.write(), zone="Europe/Berlin"
    )
    assert violations(view) == []


@pytest.mark.parametrize(
    ("which", "answers", "values"),
    [
        (Form.THRESHOLDS, {"auto": "95", "propose": None}, (0.95, None)),
        (Form.THRESHOLDS, {"auto": None, "propose": "90"}, (None, 0.9)),
        (Form.REMINDERS, {"remind": "0"}, (0,)),
        (Form.REMINDERS, {"remind": ""}, (None,)),
        (Form.RETENTION, {"days": "90"}, (90,)),
        (Form.BUDGET, {"tokens": "1000"}, (1000,)),
        (
            Form.CHANNELS,
            {"channels": ["C1", "C1"], "bots": "B01, A02;A02", "external": []},
            (("C1",), ("B01", "A02"), ()),
        ),
        (
            Form.PEOPLE,
            {"admins": ["U1"], "operators": ["U2"], "groups": "S012"},
            (("U1",), ("U2", "S012")),
        ),
        (
            Form.REPORTS,
            {"digest": ["yes"], "digest_channel": "C1", "summary": [], "zone": " Asia/Kolkata "},
            (True, False, "C1", "Asia/Kolkata"),
        ),
    ],
)
def test_what_is_filled_in_becomes_settings(
    which: Form, answers: dict[str, Any], values: tuple[object, ...]
) -> None:
    found = settings_answers.filled(which, answers, ENVIRONMENT)
    assert tuple(found.values()) == values
    settings_answers.changed(TeamSettings(), found)


@pytest.mark.parametrize(
    ("which", "answers", "field"),
    [
        (Form.THRESHOLDS, {"auto": "40", "propose": None}, "propose"),
        (Form.THRESHOLDS, {"auto": "101"}, "auto"),
        (Form.THRESHOLDS, {"auto": "9.5"}, "auto"),
        (Form.REMINDERS, {"remind": "-1"}, "remind"),
        (Form.RETENTION, {"days": "6"}, "days"),
        (Form.RETENTION, {"days": "²"}, "days"),
        (Form.BUDGET, {"tokens": "9" * 30}, "tokens"),
        (Form.CHANNELS, {"bots": "monitoring"}, "bots"),
        (Form.CHANNELS, {"channels": [f"C{number}" for number in range(1_001)]}, "channels"),
        (Form.PEOPLE, {"groups": "U123"}, "groups"),
        (Form.REPORTS, {"digest": ["yes"], "digest_channel": None}, "digest_channel"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(
    which: Form, answers: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as found:
        settings_answers.filled(which, answers, ENVIRONMENT)
    assert found.value.field == field
    assert str(found.value)


@pytest.mark.parametrize(
    ("kept", "days", "is_shorter"),
    [(None, 90, True), (180, 90, True), (90, 90, False), (30, 90, False), (30, None, False)],
)
def test_only_what_deletes_more_is_asked_about(
    kept: int | None, days: int | None, is_shorter: bool
) -> None:
    own = TeamSettings(retention_days=kept)
    assert settings_answers.shortens(own, {"retention_days": days}) is is_shorter


@pytest.mark.parametrize(
    ("texts", "said_"),
    [
        (0, "No message is that old yet."),
        (1, "*1 message* loses the text"),
        (12, "*12 messages* lose the text"),
        (10_000, "*more than 10,000 messages*"),
    ],
)
def test_what_will_be_deleted_is_said_before(texts: int, said_: str) -> None:
    view = settings_notices.confirm_forgetting(90, texts, 10_000, metadata="{}")
    assert violations(view) == []
    assert said_ in said(view["blocks"])
    assert "This cannot be undone." in said(view["blocks"])


def test_what_was_joined_and_what_not_is_said() -> None:
    refused = {
        "C2": "method_not_supported_for_channel_type",
        "C3": "is_archived",
        "C4": "missing_scope",
        "C5": "away",
    }
    view = settings_notices.joined(["C1"], refused)
    assert violations(view) == []
    text = said(view["blocks"])
    assert "LiveSOP is in <#C1>." in text
    assert "Not in <#C2>: it is private." in text
    assert "channels:join" in text
    assert violations(settings_notices.joined([], {})) == []


def test_jiras_word_is_passed_on() -> None:
    assert "sees the project *OPS*" in said(settings_notices.jira(ENVIRONMENT, None)["blocks"])
    broken = settings_notices.jira(ENVIRONMENT, "Jira refused the token (401): <!channel>")
    assert violations(broken) == []
    assert "&lt;!channel&gt;" in said(broken["blocks"])
