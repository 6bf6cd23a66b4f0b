"""Dashboards for Apache Superset as YAML, and the commands that start one with them (docs/bi.md)."""
