"""Breakers, the group's monitor, wake orders, failed steps: what sets a sleeper to zero, and why."""
