"""The names by which Slack hands back what people pressed; listeners and views share them."""

from enum import StrEnum


class ActionId(StrEnum):
    """What a button does."""

    AUTOPILOT_ON = "autopilot_on"
    AUTOPILOT_OFF = "autopilot_off"
    HOME_TAB = "home_tab"
    HOME_REFRESH = "home_refresh"
    WHY = "why"
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
    AUTONOMY_ON = "autonomy_on"
    AUTONOMY_OFF = "autonomy_off"
    GUIDE_CHANNELS = "guide_channels"
    GUIDE_JOIN = "guide_join"
    GUIDE_SOPS = "guide_sops"
    GUIDE_AGAIN = "guide_again"
    GUIDE_STEP = "guide_step"
    GUIDE_SWITCH = "guide_switch"
    GUIDE_LATER = "guide_later"
    GUIDE_RESUME = "guide_resume"
    GUIDE_NEVER = "guide_never"
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
    RUN = "run"
    STEP = "step"
    PAUSE = "pause"
    GUIDE = "guide"
    GUIDE_CHANNELS = "guide_channels"
    GUIDE_STEP = "guide_step"
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
    SETTINGS_FORM = "settings_form"
    SETTINGS_FORGET = "settings_forget"
