"""`/livesop`: its words, a file a group of them, and what finds the one that was typed.

Each file gives `WORDS`: what answers each of its words. A quick word is answered with the ack,
which is the fastest way; a slow one asks Slack or an evaluator: acked first, and answered later.
"""

from livesop_bot.slack.listeners.commands.dispatch import register

__all__ = ["register"]
