"""The names by which Slack hands back what people pressed; listeners and views share them."""

from enum import StrEnum


class ActionId(StrEnum):
    """What a button does."""

    AUTOPILOT_ON = "autopilot_on"
    AUTOPILOT_OFF = "autopilot_off"
    HOME_REFRESH = "home_refresh"
    KNOWLEDGE_TITLE = "knowledge_title"
    KNOWLEDGE_TEXT = "knowledge_text"


class BlockId(StrEnum):
    """Blocks that hold something to press."""

    KILL_SWITCH = "kill_switch"
    HOME_RETRY = "home_retry"
    KNOWLEDGE_TITLE = "knowledge_title"
    KNOWLEDGE_TEXT = "knowledge_text"


class CallbackId(StrEnum):
    """Views and shortcuts, as Slack names them in its payloads."""

    HOME = "home"
    WHY_SHORTCUT = "why_shortcut"
    KNOWLEDGE_SHORTCUT = "knowledge_shortcut"
    KNOWLEDGE_FORM = "knowledge_form"
