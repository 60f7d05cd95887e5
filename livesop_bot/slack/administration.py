"""Administration: what admins look at and change in the Settings tab."""

from dataclasses import dataclass

from livesop_bot.actions.jira_project import JiraProject
from livesop_bot.db.reports import Reports
from livesop_bot.db.retention import Retention
from livesop_bot.db.team_settings import TeamSettingsBook
from livesop_bot.db.usage import ModelUsage
from livesop_bot.domain.team_settings import Environment


@dataclass(frozen=True, slots=True, kw_only=True)
class Administration:
    """Settings, what the environment says, spending, retention, reports, and Jira."""

    settings: TeamSettingsBook
    environment: Environment
    usage: ModelUsage
    retention: Retention
    reports: Reports
    jira: JiraProject
