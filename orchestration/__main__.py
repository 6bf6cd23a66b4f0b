"""``python -m orchestration``."""

from ingestion.keeping import keep_private
from orchestration.cli import app

keep_private()
app(prog_name="python -m orchestration")
