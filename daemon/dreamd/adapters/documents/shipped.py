"""The guidelines that ship: revision 1, in force where no other was ratified."""

from functools import cache
from importlib.resources import files
from typing import Final

from dreamd.adapters.documents.canonical import digest
from dreamd.app.guidelines.revisions import Founding
from dreamd.core.guidelines.bundle import Bundle
from dreamd.core.guidelines.reading import read_bundle
from dreamd.core.limits import ARTIST_SHARE_MOST, DOSE_DAY_MOST_MIN, RAMP_MIN_S


@cache
def shipped_bundle() -> Bundle:
    """Return revision 1."""
    return read_bundle(shipped_text())


def shipped_text() -> str:
    """Return revision 1 as it is written."""
    return files(__package__).joinpath("shipped.toml").read_text(encoding="utf-8")


def founding() -> Founding:
    """Return the guidelines of a new house: revision 1, and how a document is named."""
    return Founding(shipped_bundle(), digest)


BENCH_LIMITS: Final = {
    "ramp_s": RAMP_MIN_S,
    "artist_share": ARTIST_SHARE_MOST,
    "dose_24h_min": DOSE_DAY_MOST_MIN,
    "dose_7d_min": 7.0 * DOSE_DAY_MOST_MIN,
    "dose_new_min": DOSE_DAY_MOST_MIN,
}
"""Limits of a house without people: as wide as the constitution allows, so that a short night shows all."""


def bench_text() -> str:
    """Return revision 1 with BENCH_LIMITS, as it is written: for beds in which no person lies."""
    lines, key = list[str](), ""
    for line in shipped_text().splitlines():
        key = line.partition('"')[2].rstrip('"') if line.startswith("key = ") else key
        wide = BENCH_LIMITS.get(key) if line.startswith("limit = ") else None
        lines.append(line if wide is None else f"limit = {wide!r}")
        if line.startswith("text = ") and key in BENCH_LIMITS:
            lines[-1] = 'text = "A limit for beds in which no person lies."'
    return "\n".join(lines).replace('title = "Shipped guidelines"', 'title = "Guidelines of a bench"') + "\n"


def bench_founding() -> Founding:
    """Return the guidelines of a house in which no person lies."""
    return Founding(read_bundle(bench_text()), digest)
