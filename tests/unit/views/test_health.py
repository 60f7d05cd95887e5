"""The health line names what is wrong."""

from dataclasses import replace
from typing import Any

import pytest

from livesop_bot.views.health import HomeHealth, health_line


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({"sockets": 0}, "*not connected to Slack*"),
        ({"sockets": 1, "queue_depth": 1200, "oldest_job_s": 300.0}, "oldest for 5 min"),
        ({"queue_depth": 3, "oldest_job_s": 90.0}, "3 in the queue, the oldest for 90 s"),
        ({"queue_depth": None}, "queue unknown"),
        ({"spool_events": 1234}, "*1,234 on disk*, waiting for the database"),
        ({"refusal": "the disk is full"}, "*new messages are not taken*: the disk is full"),
        ({"database": False}, "*database away*"),
        ({"model_problem": "OpenAI cannot be reached"}, "*OpenAI cannot be reached*"),
        ({"failed_jobs": 2}, "*2 jobs failed*, tried again later"),
        ({"model_share": 0.236}, "asked about 24% of messages"),
        ({"evaluator": "local-lexical"}, "judged by words alone"),
    ],
)
def test_the_health_line_names_what_is_wrong(
    health: HomeHealth, change: dict[str, Any], shown: str
) -> None:
    line = health_line(replace(health, **change))
    assert shown in line
    assert line.startswith("🟢 All well") == (change.keys() <= {"model_share", "evaluator"})
