"""The house of the simulated ledger: its row, and the lease of its owner. Rule: no daemon is known here."""
