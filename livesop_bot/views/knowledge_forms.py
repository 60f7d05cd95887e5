"""The modals of the Knowledge tab: search, edit, delete; adding has the form of the shortcut."""

from livesop_bot.domain.knowledge import Document
from livesop_bot.views.blocks import Block, View, context, counted, line, plain, section
from livesop_bot.views.ids import ActionId, BlockId, CallbackId
from livesop_bot.views.knowledge import FORM_TEXT, FORM_TITLE, form_input, linked
from livesop_bot.views.modal import modal

EDIT_TITLE, DELETE_TITLE = "Edit a document", "Delete a document"


def search_form(words: str, metadata: str) -> View:
    """Ask for words; `metadata` comes back with them."""
    element: Block = {
        "type": "plain_text_input",
        "action_id": ActionId.KB_SEARCH.value,
        "max_length": 100,
    }
    if words:
        element["initial_value"] = words[:100]
    asked: Block = {
        "type": "input",
        "block_id": BlockId.KB_SEARCH.value,
        "label": plain("Words in its title, its source or its text", 100),
        "element": element,
        "optional": True,
    }
    return modal(
        "Search the knowledge",
        [asked],
        callback=CallbackId.KNOWLEDGE_SEARCH,
        submit="Search",
        close="Cancel",
        metadata=metadata,
    )


def edit_form(document: Document, body: str | None, metadata: str) -> View:
    """Ask for a title and a text; `body` is None where a form cannot take it."""
    blocks = [
        form_input(
            BlockId.KNOWLEDGE_TITLE,
            ActionId.KNOWLEDGE_TITLE,
            "Title",
            document.title,
            FORM_TITLE,
        )
    ]
    if body is None:
        blocks.append(
            context(
                f"Its text is longer than the {FORM_TEXT:,} characters that a form takes. To "
                "change it, add the new text, then delete this one."
            )
        )
    else:
        blocks.append(
            form_input(
                BlockId.KNOWLEDGE_TEXT,
                ActionId.KNOWLEDGE_TEXT,
                "Text",
                body,
                FORM_TEXT,
                multiline=True,
            )
        )
    return modal(
        EDIT_TITLE,
        blocks,
        callback=CallbackId.KNOWLEDGE_EDIT,
        submit="Save",
        close="Cancel",
        metadata=metadata,
    )


def delete_form(document: Document, cited: int, metadata: str) -> View:
    """Ask whether it is meant."""
    times = f" It was cited {counted(cited, 'time')} in 30 days." if cited else ""
    return modal(
        DELETE_TITLE,
        [
            section(
                f"Delete *{linked(document.title, document.link)}*?{times}\nLiveSOP cites it no "
                "more. What was cited stays readable where it was."
            )
        ],
        callback=CallbackId.KNOWLEDGE_REMOVE,
        submit="Delete",
        close="Keep it",
        metadata=metadata,
    )


def saved(document: Document) -> View:
    """What the form becomes once it was taken."""
    return told(
        EDIT_TITLE,
        f"✅  *{linked(document.title, document.link)}* was saved. It is cited as it now reads.",
    )


def deleted(document: Document) -> View:
    """What the question becomes once it was answered."""
    return told(
        DELETE_TITLE, f"✅  *{line(document.title, 200)}* was deleted; LiveSOP cites it no more."
    )


def told(title: str, text: str) -> View:
    """Say something of ours."""
    return modal(title, [section(text)])


def not_yours(title: str) -> View:
    """Refuse to change somebody else's document."""
    return told(
        title, "Only whoever added a document and admins may change it; nothing was changed."
    )


def gone(title: str) -> View:
    """Say that it is there no more."""
    return told(
        title,
        "That document is there no more; nothing was changed. `/livesop kb list` shows what is.",
    )


def not_confirmed(title: str) -> View:
    """Say that the database did not confirm a change."""
    return told(
        title,
        "⚠️ The database did not answer, so this is *not confirmed*. Please look again in a moment.",
    )


def refused(title: str, why: str) -> View:
    """Say why a document was not changed; `why` is a sentence of ours."""
    return told(title, f"Nothing was changed. {line(why, 300)}")
