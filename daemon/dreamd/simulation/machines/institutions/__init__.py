"""The institutions' part of a ledger in memory, one module a subject."""
