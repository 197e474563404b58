"""The formats of an export and the endings of their default names; needs no library."""

from typing import Final

SUFFIXES: Final = {"parquet": "-parquet", "csv": "-csv", "edf+": ".edf", "xdf": ".xdf", "bids": "-bids"}
