"""Surveillance: whether harm comes more often than declared, night by night; and how it goes with dose."""
