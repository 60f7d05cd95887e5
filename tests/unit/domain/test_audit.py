"""The chain: its canonical form, and that nothing in a row can change unseen."""

import hashlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesop_bot.domain.audit import AuditHead, AuditRow, Chain
from livesop_bot.domain.signals import TeamId

ROW = AuditRow(
    team=TeamId("T0123"),
    number=1,
    at=datetime(2026, 11, 24, 4, 47, 56, 801286, tzinfo=UTC),
    actor="U0123",
    kind="switch",
    subject="workflow:refund",
    before=None,
    after='{"on": true}',
    previous=bytes(32),
    hash=b"",
)
LINES = (
    "livesop.audit.1\nT0123\n1\n1795495676801286\nU0123\nswitch\nworkflow:refund\n\n"
    '{"on": true}\n' + "0" * 64
)


def chain(length: int) -> list[AuditRow]:
    rows: list[AuditRow] = []
    for number in range(1, length + 1):
        previous = rows[-1].hash if rows else bytes(32)
        row = replace(ROW, number=number, previous=previous)
        rows.append(replace(row, hash=row.digest()))
    return rows


def faults(rows: list[AuditRow], head: AuditHead | None) -> list[str]:
    check = Chain()
    found = [check.fault(row) for row in rows]
    return [fault for fault in (*found, check.fault_at_the_end(head)) if fault]


def test_the_hash_is_over_the_documented_lines() -> None:
    assert ROW.digest() == hashlib.sha256(LINES.encode()).digest()


def test_the_hash_does_not_depend_on_the_time_zone_that_a_time_is_read_in() -> None:
    elsewhere = ROW.at.astimezone(timezone(timedelta(hours=5, minutes=30)))
    assert replace(ROW, at=elsewhere).digest() == ROW.digest()


line = st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]), min_size=1)


contents = st.builds(
    replace,
    st.just(ROW),
    actor=line,
    kind=line,
    subject=line,
    before=st.none() | line,
    after=st.none() | line,
)


@given(one=contents, other=contents)
def test_different_rows_have_different_hashes(one: AuditRow, other: AuditRow) -> None:
    assert (one.digest() == other.digest()) is (one == other)


@given(length=st.integers(0, 12))
def test_a_whole_chain_has_no_fault(length: int) -> None:
    rows = chain(length)
    assert faults(rows, AuditHead(length, rows[-1].hash) if rows else None) == []


@given(data=st.data(), length=st.integers(2, 8))
def test_any_row_taken_out_or_exchanged_is_a_fault(data: st.DataObject, length: int) -> None:
    rows = chain(length)
    head = AuditHead(length, rows[-1].hash)
    one, other = data.draw(st.permutations(range(length)))[:2]
    rows[one], rows[other] = rows[other], rows[one]
    assert faults(rows, head)
    del rows[one]
    assert faults(rows, head)


def test_a_first_row_that_follows_something_is_a_fault() -> None:
    row = replace(ROW, previous=b"\1" * 32)
    row = replace(row, hash=row.digest())
    assert Chain().fault(row) == "row 1 was not the first when it was written"


def test_a_head_is_read_as_it_is_written() -> None:
    head = AuditHead(7, bytes(range(32)))
    assert AuditHead.parse(str(head)) == head


@pytest.mark.parametrize("text", ["", "7", "7:", "7:9f86", "x:" + "0" * 64, "0:" + "0" * 64])
def test_what_is_no_head_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        AuditHead.parse(text)
