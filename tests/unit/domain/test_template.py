"""Templates: they put values in and compute nothing, whatever the values are."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesop_bot.domain.template import MOST_NAMES, read_template
from livesop_bot.errors import InvalidWorkflow

VALUES = {"message.text": "  The\nshop  is down ", "extract.order": "4711", "sop.title": ""}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("nothing", "nothing"),
        ("", ""),
        ("{single} }} { x }", "{single} }} { x }"),
        ("Order {{extract.order}}!", "Order 4711!"),
        ("{{ message.text | line }}", "The shop is down"),
        ("{{ message.text | line | short 6 }}", "The s…"),
        ("{{ extract.order | short 4 }}", "4711"),
        ('{{ extract.amount | or "some money" }}', "some money"),
        ('{{ extract.order | or "x" }}', "4711"),
        ('{{ sop.title | or "" }}', "(no title)"),
        ("{{ extract.amount }} and {{ steps.file.link }}", "(no amount) and (no link)"),
        ("{{\n  extract.order\n}}", "4711"),
        ('{{ extract.amount | or "one | two" | short 5 }}', "one …"),
    ],
)
def test_names_are_filled_in(template: str, text: str) -> None:
    assert read_template(template).render(VALUES) == text


@pytest.mark.parametrize(
    "template",
    [
        "{{ }}",
        "{{ message.text",
        "{{ a }} {{ b",
        "{{ 7 * 7 }}",
        "{{ message.text.__class__() }}",
        "{{ message['text'] }}",
        "{{ message.text | upper }}",
        "{{ message.text | short }}",
        "{{ message.text | short 0 }}",
        "{{ message.text | or x }}",
        "{{ message.text | }}",
        "{{ message.text, sop.title }}",
        "{{ {{ message.text }} }}",
        "{{ a }}" * (MOST_NAMES + 1),
    ],
)
def test_what_is_no_name_is_refused(template: str) -> None:
    with pytest.raises(InvalidWorkflow, match=r"expected|without"):
        read_template(template)


def test_an_unknown_name_is_said_with_the_nearest() -> None:
    template = read_template("{{ mesage.text }} {{ zzz }} {{ sop.title }}")
    assert list(template.unknown(["message.text", "sop.title"])) == [
        "there is no {{ mesage.text }}; did you mean message.text?",
        "there is no {{ zzz }}; there are message.text, sop.title",
    ]


@given(st.text(min_size=1))
def test_a_value_is_put_in_as_it_is(value: str) -> None:
    assert read_template("a {{ x }} b {{ x }}").render({"x": value}) == f"a {value} b {value}"


@given(st.text('{}|" .abor1\n'))
def test_a_template_is_read_or_refused(text: str) -> None:
    with suppress(InvalidWorkflow):
        read_template(text).render({"a": "b"})
