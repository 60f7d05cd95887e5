"""Fields of actions: what may stand in them when published, and what comes of them when used."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesop_bot.domain.action_fields import filled, problems
from livesop_bot.domain.action_specs import SPECS
from livesop_bot.domain.occasion import is_own, names
from livesop_bot.domain.workflows import ActionKind, StepId
from livesop_bot.errors import ActionRefused

TICKET = [StepId("ticket")]
SLACK, ISSUE, COMMENT = ActionKind.SLACK_MESSAGE, ActionKind.JIRA_ISSUE, ActionKind.JIRA_COMMENT
HOOK = ActionKind.WEBHOOK


def flaws(kind: ActionKind, fields: Mapping[str, str]) -> list[tuple[str, str]]:
    return list(problems(kind, fields, ["order"], TICKET))


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        (SLACK, {"text": "Hello {{ extract.order }}, {{ steps.ticket.link }}"}),
        (SLACK, {"text": "<!here> <{{ steps.ticket.link }}|{{ steps.ticket.id }}> 1 < 2"}),
        (SLACK, {"channel": "#support", "text": "x"}),
        (SLACK, {"channel": "C012AB3CD", "text": "x"}),
        (SLACK, {"channel": "dm: requester", "text": "x"}),
        (ISSUE, {"summary": "x"}),
        (ISSUE, {"summary": "x", "labels": "a, b", "project": "OPS", "priority": "High"}),
        (COMMENT, {"issue": "OPS-12", "text": "x"}),
        (COMMENT, {"issue": "{{ steps.ticket.id }}", "text": "x"}),
        (ActionKind.JIRA_TRANSITION, {"issue": "OPS-12", "to": "In Progress"}),
        (HOOK, {"url": "https://example.com/{{ sop.slug }}", "text": "x"}),
        (HOOK, {"url": "http://[::1]:8080/hook?a=b", "text": "x", "idempotent": "yes"}),
    ],
)
def test_what_is_right_is_taken(kind: ActionKind, fields: dict[str, str]) -> None:
    assert flaws(kind, fields) == []


@pytest.mark.parametrize(
    ("kind", "fields", "name", "said"),
    [
        (SLACK, {}, "text", "is missing"),
        (SLACK, {"text": "x", "to": "y"}, "to", "has no such field"),
        (SLACK, {"text": "{{ extract.oder }}"}, "text", "did you mean extract.order?"),
        (SLACK, {"text": "{{ steps.other.id }}"}, "text", "did you mean steps.ticket.id?"),
        (SLACK, {"text": "<!{{ extract.order }}>"}, "text", "must not come from a message"),
        (SLACK, {"text": "<https://x.example|{{ message.text }}>"}, "text", "must not come"),
        (SLACK, {"text": "x", "channel": "support"}, "channel", "expected a channel's id or"),
        (SLACK, {"text": "x", "channel": "#a {{ sop.slug"}, "channel", "without"),
        (ISSUE, {"summary": "x", "labels": "two words"}, "labels", "labels without spaces"),
        (ISSUE, {"summary": "x", "project": "ops"}, "project", "such as OPS"),
        (ISSUE, {"summary": "x", "type": "x" * 256}, "type", "at most 255 characters"),
        (COMMENT, {"issue": "{{ extract.order }}", "text": "x"}, "issue", "comes from a message"),
        (HOOK, {"url": "https://{{ message.text }}/", "text": "x"}, "url", "comes from a message"),
        (HOOK, {"url": "ftp://example.com", "text": "x"}, "url", "such as https://"),
        (HOOK, {"url": "https:///hook", "text": "x"}, "url", "such as https://"),
        (HOOK, {"url": "https://a b", "text": "x"}, "url", "without spaces"),
        (HOOK, {"url": "https://ada:pw@example.com", "text": "x"}, "url", "password"),
        (HOOK, {"url": "https://x.example", "text": "x", "idempotent": "1"}, "idempotent", "yes o"),
    ],
)
def test_what_is_wrong_is_named(
    kind: ActionKind, fields: dict[str, str], name: str, said: str
) -> None:
    ((field, problem),) = flaws(kind, fields)
    assert field == name
    assert said in problem


@pytest.mark.parametrize("kind", ActionKind)
def test_no_target_takes_anything_of_a_message(kind: ActionKind) -> None:
    foreign = [name for name in names(["order"], TICKET) if not is_own(name)]
    values = dict.fromkeys(foreign, "OPS-1")
    for field in SPECS[kind].fields:
        for name in foreign if field.target else ():
            fields = {one.name: "x" for one in SPECS[kind].fields if one.required}
            fields[field.name] = f"{{{{ {name} }}}}"
            assert field.name in dict(flaws(kind, fields))
            with pytest.raises(ActionRefused):
                filled(kind, fields, values)


@given(st.text())
def test_any_message_can_be_filled_in_and_stays_what_it_is(text: str) -> None:
    done = filled(SLACK, {"text": "> {{ message.text }} <"}, {"message.text": text})
    assert done["text"] == f"> {text or '(no text)'} <"
    assert done["channel"] == "thread"
    summary = filled(ISSUE, {"summary": "{{ message.text }}"}, {"message.text": text})["summary"]
    assert summary
    assert len(summary.splitlines()) == 1


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({}, "does not give text"),
        ({"text": "x", "count": "3"}, "gives count, unknown to slack_message"),
        ({"text": "{{ x"}, "cannot be filled in"),
        ({"text": "x", "channel": "support"}, "does not fit"),
        ({"text": "x", "channel": "#{{ sop.title }}"}, "does not fit"),
        ({"text": "x", "channel": "{{ steps.a.id }}"}, "was that step done?"),
    ],
)
def test_an_sop_from_before_a_rule_is_refused_when_it_acts(
    fields: dict[str, str], said: str
) -> None:
    with pytest.raises(ActionRefused, match=said):
        filled(SLACK, fields, {"sop.title": "two words"})


def test_a_long_text_is_cut() -> None:
    done = filled(ISSUE, {"summary": "{{ x.y }}"}, {"x.y": "a" * 300})
    assert done["summary"] == "a" * 254 + "…"
