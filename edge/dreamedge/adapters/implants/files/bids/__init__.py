"""Recordings of a BIDS dataset: one file of another reader, with the sidecars that describe it."""
