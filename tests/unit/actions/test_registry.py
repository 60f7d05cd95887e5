"""A kind of action is a file, a name, its fields and a section of the guide; none goes missing."""

import re
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import aiohttp
import pytest
from pydantic import SecretStr
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.kind import Kind
from livesop_bot.actions.registry import action_kinds
from livesop_bot.domain.action_specs import SPECS
from livesop_bot.domain.occasion import sample_values
from livesop_bot.domain.workflows import ActionKind
from livesop_bot.settings import Settings
from livesop_bot.sop.starter_pack import starter_pack

GUIDE = Path(__file__).parents[3] / "docs" / "actions.md"


@pytest.fixture
async def kinds() -> Mapping[ActionKind, Kind]:
    async with aiohttp.ClientSession() as session:
        settings = Settings(
            _env_file=None,
            jira_base_url="https://jira.example",
            jira_email="ada@example.com",
            jira_api_token=SecretStr("hush"),
            jira_project="OPS",
        )
        return action_kinds(slack=AsyncWebClient(), session=session, settings=settings)


async def test_every_kind_is_built_from_the_file_of_its_name(
    kinds: Mapping[ActionKind, Kind],
) -> None:
    assert set(kinds) == set(ActionKind) == set(SPECS)
    for name, kind in kinds.items():
        assert type(kind).__module__ == import_module(f"livesop_bot.actions.{name}").__name__
        assert kind.name is name


def test_the_guide_has_a_section_for_every_kind() -> None:
    sections = re.findall(r"^## `([a-z_]+)`$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(sections) == sorted(ActionKind)


async def test_the_starter_pack_can_be_previewed(kinds: Mapping[ActionKind, Kind]) -> None:
    for sop in starter_pack():
        for step in sop.acting_steps:
            assert step.action is not None
            made = kinds[step.action].render(step.fields, sample_values(sop))
            assert made.words
            assert made.preview
            assert "{{" not in made.preview
            assert "(no " not in made.preview
