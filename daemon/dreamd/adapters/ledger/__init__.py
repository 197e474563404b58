"""Durable memory, one file per engine; each passes tests/conformance/test_ledger.py."""
