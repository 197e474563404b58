"""The audit log: its records, their chain, and its verification. Pure: bytes and values in, findings out."""
