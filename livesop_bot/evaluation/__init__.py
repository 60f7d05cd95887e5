"""Evaluators: what says which workflow a message calls for."""
