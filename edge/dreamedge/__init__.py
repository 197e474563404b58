"""The edge agent: one process at the bed, the last word on what its sleeper hears."""
