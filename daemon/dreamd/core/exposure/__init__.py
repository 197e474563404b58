"""Exposure: merge-minutes in buckets of ten minutes, and rolling windows over them. Pure."""
