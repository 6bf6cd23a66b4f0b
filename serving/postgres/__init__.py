"""The published snapshot in PostgreSQL, for BI servers: copied aside, then swapped in one transaction (docs/bi.md)."""
