"""`python -m ingestion`."""

from ingestion.cli import app
from ingestion.keeping import keep_private

if __name__ == "__main__":
    keep_private()
    app(prog_name="python -m ingestion")
