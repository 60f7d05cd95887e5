"""How long an answer asks to wait."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from livesop_bot.actions.http_calls import retry_after


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("7", 7), (" 0 ", 0), ("", 30), ("soon", 30), ("-1", 30), ("99999", 3600), ("²", 30)],
)
def test_a_number_of_seconds(said: str, seconds: float) -> None:
    assert retry_after({"Retry-After": said}) == seconds


@pytest.mark.parametrize(("ahead", "seconds"), [(60, 60), (-60, 1), (100_000, 3600)])
def test_a_date(ahead: int, seconds: float) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=ahead), usegmt=True)
    assert retry_after({"Retry-After": date}) == pytest.approx(seconds, abs=2)


def test_nothing_said() -> None:
    assert retry_after({}) == 30
