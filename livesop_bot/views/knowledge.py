"""Knowledge as people see it: what was added, what there is, what was found, and the form."""

from collections.abc import Sequence

from livesop_bot.domain.knowledge import BODY, Document, Passage, PastCase
from livesop_bot.domain.message_text import as_read
from livesop_bot.views.blocks import (
    Block,
    Message,
    View,
    clip,
    code,
    context,
    counted,
    date,
    escape,
    line,
    link,
    message,
    plain,
    quote,
    section,
)
from livesop_bot.views.ids import ActionId, BlockId, CallbackId

LISTED = 20
FORM_TEXT, FORM_TITLE = BODY, 150
"""Characters that the form's fields take; Slack's own bound for the text."""

_SNIPPET = 300


def usage() -> Message:
    """Say what follows `kb`."""
    return _said(
        "\n".join(
            (
                "*Knowledge* is what LiveSOP may cite when it judges messages. Everybody may add:",
                "`/livesop kb add`  opens a form; with a text or a message's link, adds that",
                "`/livesop kb list`  what there is",
                "`/livesop kb search &lt;words&gt;`  what would be found",
                "`/livesop kb remove &lt;number&gt;`  whoever added it may, and admins",
                "Files (Markdown, text, CSV, PDF): share one where LiveSOP is, then choose",
                "*Add to knowledge* in its message's ⋮ menu.",
            )
        )
    )


def added(document: Document, *, is_new: bool) -> Message:
    """Confirm, or say that it was there."""
    passages = "1 passage" if document.chunks == 1 else f"{document.chunks} passages"
    name = f"*{linked(document.title, document.link)}* (number {document.id}, {passages})"
    if not is_new:
        return _said(f"That text is known already, as {name}. Nothing was changed.")
    return _said(
        f"Added {name}. LiveSOP may cite it from now on, in every channel it is in. "
        f"To take it back: `/livesop kb remove {document.id}`."
    )


def refused(what: str, why: str) -> Message:
    """Say why something was not added; `why` is a sentence of ours."""
    return _said(f"{line(what, 100)} was not added. {escape(why)}")


def together(messages: Sequence[Message]) -> Message:
    """Several answers in one."""
    return _said("\n".join(each.text for each in messages))


def documents(found: Sequence[Document], total: int) -> Message:
    """List what there is, newest first."""
    if not found:
        return _said("There is no knowledge yet. Add some: `/livesop kb add`.")
    blocks: list[Block] = [section(f"*Knowledge*: {counted(total, 'document')}, newest first")]
    blocks += [
        section("\n".join(map(_row, found[at : at + 5])), expand=True)
        for at in range(0, len(found), 5)
    ]
    if total > len(found):
        blocks.append(context(f"… and {total - len(found)} more."))
    return message(f"Knowledge: {counted(total, 'document')}.", blocks)


def removed(document: Document) -> Message:
    """Confirm."""
    return _said(f"*{line(document.title, 200)}* was removed; LiveSOP cites it no more.")


def unknown(number: str) -> Message:
    """Say that there is no such document."""
    return _said(
        f"There is no document with the number {code(number, 20)}. `/livesop kb list` shows them."
    )


def not_yours() -> Message:
    """Refuse to remove."""
    return _said("Only whoever added a document and admins may remove it; nothing was changed.")


def no_message() -> Message:
    """Say why a linked message cannot be taken."""
    return _said(
        "That message was not added. LiveSOP takes messages of public channels, and of the "
        "channel that the command is typed in, where it is a member."
    )


def passages(found: Sequence[Passage], question: str) -> Message:
    """Show what would be found."""
    if not found:
        return _said(
            f"Nothing in the knowledge is near to {code(question, 100)}. Try other words; "
            "`/livesop kb list` shows what there is, `/livesop kb add` adds to it."
        )
    blocks: list[Block] = []
    for passage in found:
        blocks.append(
            section(f"*{linked(passage.title, passage.link)}*\n{quote(passage.text, _SNIPPET)}")
        )
        blocks.append(context(line(passage.source, 200)))
    return message(f"Found in the knowledge: {line(found[0].title, 100)}", blocks)


