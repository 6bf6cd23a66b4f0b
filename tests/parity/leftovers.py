"""`python -m tests.parity.leftovers`: remove what a killed run left in the way, as the run after it does."""

from __future__ import annotations

from orchestration.lib.environment import Environment
from orchestration.lib.handover import remove_leftovers

if __name__ == "__main__":
    remove_leftovers(Environment.read())
