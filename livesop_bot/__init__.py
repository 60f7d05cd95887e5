"""LiveSOP: a Slack app that makes a team's standard operating procedures run."""
