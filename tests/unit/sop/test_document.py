"""Documents as they are read, and written out."""

from textwrap import dedent

from livesop_bot.domain.signals import ChannelId
from livesop_bot.domain.workflows import (
    ActionKind,
    Edge,
    Step,
    StepId,
    StepKind,
    StepMode,
    Trigger,
    WorkflowDefinition,
)
from livesop_bot.sop.document import dump, parse
from tests.unit.sop.conftest import LEAST


def test_the_least_document_gets_defaults_and_steps_in_order() -> None:
    assert parse(LEAST, "tea.yaml") == (
        WorkflowDefinition(
            slug="tea",
            title="Tea",
            trigger=Trigger(description="Somebody wants tea."),
            steps=(
                Step(
                    id=StepId("boil"),
                    title="Boil water",
                    kind=StepKind.MANUAL,
                    mode=StepMode.MANUAL,
                ),
                Step(
                    id=StepId("pour"), title="Pour it", kind=StepKind.MANUAL, mode=StepMode.MANUAL
                ),
            ),
            edges=(Edge(source=StepId("boil"), target=StepId("pour")),),
        ),
    )


def test_a_full_document_is_read_to_the_letter() -> None:
    (sop,) = parse(
        dedent(
            """
            slug: order
            title: 2024
            summary: |
              What is written
              over two lines
            trigger:
              description: An order.
              examples: [I'd like to order, "order: now"]
              keywords: [order]
              channels: [C012AB3CD]
              trust_local: true
            extract:
              amount: How much is ordered.
            steps:
              - id: ask
                title: Really?
                kind: decision
              - id: send
                title: Send it
                kind: action
                instructions: |
                  First this,

                  then that.
                action: webhook
                with: {url: https://example.com/hook, text: 3}
                undo: 0
                cap: 12
                saves: 3
                approvers: [U012AB3CD, S012AB3CD]
              - id: tell
                title: Tell
                kind: action
                mode: auto
                action: slack_message
                with: {text: "{{ extract.amount }}"}
            edges:
              - {from: ask, to: send, when: yes}
              - {from: ask, to: tell, when: no}
            """
        ),
        "order.yaml",
    )
    assert sop.title == "2024"
    assert sop.summary == "What is written over two lines"
    assert sop.trigger == Trigger(
        description="An order.",
        examples=("I'd like to order", "order: now"),
        keywords=("order",),
        channels=(ChannelId("C012AB3CD"),),
        trust_local=True,
    )
    assert sop.extract == {"amount": "How much is ordered."}
    send = sop.steps[1]
    assert send.instructions == "First this,\n\nthen that."
    assert (send.mode, send.action) == (StepMode.APPROVE, ActionKind.WEBHOOK)
    assert send.fields == {"url": "https://example.com/hook", "text": "3"}
    assert (send.undo_s, send.cap, send.saves_min) == (0, 12, 3)
    assert send.approvers == ("U012AB3CD", "S012AB3CD")
    assert (sop.steps[2].mode, sop.steps[2].cap) == (StepMode.AUTO, None)
    assert [edge.label for edge in sop.edges] == ["yes", "no"]


def test_what_is_written_out_is_pretty_and_leaves_defaults_out() -> None:
    (sop,) = parse(LEAST, "tea.yaml")
    step = sop.steps[1]
    written = dump(
        [
            WorkflowDefinition(
                slug="tea",
                title="Tea",
                trigger=Trigger(description="Somebody wants tea.", keywords=("tea", "no")),
                steps=(
                    sop.steps[0],
                    Step(
                        id=step.id,
                        title=step.title,
                        kind=StepKind.ACTION,
                        mode=StepMode.APPROVE,
                        instructions="Slowly:\nit is hot.",
                        action=ActionKind.SLACK_MESSAGE,
                        fields={"text": "Tea!"},
                    ),
                ),
                edges=sop.edges,
            )
        ]
    )
    assert written == dedent(
        """\
        slug: tea
        title: Tea
        trigger:
          description: Somebody wants tea.
          keywords:
            - tea
            - 'no'
        steps:
          - id: boil
            title: Boil water
            kind: manual
          - id: pour
            title: Pour it
            kind: action
            mode: approve
            instructions: |
              Slowly:
              it is hot.
            action: slack_message
            with:
              text: Tea!
        """
    )
