"""When things run: the refresh pipeline, its command line, and the Dagster definitions around it."""
