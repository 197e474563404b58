"""Parts of ticks as houses send them, for the tests of the cohort engine."""

import numpy as np

from dreamd.fusion.reduction import Part
from dreamd.fusion.summary import BINS, Summary
from dreamd.fusion.synchrony import PhaseSums

SIZE, BANDS = 12, 5


def part(house: str, instant: int = 100, n: int = 10, centre: bytes = b"r", halted: str = "") -> Part:
    """Return a part with sums that are whole numbers, all of them n times a pattern."""
    summary = Summary(
        s=np.arange(SIZE) * float(n),
        w=2.0 * n,
        n=n,
        x=np.ones(SIZE) * n,
        squares=3.0 * n,
        distances=4.0 * n,
        phases=np.full(BANDS, complex(n, -n)),
        phase_n=np.full(BANDS, float(n)),
        histogram=np.full(BINS, n, dtype=np.int64),
    )
    return Part(house, instant, centre, summary, frozenset([house]), (n, n, 0), halted)


def phase_part(house: str, instant: int = 100) -> Part:
    """Return a part of phase sums, as sent once a second: about 400 kB."""
    g, k = np.ones((BANDS, 80, 80), dtype=np.complex64), np.ones((BANDS, 80, 80), dtype=np.float32)
    return Part(house, instant, b"", PhaseSums(g, k), frozenset([house]))  # type: ignore[arg-type]
