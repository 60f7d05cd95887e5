"""By words or by meaning: what calls for an SOP finds it, small talk finds none, any text goes."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from livesop_bot.domain.evaluations import Judgement
from livesop_bot.domain.workflows import Trigger, WorkflowDefinition
from livesop_bot.evaluation.evaluator import BlockingEvaluator, Question
from livesop_bot.evaluation.lexical_evaluator import MATCH_FROM, TEXT_LIMIT, LexicalEvaluator
from livesop_bot.evaluation.semantic_evaluator import SemanticEvaluator
from livesop_bot.sop.starter_pack import starter_pack

Ask = Callable[..., Question]

PROPOSE, AUTO = 0.5, 0.9
OUTAGE = "CRITICAL: payments are down, customers get 500 errors at checkout"
PACK = starter_pack()


Judge = Callable[[Question], tuple[str | None, Judgement]]


@pytest.fixture(scope="module", params=[LexicalEvaluator, SemanticEvaluator])
def evaluator(request: pytest.FixtureRequest) -> BlockingEvaluator:
    made: BlockingEvaluator = request.param()
    return made


@pytest.fixture(scope="module")
def judge(evaluator: BlockingEvaluator) -> Judge:
    """Gives the slug of the SOP that was found, and the judgement."""

    def judge(question: Question) -> tuple[str | None, Judgement]:
        judgement = evaluator.evaluate(question)
        slugs = {workflow.id: workflow.slug for workflow in question.workflows}
        return slugs[judgement.workflow] if judgement.workflow else None, judgement

    return judge


@pytest.mark.parametrize(
    ("slug", "least", "text"),
    [
        ("incident", AUTO, "CRITICAL: payments are down, customers get 500 errors at checkout"),
        (
            "incident",
            MATCH_FROM,
            "hey all, checkout seems to be throwing 500s for a lot of people since the last deploy",
        ),
        ("incident", 0.6, "Production outage! nobody can log in"),
        ("incident", 0.6, "the API is down, all customers see 503"),
        ("incident", 0.6, "our status page is red, database unreachable, anyone on it?"),
        ("incident", 0.6, "Major outage: orders are failing in production"),
        ("incident", 0.6, "we might have a security breach, customer data leaked on a forum"),
        ("incident", 0.6, "Getting reports from several customers that the site is down"),
        ("incident", 0.6, "error rate spiking, timeouts everywhere in prod"),
        (
            "incident",
            0.6,
            "URGENT - customers can't pay, the payment page shows errors for everybody",
        ),
        ("incident", 0.6, "everything is down!!! app won't load for any customer"),
        ("incident", 0.6, "SEV1: login broken for all users in production"),
        ("incident", PROPOSE, "db primary is unreachable, we are dropping orders"),
        ("incident", PROPOSE, "massive latency, API timing out for most customers right now"),
        ("incident", 0.6, "we're losing orders, checkout broken after deploy"),
        (
            "incident",
            0.6,
            "users are reporting that they cannot log in to the app, login returns an error",
        ),
        ("incident", MATCH_FROM, "prod is on fire, 5xx everywhere"),
        ("incident", PROPOSE, "we have an outage in eu-west, customers are affected"),
        ("bug-report", 0.6, "I think I found a bug: the export is missing a column"),
        ("bug-report", 0.6, "the save button does nothing in the settings page"),
        ("bug-report", 0.6, "App crashes every time I open the report page on my phone"),
        (
            "bug-report",
            0.6,
            "Search results are wrong since yesterday's update, steps to reproduce: type an umlaut",
        ),
        ("bug-report", 0.6, "dates in the CSV export are in the wrong time zone"),
        ("bug-report", PROPOSE, "the chart in the dashboard isn't displayed in Safari"),
        ("bug-report", 0.6, "regression in 2.4: picture upload gives an error message"),
        ("bug-report", 0.6, "Bug: clicking delete on a project does nothing"),
        ("bug-report", 0.6, "page layout looks broken on my iPhone"),
        ("bug-report", 0.6, "the invoice total is wrong by one cent, calculated incorrectly"),
        ("bug-report", 0.6, "I get an error message uploading a profile picture in Firefox"),
        ("bug-report", 0.6, "filter shows wrong results, reproducible every time"),
        ("bug-report", 0.6, "when I click export the csv has the wrong column names"),
        ("bug-report", 0.6, "small bug: typo on the settings page"),
        ("access-request", 0.6, "can I please get access to the staging environment?"),
        (
            "access-request",
            0.6,
            "Hi! New colleague starts tomorrow, she needs accounts for Jira and GitHub",
        ),
        ("access-request", 0.6, "could someone grant me read permissions on the billing repo"),
        ("access-request", 0.6, "I'm locked out of my account, can someone reset my password"),
        ("access-request", 0.6, "need admin rights for the analytics dashboard"),
        ("access-request", 0.6, "please invite <@U0PERSON01> to the design team folder"),
        ("access-request", 0.6, "my VPN access expired"),
        ("access-request", PROPOSE, "Could I have access to the production logs?"),
        ("access-request", 0.6, "please add Priya to the support workspace as admin"),
        (
            "access-request",
            0.6,
            "requesting permission for the finance folder for our new contractor",
        ),
        ("access-request", 0.6, "password reset needed, locked out since this morning"),
        ("access-request", MATCH_FROM, "I need a license for Figma"),
        ("access-request", MATCH_FROM, "could you add me to the grafana dashboard please"),
        ("access-request", PROPOSE, "Need VPN account for the new intern"),
        ("refund-request", 0.6, "customer wants a refund for order 55231"),
        ("refund-request", 0.6, "ACME was charged twice this month and wants their money back"),
        ("refund-request", 0.6, "can we refund the annual subscription? they cancelled last week"),
        ("refund-request", 0.6, "we billed them after they cancelled, please refund the invoice"),
        ("refund-request", 0.6, "got a chargeback on a payment from March"),
        ("refund-request", 0.6, "duplicate charge on the card of a customer"),
        ("refund-request", 0.6, "they want their money back for the last invoice"),
        (
            "refund-request",
            0.6,
            "customer got double charged, can finance refund one of the payments?",
        ),
        ("refund-request", MATCH_FROM, "is a refund possible after 45 days?"),
        ("refund-request", 0.6, "returned item arrived, please reimburse the customer"),
        ("refund-request", 0.6, "wrong amount on the credit card, they were overcharged"),
        ("refund-request", 0.6, "customer asks for a refund, they were billed after cancelling"),
        ("refund-request", PROPOSE, "please reimburse order 8841"),
        ("tier-3-escalation", 0.6, "please escalate this ticket to tier 3, we are stuck"),
        (
            "tier-3-escalation",
            0.6,
            "Tier 2 can't solve it, can somebody from engineering take over the case?",
        ),
        (
            "tier-3-escalation",
            0.6,
            "enterprise customer threatens to leave, we need an engineer on a call now",
        ),
        ("tier-3-escalation", 0.6, "SLA breach in two hours on this case and no workaround helped"),
        ("tier-3-escalation", 0.6, "the customer has been waiting for a week, I want to escalate"),
        ("tier-3-escalation", PROPOSE, "can engineering look at this? T2 is out of ideas"),
        (
            "tier-3-escalation",
            0.6,
            "we've tried every workaround, customer still unhappy, escalating",
        ),
        ("tier-3-escalation", 0.6, "their VP is asking for an escalation, ticket reopened again"),
        ("tier-3-escalation", 0.6, "need an expert from backend on this case before we breach SLA"),
        ("tier-3-escalation", 0.6, "this needs to go to tier 3, support is stuck"),
        (
            "tier-3-escalation",
            0.6,
            "customer is threatening to cancel, we need someone from engineering today",
        ),
    ],
)
def test_a_message_finds_its_sop(
    judge: Judge, ask: Ask, slug: str, least: float, text: str
) -> None:
    found, judgement = judge(ask(text))
    assert (found, judgement.confidence >= least) == (slug, True), judgement


@pytest.mark.parametrize(
    "text",
    [
        "thanks!",
        "ok",
        "ok thanks, will do",
        "lol 😂",
        "🎉🎉🎉",
        "",
        "lunch?",
        ":thumbsup: :tada:",
        "good morning everyone",
        "see you tomorrow",
        "who is joining for lunch at 12:30?",
        "happy birthday <@U0PERSON01>!",
        "why did the developer go broke? because he used up all his cache",
        "the coffee machine on the 3rd floor is empty again",
        "I'm out of office on Friday",
        "has anyone seen my headphones?",
        "+1",
        "brb",
        "nice work on the launch, team!",
        "https://example.com/cats.gif",
        "meeting moved to 3pm",
        "thanks for the quick refund, customer is happy",
        "great, it works now, thank you so much",
        "what a week, can't wait for the weekend",
        "Reminder: timesheets are due today",
        "I'll be 5 minutes late to standup",
        "np",
        "sounds good to me",
        "haha that's hilarious",
        "anyone up for a walk?",
        "I just deployed the new landing page, looks awesome",
        "my internet is slow today",
        "who has the key for the meeting room?",
        "welcome to the team!",
        "👍",
        "...",
        "pizza is in the kitchen",
        "on my way",
        "can we move our 1:1 to Thursday?",
        "the weather is terrible",
        "good job closing that ticket",
        "let me check and get back to you",
        "is anyone going to the game tonight?",
        "Thank you for your help with the access yesterday",
        "I will be on vacation next week",
        "which customer are we visiting on Monday?",
        "I love this gif",
        "who broke the build? me, sorry, already fixed",
        "coffee?",
        "is the kitchen closed today?",
        "please fill in the survey",
        "standup in 5",
        "great demo today, customers will love it",
        "new blog post is out!",
        "our page on the wiki is outdated, whatever",
        "I'm logging off for today, see you",
        "can you review my PR?",
        "deploy of 2.5 is done",
        "let's order pizza for everyone",
        "my laptop is down to 3%",
    ],
)
def test_small_talk_finds_none(judge: Judge, ask: Ask, text: str) -> None:
    """By words it is far from any; by meaning a few are near one, though none is proposed."""
    found, judgement = judge(ask(text))
    if judgement.evaluator == "local-lexical" or judgement.confidence < MATCH_FROM:
        assert found is None, judgement
        assert judgement.confidence < MATCH_FROM
        assert judgement.evidence == ""
        assert judgement.reasoning.startswith("No SOP fits")
    assert judgement.confidence < PROPOSE


@pytest.mark.parametrize(
    ("slug", "example"), [(sop.slug, text) for sop in PACK for text in sop.trigger.examples]
)
def test_what_is_worded_as_an_example_is_sure(
    judge: Judge, ask: Ask, slug: str, example: str
) -> None:
    for text in (example, example.upper(), f"Hi all! {example}\nThanks, see you :wave:"):
        found, judgement = judge(ask(text))
        assert (found, judgement.confidence >= AUTO) == (slug, True), judgement


def test_the_clearest_part_of_a_long_message_counts(judge: Judge, ask: Ask) -> None:
    chatter = "We had a lovely offsite by the lake. The food was great. It rained on Sunday. " * 8
    alone = judge(ask(OUTAGE + "."))[1].confidence
    found, judgement = judge(ask(f"{chatter}{OUTAGE}. {chatter}"))
    assert found == "incident"
    assert judgement.confidence == pytest.approx(alone, abs=0.15)


def test_it_explains_itself_without_quoting_the_message(judge: Judge, ask: Ask) -> None:
    _, judgement = judge(ask(f"{OUTAGE} says zebra@example.com"))
    near = {"local-lexical": "is closest to", "local-semantic": "is closest in meaning to"}
    assert judgement.reasoning == (
        "The message fits Incident: it names its keywords “critical”, “payments are down”, "
        f"“500 errors”, and {near[judgement.evaluator]} its example “Payments are down, customers "
        "get errors at checkout”."
    )


def test_its_evidence_is_the_telling_part_of_the_message_to_the_letter(
    judge: Judge, ask: Ask
) -> None:
    text = f"Hello <@U012AB3CD>, sorry to bother you. {OUTAGE}! Anyone there?"
    _, judgement = judge(ask(text))
    assert judgement.evidence in text
    assert judgement.evidence.startswith("CRITICAL: payments are down")
    assert "sorry" not in judgement.evidence


def test_between_two_sops_that_fit_alike_it_is_less_sure(judge: Judge, ask: Ask) -> None:
    incident = next(sop for sop in PACK if sop.slug == "incident")
    sure = judge(ask(OUTAGE))[1].confidence
    torn = judge(ask(OUTAGE, (*PACK, replace(incident, slug="twin"))))[1].confidence
    assert torn < AUTO < sure


def test_without_workflows_it_finds_none(judge: Judge, ask: Ask) -> None:
    found, judgement = judge(ask(OUTAGE, ()))
    assert (found, judgement.confidence) == (None, 0.0)


def test_one_workflow_without_examples_is_enough(judge: Judge, ask: Ask) -> None:
    definition = replace(
        PACK[0],
        slug="tea",
        title="Tea",
        trigger=Trigger(description="Somebody wants a kettle boiled.", keywords=("kettle", "the")),
    )
    found, judgement = judge(ask("please boil the kettle", (definition,)))
    assert found == "tea"
    assert judgement.reasoning == "The message fits Tea: it names its keyword “kettle”."
    assert judge(ask("the", (definition,)))[0] is None


def test_a_new_version_of_a_workflow_is_noticed(evaluator: BlockingEvaluator, ask: Ask) -> None:
    question = ask("the frobnicator hums again", PACK[:1])
    assert evaluator.evaluate(question).workflow is None
    (old,) = question.workflows
    trigger = Trigger(description="x", examples=("The frobnicator hums again",))
    new = replace(old, version=2, definition=replace(old.definition, trigger=trigger))
    assert evaluator.evaluate(replace(question, workflows=(new,))).workflow == old.id
    assert evaluator.evaluate(question).workflow is None


@pytest.mark.parametrize(
    "text",
    [
        "x" * 200_000,
        "a. " * 50_000,
        "<@" * 50_000,
        ":a" * 50_000,
        "thanks " * 20_000,
        "a'" * 50_000,
        "支払いが停止" * 20_000,
        "😂" * 50_000,
        "\u0301" * 50_000,
        "a\u0301" * 50_000,
        "\ufdfa" * 50_000,
        "<https://" * 20_000,
        "&amp;" * 20_000,
        " ".join(example for sop in PACK for example in sop.trigger.examples) * 30,
    ],
    ids=range(14),
)
def test_no_text_is_too_long_or_too_odd(evaluator: BlockingEvaluator, ask: Ask, text: str) -> None:
    many = tuple(replace(sop, slug=f"{sop.slug}-{n}") for n in range(20) for sop in PACK)
    assert evaluator.evaluate(ask(text, many)).evidence in text


def test_only_the_beginning_of_a_long_message_is_looked_at(judge: Judge, ask: Ask) -> None:
    assert judge(ask("zz " * (TEXT_LIMIT // 3) + ". " + OUTAGE))[0] is None


vocabulary = st.sampled_from(
    [word for sop in PACK for example in sop.trigger.examples for word in example.split()]
)


@given(
    st.one_of(
        st.text(),
        st.lists(st.one_of(vocabulary, st.text(max_size=5)), max_size=60).map(" ".join),
    )
)
def test_whatever_the_text_the_judgement_is_sound(judge: Judge, ask: Ask, text: str) -> None:
    found, judgement = judge(ask(text))
    assert 0 <= judgement.confidence <= 1
    assert (found is not None) == (judgement.confidence >= MATCH_FROM)
    assert judgement.reasoning
    assert judgement.evidence in text
    assert len(judgement.evidence) <= 200
    assert bool(judgement.evidence) == (found is not None)
    assert judge(ask(text))[1] == judgement


texts = st.lists(st.text(max_size=30), max_size=3).map(tuple)
triggers = st.builds(Trigger, description=st.text(), examples=texts, keywords=texts)


@given(st.lists(triggers, max_size=4), st.text())
def test_whatever_the_triggers_the_judgement_is_sound(
    judge: Judge, ask: Ask, triggers: list[Trigger], text: str
) -> None:
    definitions: list[WorkflowDefinition] = [
        replace(PACK[0], slug=f"sop-{n}", trigger=trigger) for n, trigger in enumerate(triggers)
    ]
    _, judgement = judge(ask(text, tuple(definitions)))
    assert 0 <= judgement.confidence <= 1
    assert judgement.evidence in text
