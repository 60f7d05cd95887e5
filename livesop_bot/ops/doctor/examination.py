"""The examination: all checks at once, told in order, each within its time."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from livesop_bot.logs import mask
from livesop_bot.ops.doctor import database, machine, services, slack
from livesop_bot.ops.doctor.finding import Finding, Mark
from livesop_bot.settings import Settings


@dataclass(frozen=True, slots=True)
class Check:
    """Looks at one thing. `limit` is in seconds."""

    subject: str
    look: Callable[[Settings], Awaitable[list[Finding]]]
    limit: float = 5.0


def all_checks(scopes: Sequence[str]) -> tuple[Check, ...]:
    """Every check, in the order of the report; `scopes` are those of the manifest."""
    return (
        Check("bot token", partial(slack.bot_token, scopes=scopes)),
        Check("socket", slack.socket),
        Check("database", database.database, limit=30.0),  # a new embedded server is made first
        Check("model", services.model),
        Check("jira", services.jira),
        Check("health port", machine.health_port),
        Check("sandbox port", machine.sandbox_port),
        Check("data folder", machine.data_folder),
    )


async def examine(
    settings: Settings, tell: Callable[[Finding], None], checks: Sequence[Check]
) -> bool:
    """Tell each finding as soon as those before it are told; give whether nothing failed."""
    tell(Finding(Mark.OK, "settings", "read; no value is malformed"))
    well = True
    async with asyncio.TaskGroup() as group:
        looks = [group.create_task(_within_limit(check, settings)) for check in checks]
        for look in looks:
            for finding in await look:
                tell(finding)
                well = well and finding.mark is not Mark.FAIL
    return well


async def _within_limit(check: Check, settings: Settings) -> list[Finding]:
    try:
        async with asyncio.timeout(check.limit):
            return await check.look(settings)
    except TimeoutError:
        found = f"no answer within {check.limit:g} s"
        return [
            Finding(Mark.FAIL, check.subject, found, "check the network between here and there")
        ]
    except Exception as error:  # noqa: BLE001  one check that breaks must not hide the others
        found = f"could not be checked ({type(error).__name__}: {mask(str(error))})"
        return [Finding(Mark.FAIL, check.subject, found)]
