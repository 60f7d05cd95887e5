"""What the kill switch means as it stands."""


def autopilot_sentence(*, is_on: bool) -> str:
    """Say what the kill switch means as it stands."""
    return f"*{headline(is_on=is_on)}.* {meaning(is_on=is_on)}"


def headline(*, is_on: bool) -> str:
    """Name the state of the kill switch."""
    return "Auto-Pilot is on" if is_on else "Auto-Pilot is off"


def meaning(*, is_on: bool) -> str:
    """Say what that means for the team."""
    if is_on:
        return "SOPs that are switched on start by themselves when LiveSOP is sure."
    return "LiveSOP only proposes; no SOP starts by itself."
