"""Surveillance: whether harm comes more often than declared, and how it goes with dose. Pure."""
