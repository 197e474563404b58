"""Copies of a ledger: backup, verification, restore, on both engines; and the check of a live one."""
