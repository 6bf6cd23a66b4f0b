"""Copies of what cannot be computed again: kept anywhere fsspec reaches, each file once, every one checked by its hash."""
