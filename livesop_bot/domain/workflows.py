"""Workflows: living SOPs, as people write them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import NewType

from livesop_bot.domain.signals import ChannelId, TeamId

WorkflowId = NewType("WorkflowId", int)
StepId = NewType("StepId", str)


class StepKind(StrEnum):
    """Who or what carries a step out."""

    ACTION = "action"
    MANUAL = "manual"
    DECISION = "decision"


class StepMode(StrEnum):
    """Whether a step may run by itself (`auto`, with Auto-Pilot on), after a button, or by hand."""

    AUTO = "auto"
    APPROVE = "approve"
    MANUAL = "manual"


class ActionKind(StrEnum):
    """The outside effects that a step can have."""

    SLACK_MESSAGE = "slack_message"
    JIRA_ISSUE = "jira_issue"
    JIRA_COMMENT = "jira_comment"
    JIRA_TRANSITION = "jira_transition"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One box of an SOP. `action`, `fields`, `undo_s`, `cap` and `saves_min` are for kind
    `action` only.

    `approvers` are ids of the only users and user groups who may move it on; empty: every operator.
    `undo_s`: seconds in which people can take back what Auto-Pilot is about to do. `cap`: how
    often it may do so before the breaker pauses the step; None: as often as usual. `saves_min`:
    minutes of work that it saves a person, as the team estimates; 0: not said.
    """

    id: StepId
    title: str
    kind: StepKind
    mode: StepMode
    instructions: str = ""
    action: ActionKind | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    approvers: tuple[str, ...] = ()
    undo_s: int | None = None
    cap: int | None = None
    saves_min: int = 0

    @property
    def undo(self) -> timedelta:
        """The undo window: as set, or 20 s; none for a webhook, whose receiver can wait itself."""
        usual = 0 if self.action is ActionKind.WEBHOOK else 20
        return timedelta(seconds=usual if self.undo_s is None else self.undo_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edge:
    """The way from one step to another; `label` is the answer that a decision takes it on."""

    source: StepId
    target: StepId
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """What a message must be about. Empty `channels` means every channel.

    `trust_local`: where the model is away and the local evaluator stands in for it, its judgement
    may start this SOP too; otherwise it may only propose it. `propose_from`, `auto_from`: the
    confidence in percent from which it is proposed and may start; None: the team's.
    """

    description: str
    examples: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    channels: tuple[ChannelId, ...] = ()
    trust_local: bool = False
    propose_from: int | None = None
    auto_from: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkflowDefinition:
    """The content of one workflow version. `slug` names the workflow within its team.

    `extract` names what its actions need to know from the message, and says what each is.
    """

    slug: str
    title: str
    trigger: Trigger
    steps: tuple[Step, ...]
    edges: tuple[Edge, ...] = ()
    summary: str = ""
    extract: Mapping[str, str] = field(default_factory=dict)

    @property
    def acting_steps(self) -> tuple[Step, ...]:
        """The steps with an outside effect."""
        return tuple(step for step in self.steps if step.kind is StepKind.ACTION)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workflow:
    """A team's workflow at its current version.

    While it is `paused` it matches nothing, and does nothing by itself.
    """

    id: WorkflowId
    team: TeamId
    version: int
    definition: WorkflowDefinition
    paused: bool = False

    @property
    def slug(self) -> str:
        """The workflow's name within its team, as typed in commands."""
        return self.definition.slug

    @property
    def title(self) -> str:
        """The workflow's name as shown to people."""
        return self.definition.title


def watching(workflows: Iterable[Workflow], channel: ChannelId) -> tuple[Workflow, ...]:
    """Give those that watch a channel, without what is paused."""
    return tuple(
        workflow
        for workflow in workflows
        if not workflow.paused and channel in (workflow.definition.trigger.channels or (channel,))
    )