def past_cases(found: Sequence[PastCase], question: str) -> Message:
    """Show past cases that this person may read."""
    note = "Only messages of public channels and of this channel are shown."
    if not found:
        return _said(
            f"No earlier message that an SOP answered is like {code(question, 100)}.\n{note}"
        )
    blocks = [
        section(
            f"*{linked(case.workflow_title, case.permalink)}*: {line(case.outcome, 60)}, "
            f"{date(case.occurred_at)}\n{quote(as_read(case.text), _SNIPPET)}"
        )
        for case in found
    ]
    blocks.append(context(note))
    return message(f"Earlier messages: {len(found)}", blocks)


def search_usage() -> Message:
    """Say what follows `search`."""
    return _said(
        "What for? `/livesop search &lt;words&gt;` finds earlier messages that an SOP answered; "
        "`/livesop kb search &lt;words&gt;` searches the knowledge."
    )


def cited(found: Sequence[Passage]) -> list[Block]:
    """What a judgement rests on, for the answer to why."""
    if not found:
        return []
    rows = [
        f"•  *{linked(passage.title, passage.link)}* ({line(passage.source, 80)})\n"
        f"{quote(passage.text, _SNIPPET)}"
        for passage in found[:5]
    ]
    return [section("*Knowledge it used:*\n" + "\n".join(rows), expand=True)]


def based_on(found: Sequence[Passage]) -> str:
    """The same in a few words, for a thread."""
    titles = list(dict.fromkeys(linked(each.title, each.link, 80) for each in found))[:3]
    return f"Based on: {', '.join(titles)}" if titles else ""


def form(*, title: str = "", text: str = "", metadata: str = "") -> View:
    """The form to add a text; `metadata` comes back with it."""
    return {
        "type": "modal",
        "callback_id": CallbackId.KNOWLEDGE_FORM.value,
        "private_metadata": metadata,
        "title": plain("Add to knowledge", 24),
        "submit": plain("Add", 24),
        "close": plain("Cancel", 24),
        "blocks": [
            context(
                "LiveSOP may cite it when it judges messages, in every channel that it is in. "
                "Leave out what not everybody here may read."
            ),
            form_input(
                BlockId.KNOWLEDGE_TITLE, ActionId.KNOWLEDGE_TITLE, "Title", title, FORM_TITLE
            ),
            form_input(
                BlockId.KNOWLEDGE_TEXT,
                ActionId.KNOWLEDGE_TEXT,
                "Text",
                text,
                FORM_TEXT,
                multiline=True,
            ),
        ],
    }


def done(answer: Message) -> View:
    """What the form becomes once it was taken."""
    return {
        "type": "modal",
        "title": plain("Add to knowledge", 24),
        "close": plain("Close", 24),
        "blocks": [section(answer.text)],
    }


def form_input(
    block: BlockId, action: ActionId, label: str, value: str, most: int, *, multiline: bool = False
) -> Block:
    """A field of a form, filled in with `value`."""
    element: Block = {
        "type": "plain_text_input",
        "action_id": action.value,
        "multiline": multiline,
        "max_length": most,
    }
    if value:
        element["initial_value"] = value[:most]
    return {
        "type": "input",
        "block_id": block.value,
        "label": plain(label, 100),
        "element": element,
    }


def _row(document: Document) -> str:
    row = (
        f"{document.id}.  *{linked(document.title, document.link, 80)}*  ·  "
        f"{line(document.source, 60)}  ·  {_who(document.added_by)}, {date(document.created_at)}"
    )
    if document.problem:
        row += f"\n      ⚠️ Found by its words alone: {line(document.problem, 120)}."
    return row


def _who(user: str) -> str:
    return f"<@{user}>" if user.isalnum() and user[:1] in "UW" else line(user, 40)


def linked(title: str, url: str | None, limit: int = 150) -> str:
    """A title on one line, as a link where there is one."""
    short = " ".join(title.split())
    return link(url, short if len(short) <= limit else short[: limit - 1].rstrip() + "…")


def _said(text: str) -> Message:
    text = clip(text, 2900)
    return message(text, [section(text)])
