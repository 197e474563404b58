"""Pieces of artists: what was led, with a chain over each tick of it. Pure; it knows no sleeper."""
