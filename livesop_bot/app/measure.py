"""Measuring: evaluators tried on labelled messages. Nothing is stored but what a model costs."""

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

from livesop_bot.app.judge import choose_evaluator, local_evaluator, words_evaluator
from livesop_bot.db.pool import Pool
from livesop_bot.db.verdicts import Verdicts
from livesop_bot.db.workflows import Workflows
from livesop_bot.domain.signals import TeamId
from livesop_bot.domain.verdicts import Labelled
from livesop_bot.domain.workflows import Workflow, WorkflowDefinition, WorkflowId
from livesop_bot.errors import ConfigurationError, PermanentError
from livesop_bot.evaluation.defusing_evaluator import DefusingEvaluator
from livesop_bot.evaluation.evaluator import Evaluator
from livesop_bot.evaluation.figures import Outcome, compare, figures
from livesop_bot.evaluation.labelled_file import read_labelled, sops_of_examples
from livesop_bot.evaluation.report import comparison_report, plain, report
from livesop_bot.evaluation.trial import Setup, trial
from livesop_bot.metrics import Metrics
from livesop_bot.settings import Settings
from livesop_bot.sop.exchange import read_documents

_MODEL_AT_ONCE = 8
_MOST_VERDICTS = 5_000

Told = Callable[[str, int, int], object]
"""Hears how a trial goes on: whose, of how many messages, how many are done."""


class EvaluatorName(StrEnum):
    """The evaluators that can be tried, as LIVESOP_EVALUATOR names them."""

    LOCAL = "local"
    WORDS = "words"
    OPENAI = "openai"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measuring:
    """What is to be tried, on what.

    Without a `file`, on the team's own verdicts. The SOPs are the team's, unless `sops` names
    documents or `examples` a labelled file. `versus` is what to compare with: an evaluator, SOP
    documents that take the place of those of the same slug, or a version, as `slug@2`.
    """

    file: Path | None
    sops: Path | None
    examples: Path | None
    evaluator: EvaluatorName
    versus: str

    @property
    def needs_database(self) -> bool:
        """Whether anything of it is in the database; a model's budget is."""
        own_sops = self.sops is None and self.examples is None
        model = EvaluatorName.OPENAI in (self.evaluator, self.versus)
        version = "@" in self.versus and not self.versus_documents
        return self.file is None or own_sops or model or version

    @property
    def versus_documents(self) -> bool:
        """Whether to compare with SOP documents."""
        return self.versus not in list(EvaluatorName) and Path(self.versus).exists()


@dataclass(frozen=True, slots=True)
class _Side:
    """One of the two that are compared."""

    name: str
    evaluator: EvaluatorName
    sops: Sequence[Workflow]


async def measure(
    settings: Settings,
    asked: Measuring,
    *,
    team: TeamId,
    pool: "Pool | None",
    told: Told,
    warn: Callable[[str], object],
) -> tuple[list[str], str]:
    """Try it; gives the report in lines, and as JSON. A pool must come where it is needed."""
    taught: list[Labelled] = []
    if pool is not None and asked.examples is None:
        taught = await Verdicts(pool).labelled(team, _MOST_VERDICTS)
    sops = await _sops(asked, team, pool)
    cases = _cases(asked, taught, sops, warn)
    sides = [_Side(asked.evaluator, asked.evaluator, sops)]
    if asked.versus:
        sides.append(await _versus(asked, team, sops, pool))
    outcomes: list[list[Outcome]] = []
    for side in sides:
        async with tried_evaluator(settings, side.evaluator, pool) as evaluator:
            setup = Setup(
                team=team,
                evaluator=evaluator,
                workflows=side.sops,
                teaching=taught,
                at_once=_MODEL_AT_ONCE if side.evaluator is EvaluatorName.OPENAI else 1,
            )
            outcomes.append(await trial(setup, cases, partial(told, side.name, len(cases))))
    return _told(settings, asked, sides, outcomes)


