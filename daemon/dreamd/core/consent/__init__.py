"""Consent: the grant of a sleeper, its hours, its states, and the documents that tell of it."""
