"""When the pipeline runs."""
