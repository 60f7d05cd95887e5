"""What if: what other thresholds would have started, told to a person at a terminal."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from livesop_bot.db.pool import Pool
from livesop_bot.db.verdicts import Verdicts
from livesop_bot.db.workflows import Workflows
from livesop_bot.domain.signals import TeamId
from livesop_bot.domain.what_if import WhatIf, what_if
from livesop_bot.errors import PermanentError
from livesop_bot.settings import Settings

_ASSUMED = (
    "As if every switch had been on. A message counts once, as it was last judged.",
    "Left out: replays and dry runs, messages in a channel that the SOP does not watch or in a",
    "thread where it was open already, and what may never start (a caution, a stand-in without",
    "trust_local, an SOP whose acting steps all wait for approval).",
)


async def tell_what_if(
    settings: Settings, pool: Pool, team: TeamId, *, days: int, slug: str
) -> list[str]:
    """Give lines; raises PermanentError where there is no such SOP."""
    workflows = {workflow.slug: workflow for workflow in await Workflows(pool).current(team)}
    if slug and slug not in workflows:
        raise PermanentError(f"There is no SOP {slug!r}; there are: {', '.join(workflows)}.")
    since = datetime.now(UTC) - timedelta(days=days)
    rows = what_if(await Verdicts(pool).past_matches(team, since, slug or None))
    what = workflows[slug].title if slug else "all SOPs"
    return [
        f"What would have started since {since:%Y-%m-%d %H:%M} UTC ({days} days), {what}",
        "",
        *_table(rows, settings.livesop_auto_threshold),
        "",
        *_ASSUMED,
    ]


def _table(rows: Sequence[WhatIf], today: float) -> list[str]:
    lines = ["  from  would start     right     wrong  no verdict  wrong, of those with one"]
    now = max((row.threshold for row in rows if row.threshold <= today), default=None)
    for row in rows:
        share = "-" if row.wrong_share is None else f"{row.wrong_share:.1%}"
        mark = f"  ← LIVESOP_AUTO_THRESHOLD={today:g}" if row.threshold == now else ""
        lines.append(
            f"  {row.threshold:4.0%}  {row.started:11,}  {row.right:8,}  {row.wrong:8,}  "
            f"{row.unmarked:10,}  {share:>6}{mark}"
        )
    return lines
