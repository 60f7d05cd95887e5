"""A local Slack workspace in a browser, for trying the bot and testing it without Slack."""
