"""Sampling rates: their judgement, and decimation."""
