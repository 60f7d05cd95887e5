"""SOPs as documents."""
