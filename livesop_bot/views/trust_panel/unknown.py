"""A message that LiveSOP does not know: why that may be, and what to do."""

from collections.abc import Sequence
from enum import StrEnum

from livesop_bot.views.blocks import View, channel, code, context, header, section
from livesop_bot.views.modal import modal
from livesop_bot.views.trust_panel.state import TITLE


class Unheard(StrEnum):
    """Why a message was not looked at, as far as Slack lets us see."""

    OWN = "own"
    APP = "app"
    KIND = "kind"
    UNWATCHED = "unwatched"
    NOT_MEMBER = "not_member"
    EXTERNAL = "external"


_SETTINGS = "LiveSOP's Home → *Settings* → *Channels*"
_SURELY = {
    Unheard.OWN: "It is LiveSOP's own message. It never looks at what it wrote itself.",
    Unheard.APP: (
        "An app wrote it, and messages of apps count only where the app is allowed. An admin of "
        f"LiveSOP can allow it: {_SETTINGS}."
    ),
    Unheard.KIND: (
        "It is of a kind that calls for nothing: somebody joined, a topic was changed, and the "
        "like."
    ),
    Unheard.UNWATCHED: (
        "LiveSOP listens only in certain channels, and this one is not among them. An admin of "
        f"LiveSOP can add it: {_SETTINGS}."
    ),
    Unheard.NOT_MEMBER: "LiveSOP is not in this channel. Invite it: `/invite @LiveSOP`.",
    Unheard.EXTERNAL: (
        "The channel is shared with another organisation. Such channels are left alone unless an "
        f"admin of LiveSOP allows them: {_SETTINGS}."
    ),
}
_PERHAPS = (
    "•  LiveSOP was not in its channel when it was written: `/invite @LiveSOP`\n"
    "•  it was written before LiveSOP came or listened here, or a moment ago and is on its way\n"
    "•  it is of a kind that LiveSOP leaves alone: people joining, other apps, its own answers"
)


def unknown(found: Sequence[Unheard], place: str = "", app: str = "") -> View:
    """Say it of a message; `found`: the causes that are known. `place`: its channel; `app`: the
    id of the app that wrote it, which whoever allows it has to type."""
    where = f" in {channel(place)}" if place else ""
    blocks = [
        header("LiveSOP does not know this message"),
        section(f"Nothing was judged or done for it{where}."),
    ]
    if found:
        blocks.append(section("*Why:*\n" + "\n".join(f"•  {_SURELY[why]}" for why in found)))
        if Unheard.APP in found and app:
            blocks.append(context(f"The app's id, to be typed there: {code(app)}"))
    else:
        blocks.append(section(f"*Likely causes*\n{_PERHAPS}"))
    blocks.append(
        context("`/livesop test &lt;text&gt;` says what LiveSOP would make of a text like it.")
    )
    return modal(TITLE, blocks)


def not_there() -> View:
    """Say it of a signal or a run that is named by its number."""
    return modal(
        TITLE,
        [
            header("LiveSOP does not know this"),
            section(
                "There is no signal of that number in this workspace.\nThe message's link works, "
                "too: its ⋮ menu, *Copy link*, then `/livesop why &lt;link&gt;`."
            ),
        ],
    )
