"""The edge agent: one process at the bed. It has the last word on what its sleeper hears."""

__version__ = "0.1.0"
"""Written out here and compared with the distribution's by a test: reading the metadata costs 3 MB at every
bed."""
