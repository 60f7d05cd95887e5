"""Outside effects, each done once."""
