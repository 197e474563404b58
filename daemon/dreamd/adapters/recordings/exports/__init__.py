"""Exports of a recording: Parquet, CSV, EDF+, XDF, BIDS. Loaded only when asked for."""
