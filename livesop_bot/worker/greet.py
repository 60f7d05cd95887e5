"""Greeting: the guide as a message to the person of a team who opened Home first, once."""

import structlog
from slack_sdk.web.async_client import AsyncWebClient

from livesop_bot.actions.slack_calls import slack_errors
from livesop_bot.db.guides import Guides
from livesop_bot.db.jobs import GreetJob
from livesop_bot.db.workflows import Workflows
from livesop_bot.domain.guide import Greeting
from livesop_bot.errors import SlackAway, SlackRefused
from livesop_bot.metrics import Metrics
from livesop_bot.views.home.guide import greeting
from livesop_bot.worker.delivery import Place
from livesop_bot.worker.faults import later, patiently
from livesop_bot.worker.saying import Saying

log = structlog.get_logger()

_EVENT_TYPE = "livesop_greeting"


class Greetings:
    """Handles greet jobs. `client` must not retry by itself."""

    def __init__(
        self,
        *,
        guides: Guides,
        workflows: Workflows,
        client: AsyncWebClient,
        saying: Saying,
        metrics: Metrics,
    ) -> None:
        self._guides = guides
        self._workflows = workflows
        self._client = client
        self._saying = saying
        self._metrics = metrics

    async def __call__(self, job: GreetJob, attempts: int) -> None:
        """Greet; `attempts` counts earlier tries. Raises RetryRequested for passing faults."""
        found = await patiently(lambda: self._guides.greeting(job.team))
        if found is None or found.is_sent:
            return
        try:
            await self._send(found)
        except SlackRefused as error:
            log.warning("greeting.refused", team=job.team, code=error.code)
            self._metrics.posts.labels("failed").inc()
        except SlackAway as error:
            self._metrics.posts.labels("retried").inc()
            raise later(attempts, str(error), error.retry_after) from error
        else:
            log.info("greeting.sent", team=job.team, user=found.user)
            self._metrics.posts.labels("posted").inc()
        await patiently(lambda: self._guides.greeted(job.team))

    async def _send(self, found: Greeting) -> None:
        with slack_errors():
            opened = await self._client.conversations_open(users=found.user)
        place = Place(key=found.key, channel=opened["channel"]["id"])
        workflows = await patiently(lambda: self._workflows.current(found.team))
        # Whether they are an admin is asked when they press; until then everything is offered.
        message = greeting(found.guide, workflows, is_admin=True)
        await self._saying.once(place, message, event_type=_EVENT_TYPE)
