"""Hands finished marts to people and systems."""
