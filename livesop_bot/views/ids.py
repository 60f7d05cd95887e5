"""The names by which Slack hands back what people pressed; listeners and views share them."""

from enum import StrEnum


class ActionId(StrEnum):
    """What a button does."""

    AUTOPILOT_ON = "autopilot_on"
    AUTOPILOT_OFF = "autopilot_off"
    HOME_TAB = "home_tab"
    HOME_REFRESH = "home_refresh"
    WHY = "why"
    WAITING_OPEN = "waiting_open"
    FEED_CHANNEL = "feed_channel"
    FEED_SOP = "feed_sop"
    FEED_OUTCOME = "feed_outcome"
    FEED_CLEAR = "feed_clear"
    FEED_OLDER = "feed_older"
    FEED_NEWEST = "feed_newest"
    RUN_START = "run_start"
    RUN_DISMISS = "run_dismiss"
    RUN_CANCEL = "run_cancel"
    RUN_WHY = "run_why"
    STEP_APPROVE = "step_approve"
    STEP_DONE = "step_done"
    STEP_SKIP = "step_skip"
    STEP_HOLD = "step_hold"
    STEP_RETRY = "step_retry"
    STEP_MARK_DONE = "step_mark_done"
    STEP_CHOOSE = "step_choose"
    PAUSE_END = "pause_end"
    PAUSE_KEEP = "pause_keep"
    KNOWLEDGE_TITLE = "knowledge_title"
    KNOWLEDGE_TEXT = "knowledge_text"
    SETTINGS_EDIT = "settings_edit"
    SETTINGS_JIRA = "settings_jira"
    SOP_FIELD = "sop_field"


class BlockId(StrEnum):
    """Blocks that hold something to press."""

    KILL_SWITCH = "kill_switch"
    HOME_TABS = "home_tabs"
    HOME_RETRY = "home_retry"
    FEED_FILTERS = "feed_filters"
    FEED_PAGES = "feed_pages"
    RUN = "run"
    STEP = "step"
    PAUSE = "pause"
    KNOWLEDGE_TITLE = "knowledge_title"
    KNOWLEDGE_TEXT = "knowledge_text"
    SOP_FIELD = "sop_field"
    SETTINGS = "settings"


class CallbackId(StrEnum):
    """Views and shortcuts, as Slack names them in its payloads."""

    HOME = "home"
    WHY_SHORTCUT = "why_shortcut"
    KNOWLEDGE_SHORTCUT = "knowledge_shortcut"
    KNOWLEDGE_FORM = "knowledge_form"
    WAITING = "waiting"
    SETTINGS_FORM = "settings_form"
    SETTINGS_FORGET = "settings_forget"
