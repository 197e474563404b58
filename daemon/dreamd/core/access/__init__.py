"""Callers of the application. Access decisions are made here: pure, from values."""
