"""Every kind of action, by its name, and what each would send."""

from collections.abc import Callable, Mapping
from importlib import import_module

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.jira_calls import Jira
from livesop_bot.actions.kind import Kind, Tools
from livesop_bot.domain.actions import ActionRequest, Receipt
from livesop_bot.domain.occasion import sample_values, values
from livesop_bot.domain.runs import Run
from livesop_bot.domain.workflows import ActionKind, Step, StepId, WorkflowDefinition
from livesop_bot.settings import Settings


def action_kinds(
    *, slack: AsyncWebClient, session: aiohttp.ClientSession, settings: Settings
) -> Mapping[ActionKind, Kind]:
    """Build all kinds, each from the file of its name.

    `slack` must not retry by itself; `session` is for Jira.
    """
    tools = Tools(slack=slack, jira=jira_site(session, settings), settings=settings)
    return {name: _maker(name)(tools) for name in ActionKind}


def _maker(name: ActionKind) -> Callable[[Tools], Kind]:
    make: Callable[[Tools], Kind] = import_module(f"{__package__}.{name}").make
    return make


def jira_site(session: aiohttp.ClientSession, settings: Settings) -> Jira:
    """The Jira of the settings, set up or not."""
    return Jira(
        session,
        base_url=settings.jira_base_url,
        email=settings.jira_email,
        token=settings.jira_api_token,
    )


def renderer(kinds: Mapping[ActionKind, Kind]) -> Callable[..., ActionRequest]:
    """Make what fills in a step's action for a run. Raises ActionRefused."""

    def render(run: Run, step: Step, receipts: Mapping[StepId, Receipt]) -> ActionRequest:
        assert step.action is not None, "only acting steps are rendered"
        return kinds[step.action].render(step.fields, values(run.evaluation, receipts))

    return render


def previewer(
    kinds: Mapping[ActionKind, Kind],
) -> Callable[[WorkflowDefinition, Step], ActionRequest]:
    """Make what shows a step's action before there is any message. Raises ActionRefused."""

    def preview(sop: WorkflowDefinition, step: Step) -> ActionRequest:
        assert step.action is not None, "only acting steps are shown so"
        return kinds[step.action].render(step.fields, sample_values(sop))

    return preview
