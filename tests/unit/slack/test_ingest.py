"""What Slack's payloads mean, as a table and for anything that JSON can hold."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from livesop_bot.domain.signals import NewSignal, Noise, SignalDeletion, SignalEdit
from livesop_bot.domain.team_settings import TeamSettings
from livesop_bot.slack.ingest import LONGEST_TEXT, Installation, Rules, parse
from livesop_bot.slack.rules import combined

ME = Installation(
    team="T1",  # type: ignore[arg-type]
    team_name="Acme",
    url="https://acme.slack.com/",
    bot_user="UBOT",  # type: ignore[arg-type]
    bot_id="BBOT",
    app_id="ABOT",
)
NOW = datetime(2026, 11, 1, tzinfo=UTC)
TS = "1700000000.000100"


def payload(**event: Any) -> dict[str, Any]:
    """An event_callback as Slack sends it, with a plain message unless told otherwise."""
    return {
        "type": "event_callback",
        "team_id": "T1",
        "event_id": "Ev1",
        "event": {
            "type": "message",
            "channel": "C1",
            "user": "U1",
            "text": "Payments are down",
            "ts": TS,
            **event,
        },
    }


def read(body: dict[str, Any], rules: Rules | None = None) -> object:
    return parse(body, installation=ME, rules=rules or Rules(), received_at=NOW)


def test_a_message_becomes_a_signal_with_its_link() -> None:
    signal = read(payload())
    assert isinstance(signal, NewSignal)
    assert signal.external_id == "C1:1700000000.000100"
    assert signal.permalink == "https://acme.slack.com/archives/C1/p1700000000000100"
    assert signal.occurred_at == datetime(2023, 11, 14, 22, 13, 20, 100, tzinfo=UTC)
    assert (signal.author, signal.author_is_bot, signal.thread_ts) == ("U1", False, None)


def test_a_reply_keeps_its_thread_in_the_link() -> None:
    signal = read(payload(thread_ts="1699999999.000001"))
    assert isinstance(signal, NewSignal)
    assert signal.thread_ts == "1699999999.000001"
    assert signal.permalink == (
        "https://acme.slack.com/archives/C1/p1700000000000100?thread_ts=1699999999.000001&cid=C1"
    )


def test_a_thread_parent_is_not_a_reply_to_itself() -> None:
    signal = read(payload(thread_ts=TS))
    assert isinstance(signal, NewSignal)
    assert signal.thread_ts is None


def test_mention_and_message_of_one_post_are_the_same_signal() -> None:
    message, mention = read(payload()), read(payload(type="app_mention"))
    assert isinstance(message, NewSignal)
    assert message == mention


@pytest.mark.parametrize("subtype", ["file_share", "thread_broadcast", "me_message"])
def test_subtypes_that_people_write(subtype: str) -> None:
    assert isinstance(read(payload(subtype=subtype)), NewSignal)


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ({"subtype": "channel_join"}, "message_channel_join"),
        ({"subtype": "huddle_thread"}, "message_huddle_thread"),
        ({"subtype": "something_new"}, "message_something_new"),
        ({"subtype": "Weird <subtype>"}, "malformed"),
        ({"subtype": 7}, "malformed"),
        ({"user": "UBOT"}, "own_message"),
        ({"bot_id": "BBOT"}, "own_message"),
        ({"bot_id": "BOTHER"}, "bot_message"),
        ({"subtype": "bot_message", "user": None}, "bot_message"),
        ({"type": "reaction_added"}, "reaction_added"),
        ({"type": None}, "malformed"),
        ({"ts": None}, "malformed"),
        ({"ts": "yesterday"}, "malformed"),
        ({"ts": "999999999999.000000"}, "malformed"),
        ({"ts": "١٧٠٠٠٠٠٠٠٠.000100"}, "malformed"),
        ({"channel": ["C1"]}, "malformed"),
        ({"channel": "C\x001"}, "malformed"),
        ({"user": None}, "malformed"),
        ({"thread_ts": 5}, "malformed"),
        ({"subtype": "message_changed"}, "malformed"),
        ({"subtype": "message_changed", "message": {"ts": TS}}, "malformed"),
        ({"subtype": "message_deleted"}, "malformed"),
    ],
)
def test_noise_and_malformed_payloads_are_named(event: dict[str, Any], kind: str) -> None:
    assert read(payload(**event)) == Noise(kind)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({}, "malformed"),
        ({"event": "text"}, "malformed"),
        ({"event": []}, "malformed"),
        ({"type": "app_rate_limited", "minute_rate_limited": 1}, "app_rate_limited"),
        ({**payload(), "event_id": None}, "malformed"),
        ({**payload(), "team_id": 3}, "malformed"),
        ({**payload(), "authorizations": [{"team_id": 3}]}, "malformed"),
        ({**payload(), "authorizations": [{"team_id": "T\ud800"}]}, "malformed"),
        ({**payload(), "authorizations": [{"team_id": "T" * 256}]}, "malformed"),
        ({**payload(), "is_ext_shared_channel": True}, "external_channel"),
    ],
)
def test_whole_payloads_that_are_no_signal(body: dict[str, Any], kind: str) -> None:
    assert read(body) == Noise(kind)


def test_external_channels_count_once_they_are_switched_on() -> None:
    body = {**payload(), "is_ext_shared_channel": True, "team_id": "TOTHER"}
    body["authorizations"] = [{"team_id": "T1"}]
    signal = read(body, Rules(external_channels=True))
    assert isinstance(signal, NewSignal)
    assert signal.team == "T1"


@pytest.mark.parametrize(
    "event",
    [
        {"bot_id": "BMON", "user": "UMON"},
        {"bot_id": "BMON", "user": None, "bot_profile": {"app_id": "AMON"}},
        {"bot_id": "BMON", "subtype": "bot_message", "user": None, "app_id": "AMON"},
    ],
)
def test_bots_on_the_allow_list_count(event: dict[str, Any]) -> None:
    for name in ("AMON", "BMON"):
        if name == "AMON" and "user" in event and event["user"]:
            continue
        signal = read(payload(**event), Rules(allowed_bots=frozenset({name})))
        assert isinstance(signal, NewSignal)
        assert signal.author_is_bot


def test_an_edit_carries_the_message_as_it_now_reads() -> None:
    edit = read(
        payload(
            subtype="message_changed",
            ts="1700000009.000000",
            message={"user": "U1", "text": "new", "ts": TS, "edited": {"ts": "1700000008.000000"}},
            previous_message={"user": "U1", "text": "old", "ts": TS},
        )
    )
    assert isinstance(edit, SignalEdit)
    assert (edit.signal.external_id, edit.signal.text) == (f"C1:{TS}", "new")
    assert edit.version == "1700000008.000000"


def test_a_change_without_an_edit_is_ordered_by_its_event() -> None:
    edit = read(
        payload(
            subtype="message_changed",
            ts="1700000009.000000",
            message={"user": "U1", "text": "new", "ts": TS},
        )
    )
    assert isinstance(edit, SignalEdit)
    assert edit.version == "1700000009.000000"


def test_an_unfurl_is_no_edit() -> None:
    message = {"user": "U1", "text": "see https://example.com", "ts": TS}
    body = payload(subtype="message_changed", message=message, previous_message=message)
    assert read(body) == Noise("message_unchanged")


def test_our_own_messages_updates_are_noise() -> None:
    message = {"user": "UBOT", "bot_id": "BBOT", "text": "x", "ts": TS}
    assert read(payload(subtype="message_changed", message=message)) == Noise("own_message")


DELETED = [
    {"subtype": "message_deleted", "deleted_ts": TS, "ts": "1700000009.000000"},
    {
        "subtype": "message_changed",
        "message": {"subtype": "tombstone", "ts": TS, "text": "This message was deleted."},
    },
]


@pytest.mark.parametrize("event", DELETED)
def test_a_deletion_names_its_message(event: dict[str, Any]) -> None:
    deletion = read(payload(**event))
    assert isinstance(deletion, SignalDeletion)
    assert deletion.external_id == f"C1:{TS}"


def test_text_that_postgres_cannot_hold_is_made_to_fit() -> None:
    signal = read(payload(text="a\x00b\ud800c" + "x" * 100_000))
    assert isinstance(signal, NewSignal)
    assert signal.text.startswith("a�b�c")
    assert len(signal.text) == LONGEST_TEXT


_KEYS = [
    "type", "event", "message", "subtype", "ts", "thread_ts", "channel", "user", "bot_id",
    "bot_profile", "app_id", "text", "event_id", "team_id", "authorizations", "deleted_ts",
    "edited", "previous_message", "is_ext_shared_channel",
]  # fmt: skip
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(st.sampled_from(_KEYS) | st.text(max_size=8), children, max_size=6)
    ),
    max_leaves=20,
)


_SOME = frozenset({"C1"})


@given(
    st.dictionaries(st.sampled_from(_KEYS), _JSON),
    _JSON,
    st.sampled_from([Rules(), Rules(allowed_bots=_SOME, external_channels=_SOME, channels=_SOME)]),
    st.booleans(),
)
@example({"channel": []}, {}, Rules(external_channels=_SOME), True)
def test_no_payload_whatever_crashes(
    event: dict[str, Any], rest: Any, rules: Rules, shared: bool
) -> None:
    body = payload(**event)
    if isinstance(rest, dict):
        body.update({key: value for key, value in rest.items() if key != "event"})
    if shared:
        body["is_ext_shared_channel"] = True
    assert isinstance(read(body, rules), NewSignal | SignalEdit | SignalDeletion | Noise)


@pytest.mark.parametrize(
    ("channel", "watched", "counts"),
    [
        ("C1", frozenset(), True),
        ("C1", frozenset({"C1"}), True),
        ("C1", frozenset({"C2"}), False),
        ("G1", frozenset({"C2"}), False),
        ("D1", frozenset({"C2"}), True),
    ],
)
def test_only_watched_channels_count_where_some_are_named(
    channel: str, watched: frozenset[str], counts: bool
) -> None:
    found = read(payload(channel=channel), Rules(channels=watched))
    assert isinstance(found, NewSignal) is counts
    if not counts:
        assert found == Noise("unwatched_channel")


LEFT_OUT = [
    (payload(), Rules(channels=frozenset({"C2"}))),
    (payload() | {"is_ext_shared_channel": True}, Rules()),
]


@pytest.mark.parametrize(("body", "rules"), LEFT_OUT, ids=["unwatched", "shared"])
@pytest.mark.parametrize("deleted", DELETED)
def test_a_deletion_counts_also_where_new_messages_do_not(
    body: dict[str, Any], rules: Rules, deleted: dict[str, Any]
) -> None:
    assert isinstance(read(body, rules), Noise)
    body = body | {"event": body["event"] | deleted}
    assert isinstance(read(body, rules), SignalDeletion)


@pytest.mark.parametrize(("body", "rules"), LEFT_OUT, ids=["unwatched", "shared"])
def test_an_edit_of_what_is_stored_counts_there_too_and_brings_in_nothing_new(
    body: dict[str, Any], rules: Rules
) -> None:
    message = {"user": "U1", "text": "new", "ts": TS}
    edited = body | {"event": body["event"] | {"subtype": "message_changed", "message": message}}
    edit = read(edited, rules)
    assert isinstance(edit, SignalEdit)
    assert not edit.may_be_first
    anywhere = read(edited, Rules(external_channels=True))
    assert isinstance(anywhere, SignalEdit)
    assert anywhere.may_be_first


@pytest.mark.parametrize(
    ("allowed", "counts"),
    [(False, False), (True, True), (frozenset({"C1"}), True), (frozenset({"C2"}), False)],
)
def test_shared_channels_count_where_they_are_let_in(
    allowed: bool | frozenset[str], counts: bool
) -> None:
    body = payload() | {"is_ext_shared_channel": True}
    assert isinstance(read(body, Rules(external_channels=allowed)), NewSignal) is counts


@pytest.mark.parametrize(
    ("default", "own", "combined_"),
    [
        (Rules(), TeamSettings(), Rules(external_channels=frozenset())),
        (
            Rules(allowed_bots=frozenset({"B1"})),
            TeamSettings(allowed_bots=("B2",), channels=("C1",), external_channels=("C2",)),
            Rules(
                allowed_bots=frozenset({"B1", "B2"}),
                external_channels=frozenset({"C2"}),
                channels=frozenset({"C1"}),
            ),
        ),
        (
            Rules(external_channels=True),
            TeamSettings(external_channels=("C2",)),
            Rules(external_channels=True),
        ),
    ],
)
def test_what_a_team_lets_in_counts_beside_the_environment(
    default: Rules, own: TeamSettings, combined_: Rules
) -> None:
    assert combined(default, own) == combined_
