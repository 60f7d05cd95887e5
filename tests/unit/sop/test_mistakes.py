"""Every mistake of a document is named at its line."""

from textwrap import dedent

import pytest

from livesop_bot.errors import InvalidWorkflow
from livesop_bot.sop.document import parse
from livesop_bot.sop.reading import MAX_BYTES, MAX_PROBLEMS
from tests.unit.sop.conftest import LEAST


def mistakes(text: str) -> list[str]:
    """What is said of a document, without its name."""
    with pytest.raises(InvalidWorkflow) as caught:
        parse(dedent(text), "tea.yaml")
    lines = str(caught.value).splitlines()
    assert all(line.startswith("tea.yaml") for line in lines)
    return [line.removeprefix("tea.yaml, ") for line in lines]


def with_steps(steps: str, edges: str = "") -> str:
    head = "slug: tea\ntitle: Tea\ntrigger: {description: Tea.}\nsteps:\n"
    return head + dedent(steps).strip("\n") + ("\nedges:\n" + dedent(edges) if edges else "")


def acting(fields: str) -> str:
    return with_steps(
        f"- {{id: a, title: A, kind: action, action: slack_message, with: {{{fields}}}}}"
    )


A_AND_B = """
- {id: a, title: A, kind: manual}
- {id: b, title: B, kind: manual}
"""
CHOICE = """
- {id: a, title: A, kind: decision}
- {id: b, title: B, kind: manual}
- {id: c, title: C, kind: manual}
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1, column 1: expected an SOP, the document is empty"),
        ("tea", "line 1, column 1: expected fields (key: value), found 'tea'"),
        ("[]", "line 1, column 1: expected fields (key: value), found a list"),
        ("sops: []", "line 1, column 7: sops: expected 1 to 200 entries, found 0"),
        ("sops: {}", "line 1, column 7: sops: expected a list (lines that begin with -), found f"),
        ("a: b: c", "line 1, column 5: a text with a colon and a space in it needs quotes"),
        ("a:\n\tb: c", "line 2, column 1: lines are indented with spaces, not tabs"),
        ("a: 'x", "line 1, column 6: found unexpected end of stream"),
        ("a: 1\n--- \nb: 2", "line 2, column 1: expected one document a file"),
        ("a: &x 1\nb: *x", "line 2, column 4: aliases (*name) are not taken"),
        ("a: " + "[" * 500_000, "line 1, column 15: nested more than 12 levels deep"),
        ('a: b\nc: "\\U00110000"', "line 2, column 7: stands for a character that does not exist"),
        ('a: "\\UFFFFFFFF"', "line 1, column 7: stands for a character that does not exist"),
        ("a: b\nc: \x07", "line 2, column 4: character U+0007 is not text"),
        ("x" * (MAX_BYTES + 1), "line 1, column 1: expected at most 1,000,000 bytes"),
        (LEAST + "titel: T", "unknown key 'titel'; did you mean title?"),
        (
            LEAST + "xyz: T",
            "unknown key 'xyz'; there are slug, title, summary, trigger, extract, steps",
        ),
        (LEAST + "title: T", "key 'title' stands there twice (first: line 3)"),
        (LEAST + "? [a]\n: b", "expected a key, found a list"),
        (LEAST + "summary: ~", "summary: expected a text, found nothing"),
        (LEAST + "summary: ''", "summary: expected a text, found nothing"),
        (LEAST + "summary: !!python/name:os.system x", "expected a text, found something tagged"),
        (LEAST + r'summary: "a\0b"', "summary: character U+0000 is not text"),
        (LEAST + r'summary: "\ud800"', "summary: character U+D800 is not text"),
        (LEAST + "summary: " + "x" * 501, "expected at most 500 characters, found 501"),
        (LEAST + "<<: {title: T}", "unknown key '<<'"),
        (LEAST.replace("slug: tea", "slug: Tea!"), "slug: expected a name of small letters"),
        (LEAST.replace("slug: tea", ""), "slug is missing"),
        (LEAST.replace("{description", "{descripton"), "did you mean description?"),
        (LEAST.replace("tea.}", "tea., examples: [a, a]}"), "examples #2: 'a' stands there twice"),
        (LEAST.replace("tea.}", "tea., channels: [tea]}"), "expected a channel's id such as C012A"),
        (LEAST.replace("tea.}", "tea., trust_local: 1}"), "expected true or false, found '1'"),
        (LEAST.replace("kind: manual", "kind: manual, undo: 3601"), "from 0 to 3600, found '3601'"),
        (LEAST.replace("kind: manual", "kind: manual, undo: -1"), "from 0 to 3600, found '-1'"),
        (LEAST.replace("kind: manual", "kind: manual, undo: 5"), "belongs to steps of kind action"),
        (LEAST.replace("kind: manual", "kind: manual, cap: 0"), "from 1 to 100, found '0'"),
        (LEAST.replace("kind: manual", "kind: manual, cap: 101"), "from 1 to 100, found '101'"),
        (LEAST.replace("kind: manual", "kind: manual, cap: 5"), "belongs to steps of kind action"),
        (
            LEAST.replace("kind: manual", "kind: manual, saves: 5"),
            "belongs to steps of kind action",
        ),
        (LEAST.replace("kind: manual", "kind: manual, saves: 481"), "from 0 to 480, found '481'"),
        (
            LEAST.replace("kind: manual", "kind: manual, approvers: [ada]"),
            "approvers #1: expected the id of a person (U012AB3CD) or of a user group",
        ),
        (LEAST.replace("kind: manual", "kind: manul"), "did you mean manual?"),
        (LEAST.replace("kind: manual", "kind: [manual]"), "found a list"),
        (
            f"sops:\n- {{{LEAST.split('steps')[0].strip().replace(chr(10), ', ')}, steps: [x]}}",
            "line 2, column 80: sops #1, steps #1: expected fields (key: value), found 'x'",
        ),
        (with_steps("- {id: a, title: A, kind: action}"), "steps #1: action is missing"),
        (
            with_steps("- {id: a, title: A, kind: manual, action: webhook}"),
            "action: belongs to steps of kind action, not manual",
        ),
        (
            with_steps("- {id: a, title: A, kind: manual, mode: auto}"),
            "a step of kind manual is done by hand",
        ),
        (
            with_steps("- {id: a, title: A, kind: action, action: webhook, with: {URL: x}}"),
            "with: expected a field name, found 'URL'",
        ),
        (acting("text: x, chanel: a"), "slack_message has no such field; did you mean channel?"),
        (acting("channel: thread"), "with, text: is missing, and slack_message needs it"),
        (acting("text: {{ message.text }}"), "found fields; a text that begins with { needs quot"),
        (
            acting('text: "{{ mesage.text }}"'),
            "column 71: steps #1, with, text: there is no {{ mesage.text }}; did you mean message",
        ),
        (acting('text: "{{ extract.order }}"'), "there is no {{ extract.order }}"),
        (acting('text: "{{ message.text | upper }}"'), "cannot be read: expected a name such as"),
        (acting('text: "{{ message.text"'), "{{ without }}"),
        (acting("text: x, channel: general"), "expected a channel's id or #name, thread, or dm: "),
        (
            acting('text: x, channel: "#{{ message.text }}"'),
            "{{ message.text }} comes from a message, which never says where something goes",
        ),
        (acting('text: "<@{{ message.text }}>"'), "between < and > stand mentions and links"),
        (
            with_steps(
                """
                - {id: a, title: A, kind: action, action: slack_message, with: {text: x}}
                - id: b
                  title: B
                  kind: action
                  action: jira_comment
                  with: {issue: "{{ steps.b.id }}", text: x}
                """
            ),
            "there is no {{ steps.b.id }}; did you mean steps.a.id?",
        ),
        (
            with_steps(A_AND_B.replace("id: b", "id: a")),
            "line 6, column 8: steps #2, id: 'a' stands there twice (first: line 5)",
        ),
        (with_steps(A_AND_B, "- {from: a, to: z}"), "there is no step 'z'; there are a, b"),
        (with_steps(A_AND_B, "- {from: a}"), "edges #1: to is missing"),
        (
            with_steps(A_AND_B, "- {from: a, to: b}\n- {from: b, to: a}"),
            "line 9, column 3: edges #2: goes round in a circle: a → b → a",
        ),
        (with_steps(A_AND_B, "- {from: a, to: a}"), "goes round in a circle: a → a"),
        (
            with_steps(A_AND_B + "- {id: c, title: C, kind: manual}", "- {from: a, to: b}"),
            "line 7, column 3: steps #3: cannot be reached from the first step, a",
        ),
        (
            with_steps(A_AND_B, "- {from: a, to: b, when: now}"),
            "when belongs to a decision, which a is not",
        ),
        (
            with_steps(A_AND_B, "- {from: a, to: b}\n- {from: a, to: b}"),
            "edges #2: the same way stands there twice",
        ),
        (with_steps(CHOICE), "steps #1: a decision needs at least two ways on"),
        (
            with_steps(CHOICE, "- {from: a, to: b, when: so}\n- {from: a, to: c, when: SO}"),
            "a decision needs at least two ways on with different answers",
        ),
        (
            with_steps(CHOICE, "\n".join(f"- {{from: a, to: b, when: w{n}}}" for n in range(26))),
            "steps #1: a decision has room for 25 answers, found 26: split it",
        ),
        (
            with_steps(
                CHOICE,
                "- {from: a, to: b, when: x}\n- {from: a, to: c, when: y}\n- {from: a, to: c}",
            ),
            "edges #3: when is missing: a is a decision",
        ),
        ("sops:\n- &a " + "{slug: x}", "sops #1: title is missing"),
        (
            "sops:" + LEAST.replace("\n", "\n   ").replace("   slug", "-  slug") * 2,
            "sops #2, slug: 'tea' stands there twice (first: line 2)",
        ),
    ],
)
def test_a_mistake_is_named_where_it_stands(text: str, said: str) -> None:
    assert any(said in line for line in mistakes(text)), mistakes(text)


def test_all_mistakes_come_to_light_at_once_in_their_order() -> None:
    said = mistakes(
        """\
        slug: Tea Time
        titel: Tea
        trigger: {description: Tea.}
        steps:
          - {id: a, title: A, kind: action, mode: sometimes}
          - {id: a, title: A, kind: manual}
        edges:
          - {from: a, to: z}
        """
    )
    assert [line.split(":")[0] for line in said] == [
        "line 1, column 1",
        "line 1, column 7",
        "line 2, column 1",
        "line 5, column 5",
        "line 5, column 43",
        "line 6, column 10",
        "line 8, column 19",
    ]


def test_mistakes_without_end_are_cut_off() -> None:
    said = mistakes("\n".join(f"key{n}: 1" for n in range(200)))
    assert len(said) == MAX_PROBLEMS + 1
    assert said[-1] == "tea.yaml: … and more"
