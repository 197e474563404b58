"""Metrics, shown to a monitoring system; one file per system."""
