"""The ⋮ menu of a message."""

from playwright.async_api import Locator


async def choose(message: Locator, entry: str) -> None:
    """Open a message's menu and choose from it."""
    await message.hover()
    await message.get_by_role("button", name="More actions").click()
    await message.page.get_by_role("menuitem", name=entry, exact=True).click()
