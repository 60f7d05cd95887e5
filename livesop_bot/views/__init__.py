"""What people see in Slack: pure functions from domain values to Block Kit."""
