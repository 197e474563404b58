"""Simulated sleepers as implants, and the malfunctions that rehearsals inject."""
