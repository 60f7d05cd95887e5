"""App Home, its Workflows and Settings tabs, through the socket: found, paged, switched, told."""

import json
from typing import Any

from livesop_bot.db.stored_definition import definition_to_json
from livesop_bot.sandbox.demo import BUGS, INCIDENTS
from livesop_bot.sop.starter_pack import starter_pack
from tests.acceptance.hands import Hands

MANY = """
WITH sops AS (
    INSERT INTO workflows (team_id, slug, version, archived_at)
    SELECT 'T0SANDBOX', 'refund-' || n, 1, CASE WHEN $3 THEN now() END
    FROM generate_series(101, 100 + $2) AS n RETURNING id, slug
)
INSERT INTO workflow_versions (workflow_id, version, definition, created_by)
SELECT id, 1, $1::jsonb || jsonb_build_object('slug', slug, 'title', initcap(slug)), 'U1' FROM sops
"""


async def many(facts: Any, number: int, *, archived: bool = False) -> None:
    """Store that many SOPs called Refund-101 and so on, beside the starter pack."""
    await facts.until("SELECT count(*) FROM workflows", len(starter_pack()))
    content = json.dumps(definition_to_json(starter_pack()[0]))
    await facts.value(MANY, content, number, archived)


async def test_what_was_searched_stays_on_the_next_page_and_on_the_way_back(
    database: str, start_app: Any, facts: Any, grace: Hands
) -> None:
    await start_app(database)
    await many(facts, 10)
    await grace.workflows()
    await grace.find("refund-1")
    await grace.until("Page 1 of 2  ·  10 SOPs", in_home=True)
    await grace.click("More →", in_home=True)
    await grace.until("Page 2 of 2  ·  10 SOPs", in_home=True)
    await grace.click("Open Refund-110", in_home=True)
    await grace.until("`refund-110`", in_home=True)
    await grace.click("← All SOPs", in_home=True)
    await grace.until("Page 2 of 2  ·  10 SOPs", in_home=True)
    await grace.find("nothing like it")
    await grace.until("No SOP has “nothing like it”", in_home=True)
    await grace.find("")
    await grace.until("Page 1 of 2  ·  15 SOPs", in_home=True)


async def test_an_sop_is_switched_read_and_followed_from_its_page(
    database: str, start_app: Any, facts: Any, ada: Hands
) -> None:
    await start_app(database)
    await ada.workflows()
    await ada.click("Open Incident", in_home=True)
    await ada.until("`incident`", in_home=True)
    on = "SELECT is_on FROM autopilot_switches WHERE scope = 'workflow' AND subject = 'incident'"
    for is_on, shown in ((True, "🟡 Auto-Pilot on"), (False, "⚪ Auto-Pilot off")):
        await ada.click(f"Switch Auto-Pilot {'on' if is_on else 'off'}", in_home=True)
        await ada.until(shown, in_home=True)
        assert await facts.value(on) is is_on
    await ada.click("SOP document", in_home=True)
    text = str(await ada.until("as a document"))
    assert "title: Declare the incident" in text
    await ada.close()
    await ada.click("Live Feed of Incident", in_home=True)
    await ada.until("Nothing like that so far", in_home=True)
    assert '"sop":"incident"' in ada.home["private_metadata"]


async def test_the_channels_that_are_listened_to_are_set_in_their_form(
    database: str, start_app: Any, facts: Any, ada: Hands
) -> None:
    await start_app(database)
    await ada.workflows()
    await ada.click("Go to Settings", in_home=True)
    await ada.until("Listens in *every channel*", in_home=True)
    await ada.click("Change channels", in_home=True)
    await ada.until("Save")
    assert list(await ada.send(bots="monitoring")) == ["sop_field:bots"]
    chosen = {"channels": [INCIDENTS], "external": [BUGS], "bots": "B012AB3CD"}
    assert await ada.send(**chosen) == {}
    shown = str(await ada.until(f"Listens *only* in <#{INCIDENTS}>", in_home=True))
    assert f"Shared with other organisations: <#{BUGS}>" in shown
    assert "Messages of apps: `B012AB3CD`" in shown
    kept = "concat_ws(' ', channels[1], external_channels[1], allowed_bots[1])"
    assert await facts.value(f"SELECT {kept} FROM team_settings") == f"{INCIDENTS} {BUGS} B012AB3CD"


async def test_every_archived_sop_can_be_reached_and_is_shown_when_it_is_restored(
    database: str, start_app: Any, facts: Any, ada: Hands
) -> None:
    await start_app(database)
    await many(facts, 21, archived=True)
    await ada.workflows()
    await ada.click("Archived", in_home=True)
    await ada.until("Restore Refund-101", in_home=True)
    assert "Restore Refund-121" not in str(ada.home)
    await ada.click("More →", in_home=True)
    await ada.until("Restore Refund-121", in_home=True)
    await ada.click("Restore Refund-121", in_home=True)
    shown = str(await ada.until("Restored as it was", in_home=True))
    assert "`refund-121`" in shown
    await ada.click("Pause", in_home=True)
    await ada.until("Paused", in_home=True)
    assert "Restored as it was" not in str(ada.home), "a word about a press is said once"
