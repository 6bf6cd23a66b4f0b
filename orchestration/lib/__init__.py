"""Small typed functions that the command line and the Dagster definitions share."""
