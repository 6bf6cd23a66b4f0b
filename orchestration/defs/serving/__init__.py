"""Marts become a published snapshot."""
