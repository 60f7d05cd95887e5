"""The doctor's look at what LiveSOP can do without: a model, and Jira."""

import base64

import aiohttp
import openai

from livesop_bot.ops.doctor.finding import Finding, Mark
from livesop_bot.settings import Settings

_TIMEOUT = 4.0


async def model(settings: Settings) -> list[Finding]:
    """Whether the key may use the model."""
    if settings.openai_api_key is None:
        unset = "OPENAI_API_KEY is not set; the local evaluator judges messages"
        return [Finding(Mark.SKIP, "model", unset)]
    if not settings.asks_openai:
        return [Finding(Mark.SKIP, "model", f"LIVESOP_EVALUATOR is {settings.livesop_evaluator}")]
    name = settings.openai_model
    async with openai.AsyncOpenAI(
        api_key=settings.openai_api_key.get_secret_value(),
        base_url=settings.openai_base_url,
        timeout=_TIMEOUT,
        max_retries=0,
    ) as client:
        try:
            model = await client.models.retrieve(name)
        except openai.APIError as error:
            return [Finding(Mark.FAIL, "model", *_explain(error, name))]
    if getattr(model, "id", None) is None:  # openai takes a page of a proxy's for an answer
        found = f"{settings.openai_base_url} answers, and not as a model's service does"
        return [Finding(Mark.FAIL, "model", found, "check OPENAI_BASE_URL and any proxy")]
    return [Finding(Mark.OK, "model", f"{name} at {settings.openai_base_url}")]


def _explain(error: openai.APIError, name: str) -> tuple[str, str]:
    """What was found, and what to do."""
    match error:
        case openai.AuthenticationError():
            return "the key was refused (401)", "make a new OPENAI_API_KEY"
        case openai.PermissionDeniedError():
            return f"the key may not use {name} (403)", "let its project use that model"
        case openai.NotFoundError():
            return f"there is no model {name} (404)", "check OPENAI_MODEL and OPENAI_BASE_URL"
        case openai.RateLimitError():
            return "too many calls, or no credit left (429)", "check the account's limits"
        case openai.APIStatusError():
            return f"the service answered {error.status_code}", "try again later"
        case _:
            return "no connection", "check OPENAI_BASE_URL, the network and any proxy"


async def jira(settings: Settings) -> list[Finding]:
    """Whether the account is known, and sees the project where one is set."""
    if settings.jira_base_url is None or settings.jira_api_token is None:
        return [Finding(Mark.SKIP, "jira", "not set; SOPs cannot create issues")]
    base, project = settings.jira_base_url.rstrip("/"), settings.jira_project
    account = f"{settings.jira_email}:{settings.jira_api_token.get_secret_value()}"
    headers = {"Authorization": f"Basic {base64.b64encode(account.encode()).decode()}"}
    limit = aiohttp.ClientTimeout(total=_TIMEOUT)
    try:
        async with aiohttp.ClientSession(headers=headers, timeout=limit) as session:
            for path in ("myself", f"project/{project}") if project else ("myself",):
                url = f"{base}/rest/api/3/{path}"
                async with session.get(url, allow_redirects=False) as answer:
                    if answer.status != 200 or not await _is_jiras(answer):
                        return [_jira_refused(path, answer.status, project)]
    except (aiohttp.ClientError, OSError) as error:
        found = f"no connection ({type(error).__name__})"
        return [Finding(Mark.FAIL, "jira", found, "check JIRA_BASE_URL, the network and any proxy")]
    sees = f"sees project {project}" if project else "is known; JIRA_PROJECT is not set"
    return [Finding(Mark.OK, "jira", f"{settings.jira_email} {sees}")]


async def _is_jiras(answer: aiohttp.ClientResponse) -> bool:
    """Whether it is what Jira says of an account or a project, and no page of somebody else's."""
    try:
        told = await answer.json(content_type=None)
    except ValueError:
        return False
    return isinstance(told, dict) and "self" in told


def _jira_refused(path: str, status: int, project: str | None) -> Finding:
    if status in (401, 403):
        found, advice = f"the account was refused ({status})", "check JIRA_EMAIL and JIRA_API_TOKEN"
    elif status == 404 and path != "myself":
        found = f"project {project} is not there for this account (404)"
        advice = "check JIRA_PROJECT, and the account's rights"
    elif status == 404 or status < 400:
        found, advice = f"there is no Jira at this address ({status})", "check JIRA_BASE_URL"
    else:
        found, advice = f"Jira answered {status}", "try again later"
    return Finding(Mark.FAIL, "jira", found, advice)
