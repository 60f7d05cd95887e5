"""A team's own thresholds stand before the environment's; what changed is recorded in short."""

from livesop_bot.domain.decisions import Limits
from livesop_bot.domain.team_settings import TeamSettings, difference, recorded

DEFAULT = Limits(propose=0.5, auto=0.9, starts=7)


def test_what_a_team_did_not_set_is_the_environments() -> None:
    assert TeamSettings().limits(DEFAULT) == DEFAULT
    assert TeamSettings(auto_threshold=0.95).limits(DEFAULT) == Limits(
        propose=0.5, auto=0.95, starts=7
    )
    assert TeamSettings(propose_threshold=0.0).limits(DEFAULT).propose == 0.0


def test_only_what_changed_is_recorded() -> None:
    before = TeamSettings(admins=("U1", "U2"), time_zone="UTC")
    after = TeamSettings(admins=(), auto_threshold=0.875, weekly_digest=True)
    names = difference(before, after)
    assert recorded(before, names) == {
        "auto_threshold": None,
        "admins": "U1,U2",
        "weekly_digest": False,
    }
    assert recorded(after, names) == {
        "auto_threshold": "0.875",
        "admins": "",
        "weekly_digest": True,
    }
    assert difference(after, after) == []
