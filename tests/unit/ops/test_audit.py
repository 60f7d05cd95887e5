"""The audit log on paper: nothing that computes, times in UTC, and sentences."""

import csv
import io
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

from livesop_bot.db.audit import Verified
from livesop_bot.domain.audit import AuditHead, AuditRow
from livesop_bot.domain.signals import TeamId
from livesop_bot.ops.audit import AuditCsv, audit_line, verified_line

TEAM = TeamId("T1")
ROW = AuditRow(
    team=TEAM,
    number=7,
    at=datetime(2026, 11, 24, 6, 47, 56, 1, tzinfo=timezone(timedelta(hours=2))),
    actor="U1",
    kind="switch",
    subject="team:T1",
    before='{"on": false}',
    after='{"on": true}',
    previous=bytes(32),
    hash=b"\xab" * 32,
)


def written(*rows: AuditRow) -> list[dict[str, str]]:
    file = io.StringIO()
    table = AuditCsv(file)
    for row in rows:
        table.write(row)
    return list(csv.DictReader(io.StringIO(file.getvalue())))


def test_a_row_comes_back_from_csv_as_it_was() -> None:
    [found] = written(ROW)
    again = AuditRow(
        team=TeamId(found["team"]),
        number=int(found["number"]),
        at=datetime.fromisoformat(found["at"]),
        actor=found["actor"],
        kind=found["kind"],
        subject=found["subject"],
        before=found["before"] or None,
        after=found["after"] or None,
        previous=bytes.fromhex(found["previous"]),
        hash=bytes.fromhex(found["hash"]),
    )
    assert again == ROW
    assert again.digest() == ROW.digest()
    assert found["at"] == "2026-11-24T04:47:56.000001+00:00"


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "＝"])
def test_what_a_spreadsheet_would_compute_is_text(start: str) -> None:
    [found] = written(replace(ROW, actor=f"{start}HYPERLINK(1)", subject='a "b", c'))
    assert found["actor"] == f"'{start}HYPERLINK(1)"
    assert found["subject"] == 'a "b", c'


def test_a_row_is_said_on_a_line() -> None:
    assert audit_line(ROW) == (
        '     7  2026-11-24 04:47:56Z  U1  switch  team:T1  {"on": false} → {"on": true}'
    )
    assert audit_line(replace(ROW, before=None)).endswith('team:T1  {"on": true}')


@pytest.mark.parametrize(
    ("verified", "said"),
    [
        (Verified(TEAM, AuditHead(0, bytes(32)), None), "T1: no rows"),
        (
            Verified(TEAM, AuditHead(2, b"\xab" * 32), None),
            f"T1: whole, 2 rows; head 2:{'ab' * 32}",
        ),
        (
            Verified(TEAM, AuditHead(2, b"\xab" * 32), "row 3 is missing"),
            "T1: broken: row 3 is missing; rows 1 to 2 are whole",
        ),
        (
            Verified(TEAM, AuditHead(0, bytes(32)), "row 1 is missing"),
            "T1: broken: row 1 is missing; no row is whole",
        ),
    ],
)
def test_what_was_found_is_said_on_a_line(verified: Verified, said: str) -> None:
    assert verified_line(verified) == said
