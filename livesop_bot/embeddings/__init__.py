"""Vectors of texts: texts that mean the same lie close together."""
