"""A whisper: what only whoever pressed gets to see, beside a message that stays as it is."""

from collections.abc import Awaitable, Callable

from slack_bolt.async_app import AsyncRespond

from livesop_bot.views.blocks import Message


def whisper(respond: AsyncRespond) -> Callable[[Message], Awaitable[None]]:
    """What tells them, by the response_url of the press."""

    async def tell(message: Message) -> None:
        await respond(**message.payload(), response_type="ephemeral", replace_original=False)

    return tell
