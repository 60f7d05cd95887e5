"""The check of the Jira project: what is wrong is said, with what to do about it."""

from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from pydantic import SecretStr

from livesop_bot.actions.jira_calls import Jira
from livesop_bot.actions.jira_project import JiraProject
from tests.outside.jira_server import EMAIL, TOKEN, JiraServer


@pytest.fixture
async def site() -> AsyncIterator[JiraServer]:
    async with JiraServer() as server:
        yield server


@pytest.fixture
async def session() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


def project(site: JiraServer, session: aiohttp.ClientSession, **other: Any) -> JiraProject:
    parts: dict[str, Any] = {"base_url": site.url, "email": EMAIL, "token": TOKEN, "key": "OPS"}
    parts |= other
    jira = Jira(
        session,
        base_url=parts["base_url"],
        email=parts["email"],
        token=SecretStr(parts["token"]),
    )
    return JiraProject(jira, parts["key"])


async def test_a_project_that_the_account_sees_is_well(
    site: JiraServer, session: aiohttp.ClientSession
) -> None:
    assert await project(site, session).problem() is None


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"key": None}, "set JIRA_PROJECT"),
        ({"key": "NOPE"}, "it is not there (404)"),
        ({"token": "wrong"}, "set JIRA_EMAIL and a valid JIRA_API_TOKEN"),
        ({"base_url": None}, "set JIRA_BASE_URL"),
        ({"base_url": "http://127.0.0.1:9"}, "Try again in a minute."),
    ],
)
async def test_what_is_wrong_is_said(
    site: JiraServer, session: aiohttp.ClientSession, other: dict[str, Any], said: str
) -> None:
    assert said in str(await project(site, session, **other).problem())
