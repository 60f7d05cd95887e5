"""Benchmarks: LiveSOP beside an empty Bolt app, on the same Slack server, in one run."""
