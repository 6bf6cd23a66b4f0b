"""A seeded audience on interactive videos, with truths planted for the marts to find again."""

from ingestion.simulator.settings import PLANTS, Settings
from ingestion.simulator.simulation import SimulationReport, simulate

__all__ = ["PLANTS", "Settings", "SimulationReport", "simulate"]
