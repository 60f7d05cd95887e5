"""The demo workspace: three people, five channels with a little history, and a tour."""

import time

from livesop_bot.sandbox.people import Bot, Command, Person, Shortcut, Team, TourStop
from livesop_bot.sandbox.wire import ts_of
from livesop_bot.sandbox.workspace import Workspace

ADA, GRACE, LINUS = "U0ADA00001", "U0GRACE001", "U0LINUS001"
GENERAL, SUPPORT, INCIDENTS, BUGS = "C0GENERAL1", "C0SUPPORT1", "C0INCIDENT", "C0BUGS0001"
STATUS = "C0STATUS01"

PEOPLE = (
    Person(
        id=ADA,
        name="ada",
        real_name="Ada (admin)",
        title="Head of support",
        is_admin=True,
        color="7a4fa3",
    ),
    Person(
        id=GRACE,
        name="grace",
        real_name="Grace (support)",
        title="Support agent",
        color="b3543b",
    ),
    Person(
        id=LINUS,
        name="linus",
        real_name="Linus (engineering)",
        title="Engineer on call",
        color="2f6f9f",
    ),
)

CHANNELS = (
    (GENERAL, "general", "Company-wide news"),
    (SUPPORT, "support", "Questions and requests from customers"),
    (INCIDENTS, "incidents", "Something is down: say it here"),
    (BUGS, "bugs", "Broken, but nobody is bleeding"),
    (STATUS, "status", "What customers are told"),
)

# (hours ago, channel, who, what)
HISTORY = (
    (26.0, GENERAL, ADA, "Welcome, everyone. LiveSOP is in our channels from today on."),
    (25.5, GENERAL, LINUS, "Nice. What will it do?"),
    (
        25.4,
        GENERAL,
        ADA,
        "It reads along and runs our SOPs where allowed. Try `/livesop help`.",
    ),
    (22.0, SUPPORT, GRACE, "Morning! Queue is at eleven tickets, nothing urgent."),
    (21.0, SUPPORT, ADA, "Thanks Grace. The invoice templates are fixed as well."),
    (19.0, INCIDENTS, LINUS, "Planned maintenance of the search cluster tonight, 22:00 UTC."),
    (9.5, INCIDENTS, LINUS, "Maintenance done, no impact seen."),
    (7.0, BUGS, GRACE, "The date picker shows last month on the reports page."),
    (6.8, BUGS, LINUS, "Known, the fix ships with the next release."),
    (2.0, SUPPORT, GRACE, "Lunch break, back at one."),
)

TOUR = (
    TourStop(
        title="A payment outage",
        channel=INCIDENTS,
        user=GRACE,
        text=(
            "URGENT: checkout is down, all payments fail with error 502 since 10 minutes. "
            "Several enterprise customers are affected."
        ),
        note=(
            "LiveSOP proposes the incident SOP in the thread, and does nothing yet. Press Start, "
            "say how bad it is, and approve what it would post."
        ),
    ),
    TourStop(
        title="A bug report",
        channel=BUGS,
        user=GRACE,
        text=(
            "Bug: exporting a report as CSV gives an empty file in Firefox. Steps to reproduce: "
            "open Reports, click Export, choose CSV."
        ),
        note="The bug report SOP is proposed, with a ticket among its steps.",
    ),
    TourStop(
        title="An access request",
        channel=SUPPORT,
        user=LINUS,
        text="Could I please get access to the billing dashboard? I need read permission.",
        note="The access request SOP: somebody has to approve before anything happens.",
    ),
    TourStop(
        title="A refund request",
        channel=SUPPORT,
        user=GRACE,
        text=(
            "A customer was charged twice for order 48213 and asks for a refund of the second "
            "payment."
        ),
        note="The refund SOP. Money never moves without a person's approval.",
    ),
    TourStop(
        title="Small talk",
        channel=GENERAL,
        user=ADA,
        text="thanks, have a nice weekend!",
        note="Nothing happens, and that is right: LiveSOP stays silent where no SOP is called for.",
    ),
)

COMMANDS = (
    Command(
        "/livesop",
        "See what LiveSOP does, start SOPs, switch Auto-Pilot",
        "help | status | feed | why <link> | start <sop> | autopilot",
    ),
)

SHORTCUTS = (
    Shortcut("Why (LiveSOP)", "why_shortcut"),
    Shortcut("Start an SOP…", "start_shortcut"),
    Shortcut("Add to knowledge", "knowledge_shortcut"),
)


def demo_workspace() -> Workspace:
    """A fresh workspace, as it is on the first visit."""
    workspace = Workspace(
        team=Team(
            id="T0SANDBOX",
            name="Acme (sandbox)",
            domain="acme",
            url="https://acme.sandbox.slack.invalid/",
        ),
        bot=Bot(user_id="U0LIVESOP1", bot_id="B0LIVESOP1", app_id="A0LIVESOP1", name="livesop"),
        people=PEOPLE,
        commands=COMMANDS,
        shortcuts=SHORTCUTS,
        tour=TOUR,
    )
    for channel_id, name, topic in CHANNELS:
        workspace.add_channel(channel_id, name, topic=topic)
    for person in PEOPLE:
        workspace.direct_channel(person.id)
    now = int(time.time() * 1_000_000)
    for hours, channel_id, user_id, text in HISTORY:
        ts = ts_of(now - int(hours * 3_600_000_000))
        workspace.post(channel_id, user_id, text, ts=ts, silent=True)
    return workspace
