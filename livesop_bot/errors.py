"""The errors that LiveSOP raises.

LivesopError
├── ConfigurationError      a setting is missing or malformed; nothing was started
├── InvalidWorkflow         an SOP document that cannot be accepted, with line numbers
├── CannotTell              whether an action has happened cannot be found out (yet)
├── TransientError          worth another try, later
│   ├── DatabaseAway        PostgreSQL cannot be reached, or did not answer in time
│   │   └── DatabaseRefused     it does not let us in, or do what we must; an operator has to help
│   ├── SlackAway           Slack cannot be reached or is overloaded; it may have done it
│   │   └── SlackBusy       Slack asked us to wait; it did nothing
│   ├── EvaluatorAway       the evaluator's service cannot be reached or is overloaded
│   ├── EmbedderAway        what makes vectors cannot be reached or is overloaded
│   ├── ActionDelayed       the target of an action did not do it, and may do so later
│   └── ActionInDoubt       the target may have done it: ask it before another try
└── PermanentError          trying again would end the same way
    ├── SpoolFull           the spool on disk is at its limit, or the disk refuses
    ├── SlackRefused        Slack answered that it will not do this
    ├── EmbedderBroken      no usable vectors were made
    ├── DocumentRefused     a document cannot be read, or there is no room for it
    ├── ActionRefused       the target of an action did not do it, and never will like this
    └── EvaluatorBroken     the evaluator gave no usable answer
        ├── EvaluatorRefused    its service will not serve us: the key, the model, the credit
        │   ├── QuestionRefused     it does not take this one question
        │   └── BudgetSpent         (evaluation/budget.py) the team's tokens for today are used up
        └── AnswerRejected      (evaluation/evaluator.py) an answer that must not be used
"""


class LivesopError(Exception):
    """Anything that LiveSOP itself raises."""


class ConfigurationError(LivesopError):
    """A setting is missing or malformed; the message names the variable and what is expected."""


class InvalidWorkflow(LivesopError):
    """An SOP document that cannot be accepted; the message names line and field."""


class CannotTell(LivesopError):
    """Whether an action has happened cannot be found out; only a person can look.

    `retry_after`: seconds after which asking again may help; None where it never will.
    """

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class TransientError(LivesopError):
    """Worth another try. `retry_after` is in seconds where the other side named a time."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class DatabaseAway(TransientError):
    """PostgreSQL cannot be reached, or did not answer in time."""


class DatabaseRefused(DatabaseAway):
    """PostgreSQL does not take the user, its password or database, or it lacks rights there."""


class SlackAway(TransientError):
    """Slack cannot be reached or is overloaded; what was asked may have happened or not."""


class SlackBusy(SlackAway):
    """Slack asked us to wait (429); what was asked has not happened."""


class EvaluatorAway(TransientError):
    """The evaluator's service cannot be reached or is overloaded."""


class EmbedderAway(TransientError):
    """What makes vectors cannot be reached or is overloaded."""


class ActionDelayed(TransientError):
    """The target of an action surely did not do it: it asked to wait, or was not reached."""


class ActionInDoubt(TransientError):
    """The target of an action may have done it: it must be asked before another try."""


class PermanentError(LivesopError):
    """Trying again would end the same way."""


class SpoolFull(PermanentError):
    """The spool on disk is at its limit, or the disk refuses to keep more."""


class SlackRefused(PermanentError):
    """Slack answered that it will not do this; `code` is its error code."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class EvaluatorBroken(PermanentError):
    """The evaluator gave no usable answer."""


class EvaluatorRefused(EvaluatorBroken):
    """The evaluator's service will not serve us: the key, the model, the credit."""


class QuestionRefused(EvaluatorRefused):
    """The evaluator's service does not take this one question; others it may."""


class EmbedderBroken(PermanentError):
    """No usable vectors were made: refused, of the wrong form, not finite, or nothing but zeros."""


class DocumentRefused(PermanentError):
    """A document cannot be read, or there is no room for it; the message is for people."""


class ActionRefused(PermanentError):
    """The target of an action surely did not do it; the message says what a person can do."""
