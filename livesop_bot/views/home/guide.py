"""The guide: a team's first steps, on top of the Overview and in a message to who began."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, assert_never

from livesop_bot.domain.guide import Guide, GuideStep, Shown, number
from livesop_bot.domain.workflows import ActionKind, Step, StepMode, Workflow
from livesop_bot.views.blocks import (
    Block,
    Message,
    actions,
    button,
    code,
    confirm,
    context,
    divider,
    header,
    line,
    message,
    plain,
    quote,
    section,
)
from livesop_bot.views.ids import ActionId, BlockId

_SAMPLE = "Checkout is down: all payments fail with an error since ten minutes. Who can help?"

_TITLES = {
    GuideStep.CHANNELS: "Pick channels",
    GuideStep.SOPS: "Look at your SOPs",
    GuideStep.TEST: "Send a test message",
    GuideStep.SWITCH: "Switch one step on",
}
_SOPS_NAMED = 6
_OPTIONS, _OPTION_TEXT, _OPTION_VALUE = 100, 75, 150
_CHANNELS_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Candidate:
    """A step that can be switched on, and its SOP."""

    workflow: Workflow
    step: Step

    @property
    def value(self) -> str:
        """How it travels in a select."""
        return f"{self.workflow.slug}/{self.step.id}"


def candidates(workflows: Sequence[Workflow]) -> list[Candidate]:
    """The steps that can be switched on, messages in Slack first: they harm least."""
    found = [
        Candidate(workflow, step)
        for workflow in workflows
        if not workflow.paused
        for step in workflow.definition.acting_steps
        if step.mode is StepMode.AUTO
    ]
    found = [one for one in found if len(one.value) <= _OPTION_VALUE]
    return sorted(found, key=lambda one: one.step.action is not ActionKind.SLACK_MESSAGE)


def sample(workflows: Sequence[Workflow]) -> str:
    """A message as the team would write one: an example of one of its SOPs, where there is one."""
    examples = (one.definition.trigger.examples for one in workflows if not one.paused)
    return next((found[0] for found in examples if found), _SAMPLE)


def guide_blocks(
    guide: Guide,
    workflows: Sequence[Workflow],
    *,
    is_admin: bool,
    notice: str = "",
    in_message: bool = False,
) -> list[Block]:
    """Show the step that is next; nothing where all are done or nobody wants to see it.

    `notice`: what came of the last press, in mrkdwn. In a message there is no `Later`: it goes on
    as it stands.
    """
    step = guide.next
    said = [context(notice)] if notice else []
    if step is None:
        return [*said, _finished()] if in_message else said
    if not in_message and guide.shown is Shown.NEVER:
        return said
    if not in_message and guide.shown is Shown.LATER:
        return [*said, *_folded(step), divider()]
    shown = [
        header(f"Set up LiveSOP: step {number(step)} of {len(GuideStep)}"),
        *said,
        section(_overview(guide, step)),
        *_step(step, workflows, is_admin=is_admin, in_message=in_message),
    ]
    return shown if in_message else [*shown, divider()]


def greeting(
    guide: Guide, workflows: Sequence[Workflow], *, is_admin: bool, notice: str = ""
) -> Message:
    """The message to the person who opened Home first."""
    text = (
        "Hello! I am LiveSOP. I read along in the channels you pick, find the SOP that a message "
        "calls for, and run it with you. Until you say so, I do nothing by myself."
    )
    blocks = guide_blocks(guide, workflows, is_admin=is_admin, notice=notice, in_message=True)
    return message(text, [section(f"👋  {text}"), *blocks])


def joined(channels: Sequence[str], refused: Mapping[str, str]) -> str:
    """Say which channels were joined, and which Slack refused with which word."""
    parts = []
    if channels:
        parts.append(f"✅  Joined {', '.join(f'<#{one}>' for one in channels)}.")
    parts += [f"⚠️  <#{one}>: {_why(word)}" for one, word in refused.items()]
    return "  ".join(parts)


def sops_shown() -> str:
    """Say where the SOPs are, to somebody who is not in Home."""
    return "✅  Your SOPs are in my *Home* tab, under *Workflows*."


def heard(*, is_heard: bool) -> str:
    """Say whether a message was judged."""
    if is_heard:
        return "✅  Heard: its thread, or the *Live Feed* in Home, says what came of it."
    return (
        "⚠️  Nothing was judged yet. Is LiveSOP in that channel? It takes some seconds; press again "
        "then."
    )


def switched(chosen: Candidate) -> str:
    """Say what is on now."""
    title, sop = line(chosen.step.title, 100), line(chosen.workflow.title, 100)
    return f"✅  Auto-Pilot is on for *{title}* of *{sop}*. Everybody can switch it off."


def nothing_picked() -> str:
    """Say that something is to be picked first."""
    return "⚠️  Pick something first."


def no_such_step() -> str:
    """Say that the step is gone."""
    return "⚠️  That step is not there any more; pick another."


def not_confirmed() -> str:
    """Say that the database did not answer."""
    return "⚠️  Not confirmed: the database did not answer. Please try again in a moment."


def _why(word: str) -> str:
    match word:
        case "missing_scope":
            return "LiveSOP's app may not join channels by itself; use `/invite @LiveSOP` there."
        case "is_archived":
            return "it is archived."
        case "method_not_supported_for_channel_type" | "channel_not_found":
            return "it is private; use `/invite @LiveSOP` there."
        case _:
            return f"Slack refused ({code(word)}); use `/invite @LiveSOP` there."


def _overview(guide: Guide, now: GuideStep) -> str:
    lines = []
    for step in GuideStep:
        mark = "✅" if step in guide.done else "👉" if step is now else "▫️"
        title = f"*{_TITLES[step]}*" if step is now else _TITLES[step]
        lines.append(f"{mark}  {title}")
    return "\n".join(lines)


def _folded(step: GuideStep) -> Iterator[Block]:
    yield actions(
        BlockId.GUIDE,
        button(
            ActionId.GUIDE_RESUME,
            f"Go on setting up: step {number(step)} of {len(GuideStep)}, {_TITLES[step]}",
        ),
        button(ActionId.GUIDE_NEVER, "Hide this"),
    )


def _finished() -> Block:
    return section(
        "🎉  *All four steps are done.* From here on I propose SOPs where they fit, and Home shows "
        "what I do and why."
    )


def _step(
    step: GuideStep, workflows: Sequence[Workflow], *, is_admin: bool, in_message: bool
) -> Iterator[Block]:
    later = () if in_message else (button(ActionId.GUIDE_LATER, "Later"),)
    match step:
        case GuideStep.CHANNELS if not is_admin:
            yield section(
                "I only hear what is said in channels that I am in. An admin picks them here; you "
                "can type `/invite @LiveSOP` in any that you are in."
            )
            if later:
                yield actions(BlockId.GUIDE, *later)
        case GuideStep.CHANNELS:
            yield section(
                "I only hear what is said in channels that I am in. Pick public ones here; in a "
                "private one type `/invite @LiveSOP`."
            ) | {"block_id": BlockId.GUIDE_CHANNELS.value, "accessory": _channels()}
            join = button(ActionId.GUIDE_JOIN, "Join these", style="primary")
            yield actions(BlockId.GUIDE, join, *later)
        case GuideStep.SOPS:
            yield section(_sops(workflows))
            look = button(ActionId.GUIDE_SOPS, "Look at the SOPs", style="primary")
            yield actions(BlockId.GUIDE, look, *later)
        case GuideStep.TEST:
            yield section(
                "See what I would make of a message such as this one; nothing is posted or "
                f"started:\n{quote(sample(workflows), 300)}\nOr write it into a channel that I am "
                "in: within seconds I propose the SOP in its thread, say why, and do nothing until "
                "somebody presses *Start*."
            )
            here = button(ActionId.GUIDE_TRY, "Try it here", style="primary")
            again = button(ActionId.GUIDE_AGAIN, "I have sent one")
            yield actions(BlockId.GUIDE, here, again, *later)
        case GuideStep.SWITCH:
            yield from _switch(candidates(workflows), is_admin=is_admin, later=later)
        case _:
            assert_never(step)


def _channels() -> Block:
    return {
        "type": "multi_channels_select",
        "action_id": ActionId.GUIDE_CHANNELS.value,
        "placeholder": plain("Pick channels", 150),
        "max_selected_items": _CHANNELS_AT_ONCE,
    }


def _sops(workflows: Sequence[Workflow]) -> str:
    if not workflows:
        return "Your team has no SOP yet. *Workflows* is where you make the first."
    named = [f"•  *{line(one.title, 100)}*" for one in workflows[:_SOPS_NAMED]]
    if len(workflows) > _SOPS_NAMED:
        named.append(f"•  and {len(workflows) - _SOPS_NAMED:,} more")
    return "\n".join(
        ["These are yours to begin with. Each says what it waits for and what it does:", *named]
    )


def _switch(
    found: Sequence[Candidate], *, is_admin: bool, later: Sequence[Block]
) -> Iterator[Block]:
    if not found:
        yield section(
            "None of your SOPs has a step that may run by itself yet. Edit one under *Workflows*, "
            "and set a step to automatic."
        )
    elif not is_admin:
        yield section(
            "Until a step is switched on, all of them wait for somebody to press. An admin can "
            "switch one on here."
        )
    else:
        yield section(
            "Until a step is switched on, all of them wait for somebody to press. Pick a harmless "
            "one for a start: it is then done by itself where I am sure, and everybody can take it "
            "back before it happens."
        )
        yield actions(BlockId.GUIDE_STEP, _picker(found))
        on = button(ActionId.GUIDE_SWITCH, "Switch it on", style="primary", confirm=_ASK)
        yield actions(BlockId.GUIDE, on, *later)
        return
    if later:
        yield actions(BlockId.GUIDE, *later)


_ASK = confirm(
    title="Switch this step on?",
    text="Auto-Pilot goes on for the step, for its SOP, and for the team. All else stays as it "
    "is, and everybody can switch it off again at any time.",
    yes="Switch it on",
)


def _picker(found: Sequence[Candidate]) -> Block:
    options: list[dict[str, Any]] = [
        {
            "text": plain(f"{one.workflow.title[:36]}: {one.step.title}", _OPTION_TEXT),
            "value": one.value,
        }
        for one in found[:_OPTIONS]
    ]
    return {
        "type": "static_select",
        "action_id": ActionId.GUIDE_STEP.value,
        "placeholder": plain("Pick a step", 150),
        "options": options,
        "initial_option": options[0],
    }
