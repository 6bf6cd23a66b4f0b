"""Landed files become bronze."""
