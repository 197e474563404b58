"""Callers for tests: an operator, with or without a name."""

from dreamd.simulation.machines.operators import OPERATOR, named

__all__ = ["OPERATOR", "named"]
