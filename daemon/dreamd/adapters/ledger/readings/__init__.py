"""Readings of single subjects, mixed into `StoredLedger`: each asks the store or the reader of rows."""
