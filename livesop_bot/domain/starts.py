"""Starts by hand."""

from enum import StrEnum


class NotStarted(StrEnum):
    """Why a run that a person asked for was not started."""

    ALREADY_OPEN = "already_open"
    DELETED = "deleted"
