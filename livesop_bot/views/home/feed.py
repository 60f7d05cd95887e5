"""App Home, the Live Feed: the newest evaluations, filtered, a page at a time."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import assert_never

from livesop_bot.domain.evaluations import Cause, Evaluation, Outcome
from livesop_bot.domain.signals import ChannelId, SignalState
from livesop_bot.views.blocks import (
    BUTTON,
    Block,
    actions,
    button,
    channel,
    context,
    date,
    header,
    link,
    person,
    plain,
    section,
)
from livesop_bot.views.home.tabs import HomeState
from livesop_bot.views.ids import ActionId, BlockId
from livesop_bot.views.judgement import detail_line, verdict_line

PAGE = 10
MOST_SOPS = 98
"""SOPs that the filter offers; with all of them and the chosen one Slack's limit of 100."""

_ALL = "*"


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedFilter:
    """What the feed is narrowed to, and where its page begins: behind the evaluation `before`."""

    channel: ChannelId | None = None
    sop: str | None = None
    outcome: Outcome | None = None
    before: int | None = None

    @classmethod
    def of(cls, state: HomeState) -> "FeedFilter":
        """Read it from where somebody is in Home; what cannot be read filters nothing."""
        found, page = state.filters, state.page
        outcome = found.get("outcome", "")
        return cls(
            channel=ChannelId(found["channel"]) if found.get("channel") else None,
            sop=found.get("sop") or None,
            outcome=Outcome(outcome) if outcome in set(Outcome) else None,
            before=int(page) if page.isascii() and page.isdigit() and len(page) < 19 else None,
        )

    @property
    def narrows(self) -> bool:
        """Whether it leaves anything out."""
        return bool(self.channel or self.sop or self.outcome)

    def state(self) -> HomeState:
        """Write it into a state of Home."""
        named = {"channel": self.channel, "sop": self.sop, "outcome": self.outcome}
        filters = {name: str(value) for name, value in named.items() if value}
        return HomeState(filters=filters, page="" if self.before is None else str(self.before))


def narrowed(state: HomeState, action: Mapping[str, object]) -> HomeState:
    """What Home shows after something was picked in a filter: its first page."""
    found = replace(FeedFilter.of(state), before=None)
    option = action.get("selected_option")
    value = option.get("value") if isinstance(option, Mapping) else None
    picked = None if value in (None, _ALL) else str(value)
    match action.get("action_id"):
        case ActionId.FEED_CHANNEL:
            chosen = action.get("selected_conversation")
            found = replace(found, channel=ChannelId(str(chosen)) if chosen else None)
        case ActionId.FEED_SOP:
            found = replace(found, sop=picked)
        case ActionId.FEED_OUTCOME:
            found = replace(found, outcome=Outcome(picked) if picked in set(Outcome) else None)
        case _:
            found = FeedFilter()
    return found.state()


def feed(
    found: FeedFilter, sops: Mapping[str, str], evaluations: Sequence[Evaluation]
) -> Iterator[Block]:
    """Show a page; where there is one evaluation more than fits, there is a page behind it.

    `sops`: the titles of those that the filter offers, by their slugs; where there is one more
    than it has room for, it says where the others are.
    """
    yield header("Live Feed")
    if evaluations or found.narrows or found.before is not None:
        yield _filters(found, sops)
        if len([slug for slug in sops if slug != found.sop]) > MOST_SOPS:
            where = "For any other, *Workflows*, *Open*, *Live Feed*."
            yield context(f"The menu of SOPs has those that matched most lately. {where}")
    if not evaluations:
        yield section(_nothing(found))
    for number, evaluation in enumerate(evaluations[:PAGE], 1):
        yield from _row(evaluation, number)
    if pages := list(_pages(found, evaluations)):
        yield actions(BlockId.FEED_PAGES, *pages)


