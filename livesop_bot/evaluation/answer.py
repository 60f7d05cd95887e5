"""A model's answer: the schema that it must keep to, and what of an answer is accepted.

The schema is made anew for each question, so that only what was given can be named. Services
promise to keep to it; that promise is checked, not trusted.
"""

import re
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from livesop_bot.domain.evaluations import Judgement, Usage
from livesop_bot.domain.workflows import Workflow
from livesop_bot.errors import EvaluatorBroken
from livesop_bot.evaluation.evaluator import Question
from livesop_bot.evaluation.prompt import NO_SOP, asked_text, given_passages

_REASONING = 400
_EVIDENCE = 300
_LINK = re.compile(r"(?<!\S)\S*?(?:://|www\.)\S*")
_NAME = re.compile(r"[a-z0-9_.]{1,80}")
_QUOTE = 6
"""Words in a row that make a quotation."""
_CHECKED_HERE = frozenset({"title", "default", "minimum", "maximum"})
"""JSON Schema's keywords that strict mode does not take everywhere; pydantic checks them."""


class _Answer(BaseModel):
    """What every answer has, in the order in which a model had best think of it."""

    model_config = ConfigDict(extra="forbid", strict=True)

    evidence: str
    reasoning: str
    confidence: float = Field(ge=0, le=1, allow_inf_nan=False)


class AnswerForm:
    """The form of the answer to one question."""

    def __init__(self, question: Question) -> None:
        self._question = question
        self._by_slug = {workflow.slug: workflow for workflow in question.workflows}
        self._passages = {str(passage.id): passage for passage in given_passages(question)}
        names = sorted({name for w in question.workflows for name in w.definition.extract})
        parts: dict[str, Any] = {"sop": _one_of(*self._by_slug, NO_SOP)}
        if names:
            # By alias: an SOP may call a field `copy` or `json`, as pydantic calls its methods.
            fields = {f"field_{n}": (str | None, Field(alias=name)) for n, name in enumerate(names)}
            form = ConfigDict(extra="forbid", strict=True)
            parts["fields"] = (_model("Fields", form, fields), ...)
        if self._passages:
            parts["cited"] = (_list_of(*self._passages), ...)
        self._model = create_model("Answer", __base__=_Answer, **parts)

    def schema(self) -> dict[str, Any]:
        """As JSON Schema, in the subset that strict structured outputs take."""
        schema: dict[str, Any] = _strict(self._model.model_json_schema())
        return schema

    def read(self, text: str) -> dict[str, Any]:
        """Check an answer against the form. Raises EvaluatorBroken; the text is not repeated."""
        try:
            return self._model.model_validate_json(text).model_dump(by_alias=True)
        except ValidationError as error:
            first = error.errors(include_input=False, include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            where = where if _NAME.fullmatch(where) else "the whole"  # a key may be anything
            raise EvaluatorBroken(
                f"the model's answer does not keep to the form ({where}: {first['type']})"
            ) from None

    def judgement(self, text: str, evaluator: str, usage: Usage) -> Judgement:
        """Accept an answer, or raise EvaluatorBroken saying why it must not be used.

        A match has to quote the message, word for word: what rests on nothing is rejected. A
        field's value that is not in the message word for word is left out, and so are fields that
        the chosen SOP does not ask for: the SOP's actions then have to do without.
        """
        answer = self.read(text)
        workflow = self._by_slug.get(answer["sop"])
        message, evidence = asked_text(self._question), answer["evidence"].strip()
        if workflow is not None and not evidence:
            raise EvaluatorBroken("the model named an SOP and quoted nothing for it")
        if evidence not in message:
            raise EvaluatorBroken("the model quoted words that are not in the message")
        passages = [self._passages[id_] for id_ in dict.fromkeys(answer.get("cited", ()))]
        return Judgement(
            workflow=workflow.id if workflow else None,
            confidence=answer["confidence"],
            reasoning=_reasoning(answer["reasoning"], message),
            evaluator=evaluator,
            evidence=evidence[:_EVIDENCE].strip() if workflow else "",
            fields=_fields(workflow, answer.get("fields", {}), message),
            citations=tuple(passages),
            usage=usage,
        )


def _model(name: str, form: ConfigDict, fields: dict[str, Any]) -> type[BaseModel]:
    return create_model(name, __config__=form, **fields)


def _one_of(*values: str) -> tuple[Any, Any]:
    return (Literal[values], ...)


def _list_of(*values: str) -> Any:
    return list.__class_getitem__(Literal[values])


def _fields(
    workflow: Workflow | None, found: Mapping[str, str | None], message: str
) -> dict[str, str]:
    wanted = workflow.definition.extract if workflow else {}
    values = {name: (found.get(name) or "").strip() for name in wanted}
    return {name: value for name, value in values.items() if value and value in message}


def _reasoning(text: str, message: str) -> str:
    """Keep it short, without links to press, and free of the message, which may be deleted.

    A NUL becomes a space: PostgreSQL takes none.
    """
    words, said = message.split(), " ".join(_LINK.sub("…", text.replace("\0", " ")).split())
    runs = (" ".join(words[n : n + _QUOTE]) for n in range(len(words) - _QUOTE + 1))
    if any(run in said for run in runs):
        return "The model's reason quoted the message, and was left out."
    return said if len(said) <= _REASONING else said[: _REASONING - 1] + "…"


def _strict(schema: Any) -> Any:
    """Leave out what strict mode does not know; a constant becomes an enum of one."""
    match schema:
        case {"properties": dict() as properties}:
            rest = {k: v for k, v in schema.items() if k != "properties"}
            return _strict(rest) | {"properties": {k: _strict(v) for k, v in properties.items()}}
        case {"const": value}:
            return {"type": "string", "enum": [value]}
        case dict():
            return {k: _strict(v) for k, v in schema.items() if k not in _CHECKED_HERE}
        case list():
            return [_strict(part) for part in schema]
        case _:
            return schema
