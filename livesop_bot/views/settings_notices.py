"""What the modals of the Settings tab say: before texts are deleted, after joining, of Jira."""

from collections.abc import Mapping, Sequence

from livesop_bot.domain.team_settings import Environment
from livesop_bot.views.blocks import View, channel, counted, header, line, section
from livesop_bot.views.ids import CallbackId
from livesop_bot.views.modal import modal


def confirm_forgetting(days: int, texts: int, most: int, *, metadata: str) -> View:
    """Say what will be deleted before it is."""
    number = f"more than {most:,} messages" if texts >= most else counted(texts, "message")
    now = (
        f"Right away *{number}* lose{'s' if texts == 1 else ''} the text that is kept here, and "
        "from then on every message as it gets older than that."
        if texts
        else "No message is that old yet. From then on every message loses the text that is kept "
        "here as it gets older than that."
    )
    return modal(
        "Delete old texts?",
        [
            header(f"Keep texts for {counted(days, 'day')}"),
            section(
                f"{now} What LiveSOP quoted of them goes too: in evaluations, in actions, in past "
                "cases, and the verdicts on them, so that nothing is learned from them any more. "
                "SOPs that are still open for them are ended."
            ),
            section(
                "*This cannot be undone.* Figures, decisions with their reasons and the audit log "
                "stay. Slack's own messages are not touched, nor are documents in Knowledge."
            ),
        ],
        callback=CallbackId.SETTINGS_FORGET,
        submit="Save and delete",
        close="Back",
        metadata=metadata,
    )


def still_joining() -> View:
    """Say that joining goes on without anybody watching."""
    text = "Slack takes its time. LiveSOP goes on joining; look at the channels in a minute."
    return modal("Join channels", [section(f"⏳  {text}")])


def joined(done: Sequence[str], refused: Mapping[str, str]) -> View:
    """Say which channels LiveSOP is in now, and why not in others."""
    blocks = []
    if done:
        named = ", ".join(channel(one) for one in done[:50])
        blocks.append(section(f"✅  LiveSOP is in {named}."))
    for one, why in list(refused.items())[:50]:
        blocks.append(section(f"⚠️  Not in {channel(one)}: {_why(why)}"))
    return modal("Join channels", blocks or [section("No channel was chosen.")])


def jira(environment: Environment, problem: str | None) -> View:
    """Say what Jira says of the project."""
    project = line(environment.jira_project or "none", 60)
    if problem is None:
        return modal("Jira", [section(f"✅  The account sees the project *{project}* in Jira.")])
    return modal("Jira", [section(f"⚠️  *{project}*: {line(problem, 600)}")])


def trouble(why: str) -> View:
    """Say in a form's place that nothing was confirmed."""
    return modal("Settings", [section(f"⚠️  {why}")])


def _why(code: str) -> str:
    match code:
        case "method_not_supported_for_channel_type" | "channel_not_found":
            return "it is private. Somebody who is in it can type `/invite @LiveSOP` there."
        case "is_archived":
            return "it is archived."
        case "missing_scope":
            return (
                "the app may not join by itself. Type `/invite @LiveSOP` there, or add the scope "
                "`channels:join` on the app's page and install it again."
            )
        case _:
            return "Slack did not let it in. Type `/invite @LiveSOP` there."
