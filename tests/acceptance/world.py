"""The world outside LiveSOP while everything fails at random, and the people in it."""

import asyncio
import os
import random
import re
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from livesop_bot.sandbox.demo import ADA, BUGS, GRACE, INCIDENTS, LINUS, SUPPORT
from livesop_bot.sandbox.faults import (
    AnswerError,
    AnswerStatus,
    Fault,
    Faults,
    HandledUnanswered,
    NeverHandled,
    RateLimited,
)
from livesop_bot.sandbox.server import SlackServer
from livesop_bot.stopping import pause
from tests.acceptance.thread import Thread
from tests.outside.jira_server import JiraServer
from tests.outside.webhook_receiver import WebhookReceiver

RUNS = int(os.environ.get("LIVESOP_CHAOS_RUNS", "60"))
SEED = int(os.environ.get("LIVESOP_CHAOS_SEED", "0")) or random.SystemRandom().randrange(1, 10**6)
PEOPLE = (ADA, GRACE, LINUS)
PATIENCE_S = 2.0
"""After how long people press again what did not help."""
EFFECTS = {
    "post": ("say", "tell"),
    "ticket": ("open", "tell"),
    "hook": ("send", "once"),
    "fork": ("open", "once", "say"),
}
FAULTS: dict[str, tuple[Fault, ...]] = {
    "chat.postMessage": (
        RateLimited(1),
        AnswerStatus(503),
        AnswerError("internal_error"),
        NeverHandled(),
        HandledUnanswered(),
        HandledUnanswered(),
    ),
    "chat.update": (RateLimited(1), AnswerStatus(500), HandledUnanswered(), NeverHandled()),
    "conversations.replies": (RateLimited(1), AnswerStatus(503), NeverHandled()),
    "conversations.history": (RateLimited(1), AnswerStatus(503)),
    "users.info": (AnswerStatus(503),),
    "create": (RateLimited(1), AnswerStatus(503), NeverHandled(), HandledUnanswered()),
    "search": (RateLimited(1), AnswerStatus(502)),
    "remotelink": (AnswerStatus(500), HandledUnanswered()),
    "hook": (RateLimited(1), AnswerStatus(503), NeverHandled(), HandledUnanswered()),
}


@dataclass
class World:
    """Everything outside, and how to look at it as a person would."""

    slack: SlackServer
    jira: JiraServer
    receiver: WebhookReceiver
    threads: dict[str, Thread] = field(default_factory=dict)
    counts: Counter[str] = field(default_factory=Counter)
    pressed: dict[tuple[str, str], float] = field(default_factory=dict)
    calm: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    def dice(self, what: str) -> random.Random:
        """Chance, of its own for everything that happens at the same time."""
        return random.Random(f"{SEED}/{what}")  # noqa: S311  guards nothing

    def happened(self, step: str, text: str) -> list[str]:
        """Where an effect can be seen: each place by its name, as often as it is there."""
        wanted = f"{step} {text}"
        channels = self.slack.workspace.channels.values()
        posts = [m["text"] for channel in channels for m in channel.messages.values()]
        issues = [str(one.fields["summary"]) for one in self.jira.issues.values()]
        hooks = [told["text"] for _, told in self.receiver.deliveries]
        if step == "send":
            hooks = [told["text"] for told in self.receiver.taken.values()]
        seen = {"slack": posts, "jira": issues, "webhook": hooks}
        return [
            place
            for place, texts in seen.items()
            for one in texts
            if one == wanted or one.startswith(f"{wanted}: ")
        ]

    async def say(self) -> None:
        """Write what calls for an SOP, again and again."""
        rng = self.dice("messages")
        for number in range(RUNS):
            text = f"{rng.choice(list(EFFECTS))} number {number}."
            channel = rng.choice((BUGS, INCIDENTS, SUPPORT))
            ts = self.slack.workspace.post(channel, GRACE, text)["ts"]
            self.threads[text] = Thread(self.slack, channel, ts)
            await asyncio.sleep(rng.uniform(0.0, 0.5))

    async def press(self) -> None:
        """Press what there is to press, sometimes two at once, and not always what is best."""
        rng = self.dice("people")
        while not self.over.is_set():
            await asyncio.gather(
                *(
                    self._press(thread, button, rng)
                    for text, thread in self.threads.items()
                    for row in thread.rows()
                    if (button := self._choice(text, row, rng)) is not None
                )
            )
            await pause(self.over, 0.1)

    def _choice(
        self, text: str, row: dict[str, dict[str, Any]], rng: random.Random
    ) -> dict[str, Any] | None:
        if "Start" in row:
            return row["Start"]
        if "Why?" in row:
            return None
        if "Mark done" in row:
            step = re.search(r'"step": "([^"]+)"', row["Retry"]["value"])
            assert step is not None
            return row["Mark done" if self.happened(step[1], text) else "Retry"]
        if "Cancel" in row:
            return row["Cancel"] if rng.random() < 0.02 else None
        if "yes" in row:
            return row[rng.choice(("yes", "yes", "no"))]
        return row.get("Approve") or row.get("Done") or row.get("Retry")

    async def _press(self, thread: Thread, button: dict[str, Any], rng: random.Random) -> None:
        what, now = (button["action_id"], button["value"]), time.monotonic()
        if now - self.pressed.get(what, 0.0) < PATIENCE_S:
            return
        self.pressed[what] = now
        if button["text"]["text"] in ("Mark done", "Retry"):
            self.counts[f"pressed {button['text']['text']}"] += 1
        users = rng.sample(PEOPLE, rng.choice((1, 1, 1, 2)))
        presses = [thread.try_to_press(user, button) for user in users]
        for worked in await asyncio.gather(*presses):
            self.counts["presses" if worked else "presses that Slack could not deliver"] += 1

    async def fail(self) -> None:
        """Let calls fail, a few at a time; Jira's search lags, but less than LiveSOP allows for."""
        rng = self.dice("faults")
        while not self.calm.is_set():
            name = rng.choice(list(FAULTS))
            fault = rng.choice(FAULTS[name])
            self._faults_of(name).add(name, fault)
            self.counts[f"{name}: {type(fault).__name__}"] += 1
            self.jira.catch_up()
            self.jira.lagging = rng.random() < 0.5
            await pause(self.calm, rng.uniform(0.05, 0.4))

    def _faults_of(self, name: str) -> Faults:
        if name == "hook":
            return self.receiver.faults
        return self.slack.faults if "." in name else self.jira.faults

    def mend(self) -> None:
        """Nothing fails any more."""
        for faults in (self.slack.faults, self.jira.faults, self.receiver.faults):
            faults.clear()
        self.jira.catch_up()
