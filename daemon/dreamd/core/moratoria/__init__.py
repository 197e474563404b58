"""Moratoria: standing orders that nobody in a scope merges. Pure: no I/O, no clock."""
