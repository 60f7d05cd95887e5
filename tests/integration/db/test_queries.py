"""The named queries against the migrated schema."""

import pytest

from livesop_bot.db.pool import Pool
from livesop_bot.db.queries import queries


@pytest.fixture(scope="module")
def names() -> list[str]:
    return list(queries())


async def test_every_query_is_valid_in_the_migrated_schema(pool: Pool, names: list[str]) -> None:
    broken = {}
    async with pool.acquire() as connection:
        for name in names:
            try:
                await connection.prepare(queries()[name].text)
            except Exception as error:  # noqa: BLE001  each is named in the assertion
                broken[name] = str(error)
    assert names
    assert broken == {}
