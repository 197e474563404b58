"""Processes of the simulated fleet: pods and daemons, each production code over simulated machines."""
