"""The fields of an action: checked when an SOP is published, filled in when it is carried out.

A field that says where something goes (`target`) takes constants, and values of the SOP's own; what
stands in a message, or was made of one, never chooses a channel, an address or a recipient.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping

from livesop_bot.domain.action_specs import SPECS, Field
from livesop_bot.domain.occasion import is_own, names
from livesop_bot.domain.template import Template, clipped, meant, read_template
from livesop_bot.domain.workflows import ActionKind, StepId
from livesop_bot.errors import ActionRefused, InvalidWorkflow


def problems(
    kind: ActionKind, fields: Mapping[str, str], extract: Collection[str], steps: Collection[StepId]
) -> Iterator[tuple[str, str]]:
    """Everything that is wrong with an action's fields: the field's name, and what it is.

    `extract` are the SOP's extracted fields, `steps` its acting steps that come before this one.
    """
    known = {one.name: one for one in SPECS[kind].fields}
    usable = names(extract, steps)
    for name in fields:
        if name not in known:
            yield name, f"{kind} has no such field{meant(name, known)}"
    for name, one in known.items():
        if name in fields:
            yield from ((name, flaw) for flaw in _flaws(one, fields[name], usable))
        elif one.required:
            yield name, f"is missing, and {kind} needs it"


def _flaws(one: Field, text: str, usable: Collection[str]) -> Iterator[str]:
    try:
        template = read_template(text)
    except InvalidWorkflow as error:
        yield str(error)
        return
    yield from template.unknown(usable)
    for slot in template.slots:
        if one.target and slot.name in usable and not is_own(slot.name):
            own = ", ".join(name for name in usable if is_own(name))
            yield (
                f"{{{{ {slot.name} }}}} comes from a message, which never says where something "
                f"goes; here may stand {own}"
            )
    if problem := one.flaw(text) if template.slots else _unfit(one, text):
        yield problem


def _unfit(one: Field, text: str) -> str:
    """What is wrong with a field's text that has no names in it (any more), or nothing."""
    if not re.fullmatch(one.pattern, text):
        return f"expected {one.expected}, found {clipped(text, 60)!r}"
    if one.target and len(text) > one.limit:
        return f"expected at most {one.limit} characters, found {len(text)}"
    return one.flaw(text)


def filled(
    kind: ActionKind,
    fields: Mapping[str, str],
    values: Mapping[str, str],
    *,
    escape: Callable[[str, str], str] = lambda _, value: value,
    cut: Callable[[str, int], str] = clipped,
) -> dict[str, str]:
    """Fill in the fields of an action; those left out have their default, which may be empty.

    `escape` and `cut` bring values and whole texts into a form that the target can take. Raises
    ActionRefused where a field does not fit: an SOP may be older than the rule.
    """
    done = {one.name: "" for one in SPECS[kind].fields}
    if unknown := fields.keys() - done.keys():
        raise ActionRefused(f"The SOP gives {', '.join(sorted(unknown))}, unknown to {kind}.")
    for one in SPECS[kind].fields:
        written = fields.get(one.name, one.default)
        if not written and one.required:
            raise ActionRefused(f"The SOP does not give {one.name}, which {kind} needs.")
        try:
            template = read_template(written)
        except InvalidWorkflow as error:
            raise ActionRefused(f"The SOP's {one.name} cannot be filled in: {error}.") from error
        if one.target and written:
            done[one.name] = _target(one, template, values)
        else:
            text = template.render(values, escape).strip()
            text = text if one.lines else " ".join(text.split())
            done[one.name] = cut(text, one.limit) or (f"(no {one.name})" if written else "")
    return done


def _target(one: Field, template: Template, values: Mapping[str, str]) -> str:
    for slot in template.slots:
        if not is_own(slot.name):
            raise ActionRefused(f"The SOP takes {one.name} from a message, which is not allowed.")
        if not values.get(slot.name):
            raise ActionRefused(
                f"The SOP takes {one.name} from {{{{ {slot.name} }}}}, and there is none: "
                "was that step done?"
            )
    text = template.render(values)
    if problem := _unfit(one, text):
        raise ActionRefused(f"The SOP's {one.name} does not fit: {problem}.")
    return text
