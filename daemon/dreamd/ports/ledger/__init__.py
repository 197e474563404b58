"""The ledger: one Protocol a subject. A subject says what can be read of it; writes are transactions."""
