"""Slots, cohorts and grants: frames in, one collective out, once a tick. No ledger, no events."""
