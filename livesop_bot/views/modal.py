"""What every modal is made of, and what it says while it has nothing to show."""

from collections.abc import Sequence

from livesop_bot.views.blocks import Block, View, header, plain, section
from livesop_bot.views.ids import CallbackId

_TITLE = 24


def modal(
    title: str,
    blocks: Sequence[Block],
    *,
    callback: CallbackId | None = None,
    submit: str | None = None,
    close: str = "Close",
    metadata: str = "",
) -> View:
    """A modal; `metadata` comes back with everything that is pressed or sent in it."""
    view: View = {
        "type": "modal",
        "title": plain(title, _TITLE),
        "close": plain(close, _TITLE),
        "blocks": list(blocks),
    }
    if callback is not None:
        view["callback_id"] = callback.value
    if submit is not None:
        view["submit"] = plain(submit, _TITLE)
    if metadata:
        view["private_metadata"] = metadata
    return view


def loading(title: str) -> View:
    """Stand in until there is something to show."""
    return modal(title, [section("⏳  One moment, looking things up …")])


def database_away(title: str) -> View:
    """Say that nothing can be looked up, and what to do."""
    return _trouble(
        title,
        "The database is away",
        "Nothing can be looked up or changed until it is back. New messages are kept safe, and no "
        "SOP starts meanwhile.\nPlease close this and try again in a minute.",
    )


def not_confirmed(title: str) -> View:
    """Say that a change was asked for and the database did not confirm it, and what to do."""
    return _trouble(
        title,
        "Not confirmed",
        "The database did not answer, so it may or may not have been done.\n"
        "Please close this, open it again in a moment, and look.",
    )


def went_wrong(title: str) -> View:
    """Say that something failed which nobody foresaw."""
    return _trouble(
        title,
        "Something went wrong here",
        "It has been logged. Please close this and try again; if it stays like this, tell an "
        "admin of LiveSOP.",
    )


def _trouble(title: str, what: str, text: str) -> View:
    return modal(title, [header(f"⚠️ {what}"), section(text)])
