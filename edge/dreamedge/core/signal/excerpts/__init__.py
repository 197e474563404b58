"""Findings in an excerpt of a signal, beside its quality: pure functions of samples, without a history."""
