"""The edge agent: one process at the bed, the last word on what its sleeper hears."""

__version__ = "0.1.0"
"""Spelled out, and held to the distribution's by a test: asking the metadata costs 3 MB at every bed."""
