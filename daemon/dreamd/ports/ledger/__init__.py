"""The ledger: one Protocol a subject. A subject declares the reads; writes are transactions."""
