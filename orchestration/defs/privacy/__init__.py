"""Erasures that were asked for, and records that are too old to keep."""