def _filters(found: FeedFilter, sops: Mapping[str, str]) -> Block:
    where: Block = {
        "type": "conversations_select",
        "action_id": ActionId.FEED_CHANNEL.value,
        "placeholder": plain("All channels", 150),
        "filter": {"include": ["public", "private"], "exclude_bot_users": True},
    }
    if found.channel:
        where["initial_conversation"] = found.channel
    titles = {slug: title for slug, title in sops.items() if slug != found.sop}
    titles = dict(list(titles.items())[:MOST_SOPS])
    if found.sop:
        titles[found.sop] = sops.get(found.sop, found.sop)
    outcomes = {outcome.value: _outcome(outcome) for outcome in Outcome}
    elements = [
        where,
        _select(ActionId.FEED_SOP, "All SOPs", titles, found.sop),
        _select(ActionId.FEED_OUTCOME, "All outcomes", outcomes, found.outcome),
    ]
    if found.narrows:
        elements.append(button(ActionId.FEED_CLEAR, "Show all"))
    return actions(BlockId.FEED_FILTERS, *elements)


def _select(
    action_id: ActionId, all_of_them: str, options: Mapping[str, str], chosen: str | None
) -> Block:
    every = {_ALL: all_of_them, **options}
    made = {value: _option(value, text) for value, text in every.items()}
    return {
        "type": "static_select",
        "action_id": action_id.value,
        "placeholder": plain(all_of_them, 150),
        "options": list(made.values()),
        "initial_option": made.get(chosen or _ALL, made[_ALL]),
    }


def _option(value: str, text: str) -> Block:
    return {"text": plain(text, BUTTON), "value": value}


def _nothing(found: FeedFilter) -> str:
    if found.before is not None:
        return "Nothing older than that."
    if found.narrows:
        return "Nothing like that so far. *Show all* takes the filters away."
    return (
        "Nothing yet. Send a message in a channel that LiveSOP is in; "
        "invite it with `/invite @LiveSOP`."
    )


def _row(evaluation: Evaluation, number: int) -> Iterator[Block]:
    lines = [f"{_MARKS[evaluation.outcome]}  {verdict_line(evaluation)}", detail_line(evaluation)]
    row = section("\n".join(filter(None, lines)))
    value = str(evaluation.signal.id)
    spoken = f"Why? Row {number}: {_outcome(evaluation.outcome)}"
    row["accessory"] = button(ActionId.WHY, "Why?", value=value, spoken=spoken)
    yield row
    yield context(_origin(evaluation))


def _origin(evaluation: Evaluation) -> str:
    signal = evaluation.signal
    deleted = signal.state is SignalState.DELETED
    parts = [
        date(evaluation.created_at),
        channel(signal.channel),
        "an app" if signal.author_is_bot else person(signal.author),
        "message deleted" if deleted else link(signal.permalink, "open message"),
    ]
    if evaluation.cause is Cause.REPLAY:
        parts.append("dry run" if evaluation.dry_run else "replay")
    return "  ·  ".join(filter(None, parts))


def _pages(found: FeedFilter, evaluations: Sequence[Evaluation]) -> Iterator[Block]:
    if found.before is not None:
        yield button(ActionId.FEED_NEWEST, "⇤ Newest")
    if len(evaluations) > PAGE:
        yield button(ActionId.FEED_OLDER, "Older ›", value=str(evaluations[PAGE - 1].id))


def _outcome(outcome: Outcome) -> str:
    match outcome:
        case Outcome.STARTED:
            return "Started"
        case Outcome.PROPOSED:
            return "Proposed"
        case Outcome.HELD:
            return "SOP fits, nothing done"
        case Outcome.NO_SOP:
            return "No SOP"
        case Outcome.UNJUDGED:
            return "Could not be judged"
        case _:
            assert_never(outcome)


_MARKS = {
    Outcome.STARTED: "🟢",
    Outcome.PROPOSED: "🔵",
    Outcome.HELD: "🟡",
    Outcome.NO_SOP: "⚪",
    Outcome.UNJUDGED: "🟠",
}