def _told(
    settings: Settings,
    asked: Measuring,
    sides: Sequence[_Side],
    outcomes: Sequence[Sequence[Outcome]],
) -> tuple[list[str], str]:
    propose, auto = settings.livesop_propose_threshold, settings.livesop_auto_threshold
    all_figures = [figures(each, propose=propose, auto=auto) for each in outcomes]
    source = asked.file.name if asked.file else "the team's verdicts"
    lines: list[str] = []
    data: dict[str, object] = {
        "propose": propose,
        "auto": auto,
        "source": source,
        "trials": [
            plain(side.name, figure, each)
            for side, figure, each in zip(sides, all_figures, outcomes, strict=True)
        ],
    }
    for side, figure, each in zip(sides, all_figures, outcomes, strict=True):
        title = f"{side.name}: {len(each):,} messages of {source}, {len(side.sops):,} SOPs"
        lines += [*report(title, figure, propose=propose, auto=auto), ""]
    if outcomes[1:]:
        comparison = compare(outcomes[0], outcomes[1], propose=propose)
        lines.append("side by side")
        lines += comparison_report(
            (sides[0].name, sides[1].name), (all_figures[0], all_figures[1]), comparison, propose
        )
        data["comparison"] = {
            "only_first": [one.case.name for one, _ in comparison.only_first],
            "only_second": [one.case.name for one, _ in comparison.only_second],
            "otherwise_wrong": comparison.otherwise_wrong,
            "p_value": comparison.p_value,
        }
    return lines, json.dumps(data, ensure_ascii=False)


async def _sops(asked: Measuring, team: TeamId, pool: "Pool | None") -> tuple[Workflow, ...]:
    if asked.examples is not None:
        return sops_of_examples(team, read_labelled(asked.examples))
    current = () if pool is None else await Workflows(pool).current(team)
    if asked.sops is not None:
        return _as_workflows(team, current, read_documents([asked.sops]))
    if not current:
        raise PermanentError("This team has no SOPs; name some with --workflows or --examples.")
    return current


def _as_workflows(
    team: TeamId, current: Sequence[Workflow], definitions: Sequence[WorkflowDefinition]
) -> tuple[Workflow, ...]:
    """Documents as SOPs of the team, under its own ids where it has them."""
    known: Mapping[str, WorkflowId] = {workflow.slug: workflow.id for workflow in current}
    free = max(known.values(), default=0) + 1
    return tuple(
        Workflow(
            id=known.get(definition.slug, WorkflowId(free + number)),
            team=team,
            version=1,
            definition=definition,
        )
        for number, definition in enumerate(definitions)
    )


def _cases(
    asked: Measuring,
    taught: Sequence[Labelled],
    sops: Sequence[Workflow],
    warn: Callable[[str], object],
) -> list[Labelled]:
    slugs = {workflow.slug for workflow in sops}
    if asked.file is not None:
        return read_labelled(asked.file, slugs)
    said = [case for case in taught if case.is_answered or case.refused]
    cases = [case for case in said if case.expected is None or case.expected in slugs]
    if left := len(said) - len(cases):
        warn(f"{left} messages call for SOPs that are not among these; left out.")
    if not cases:
        raise PermanentError(
            "People have said of no message yet what fits it (/livesop verdict); "
            "name a labelled file instead."
        )
    return cases


async def _versus(
    asked: Measuring, team: TeamId, sops: Sequence[Workflow], pool: "Pool | None"
) -> _Side:
    """What to compare with; all else stays as it is."""
    if asked.versus in list(EvaluatorName):
        return _Side(asked.versus, EvaluatorName(asked.versus), sops)
    slug, at, version = asked.versus.rpartition("@")
    if asked.versus_documents:
        found = read_documents([Path(asked.versus)])
    elif at and version.isdigit() and pool is not None:
        versions = await Workflows(pool).versions(team, slug)
        found = [each.definition for each in versions if each.version == int(version)]
        if not found:
            there = ", ".join(str(each.version) for each in versions) or "none"
            raise PermanentError(f"There is no version {version} of {slug!r}; there are: {there}.")
    else:
        raise PermanentError(
            f"--compare {asked.versus}: neither an evaluator ({', '.join(EvaluatorName)}), nor a "
            "file or folder of SOPs, nor a version such as incident@2"
        )
    changed = _as_workflows(team, sops, found)
    others = [sop for sop in sops if sop.slug not in {each.slug for each in changed}]
    return _Side(f"{asked.evaluator}, {asked.versus}", asked.evaluator, (*others, *changed))


@asynccontextmanager
async def tried_evaluator(
    settings: Settings, name: EvaluatorName, pool: "Pool | None"
) -> AsyncIterator[Evaluator]:
    """One as it serves Slack, but without knowledge and past cases, which hold the answers."""
    metrics = Metrics()
    match name:
        case EvaluatorName.LOCAL:
            yield DefusingEvaluator(local_evaluator(metrics))
        case EvaluatorName.WORDS:
            yield DefusingEvaluator(words_evaluator(metrics))
        case EvaluatorName.OPENAI:
            if settings.openai_api_key is None or pool is None:
                raise ConfigurationError("OPENAI_API_KEY: missing; the evaluator openai needs it")
            strict = settings.model_copy(update={"livesop_evaluator": "openai"})
            async with choose_evaluator(strict, metrics, pool) as judge:
                yield judge.evaluator
