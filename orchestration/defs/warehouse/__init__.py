"""Bronze becomes marts."""
