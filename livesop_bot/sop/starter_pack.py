"""The starter pack: the SOPs that a new team begins with."""

from functools import cache
from importlib.resources import files

from livesop_bot.domain.workflows import WorkflowDefinition
from livesop_bot.sop.document import parse


@cache
def starter_pack() -> tuple[WorkflowDefinition, ...]:
    """Read the SOPs that travel with the package, sorted by slug."""
    documents = (
        entry
        for entry in files("livesop_bot.sop").joinpath("starter").iterdir()
        if entry.name.endswith(".yaml")
    )
    return tuple(
        sorted(
            (
                definition
                for document in documents
                for definition in parse(document.read_text(encoding="utf-8"), document.name)
            ),
            key=lambda definition: definition.slug,
        )
    )
