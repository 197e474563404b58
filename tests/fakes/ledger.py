"""The ledger in memory that the simulation uses, for tests of everything else."""

from dreamd.simulation.ledger import MemoryLedger, Shelf

__all__ = ["MemoryLedger", "Shelf"]
