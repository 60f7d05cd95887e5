"""The Slack side: sockets, what comes in, and the listeners that answer people."""
