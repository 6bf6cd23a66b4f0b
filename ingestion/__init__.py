"""Bytes of raw interaction logs in, lossless source-shaped Parquet out. Knows neither Dagster nor dbt."""
