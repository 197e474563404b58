"""Sleepers for the group's tests: the twenty recorded at rest, and simulated ones that wander."""

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from dreamedge.core.signal.blocks import Block, Montage
from dreamedge.core.signal.features import FrontEnd
from dreamwire.schema import BANDS6X2

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]

PERSONS = (1, 2, 6, 8, 9, 12, 13, 14, 16, 17, 18, 21, 22, 24, 26, 27, 28, 30, 32, 34)
HOP_NS = 250_000_000
WARM_HOPS = 20
STILL_HOPS = 600
"""150 s of the 177: towards the end of the recordings all twenty stir at once (E doubles)."""
needed = pytest.mark.skipif(
    not os.environ.get("DREAMD_RECORDINGS"),
    reason="DREAMD_RECORDINGS is not set: it names a directory of real recordings",
)


@dataclass(frozen=True)
class Recorded:
    """db: float32[hops, people, D]; good: bool[hops, people]; phasors: complex64[hops, people, 2, B]."""

    db: Floats
    good: NDArray[np.bool_]
    phasors: NDArray[np.complex64]


@cache
def recorded() -> Recorded:
    """Twenty people at rest, recorded apart, through the edge's own feature code; once a session."""
    hops = [_hops(person) for person in PERSONS]
    length = min(len(one[0]) for one in hops)
    return Recorded(
        np.stack([db[:length] for db, _, _ in hops], axis=1),
        np.stack([good[:length] for _, good, _ in hops], axis=1),
        np.stack([phasors[:length] for _, _, phasors in hops], axis=1),
    )


def _hops(person: int) -> tuple[Floats, NDArray[np.bool_], NDArray[np.complex64]]:
    import edfio  # noqa: PLC0415 - only where there are recordings

    path = Path(os.environ["DREAMD_RECORDINGS"]) / f"waking/eegmat_S{person:02}_rest_7ch.edf"
    signals = [s for s in edfio.read_edf(path).signals if "ECG" not in s.label]
    uv = np.stack([signal.data for signal in signals], axis=1)
    rate_hz = signals[0].sampling_frequency
    names = tuple(signal.label.removeprefix("EEG ").strip() for signal in signals)
    front = FrontEnd(BANDS6X2, Montage(names, rate_hz))
    per_hop = int(rate_hz / 4)
    found = []
    for k in range(len(uv) // per_hop):
        end_ns = (k + 1) * HOP_NS
        front.push(Block(uv[k * per_hop : (k + 1) * per_hop], end_ns))
        found.append(front.hop(end_ns))
    kept = [hop for hop in found[WARM_HOPS:] if hop is not None]
    assert len(kept) == len(found) - WARM_HOPS, "a recording without gaps has every hop"
    phasors = np.stack([hop.phasors for hop in kept])
    return (
        np.stack([hop.features_db for hop in kept]),
        np.array([hop.eligible and hop.quality >= 0.5 for hop in kept]),
        (phasors[..., 0] + 1j * phasors[..., 1]).astype(np.complex64),
    )


RELAX_PER_S, FOLLOW_PER_S, STEP_S = 0.10, 0.20, 0.25
"""As the simulated implant's sleepers."""
WANDER_DB = 0.4
HOP_DB = 1.7
WINDOW_HOPS = 8
"""A power window of 2 s: its noise has sd 1.7 dB and decorrelates in 8 hops, as in the twenty recorded."""
DELAY_HOPS = 4
REACH_DB = 12.0


class Sleepers:
    """Sleepers in a closed loop: they relax to their profile, wander, and follow the feedback.

    ds = r (p - s) dt + k (f - s) dt + noise, f = (1 - a) s + a c with c the centre of the others, all in dB.
    The measurement is s with the noise of a power window on it, a second late. gain: an implant with so many
    times the intended amplitude. push_db: float64[n, D], added to the feedback.
    """

    def __init__(self, n: int, seed: int, spread_db: float = 3.0) -> None:
        self.n, self.rng = n, np.random.default_rng(seed)
        mu = BANDS6X2.shipped_mu().astype(np.float64)
        self.profile: Doubles = mu + self.rng.normal(0.0, spread_db, (n, BANDS6X2.size))
        self.level = self.profile.copy()
        self._white = [self._draw() for _ in range(WINDOW_HOPS)]
        self._measured = [self.level] * (DELAY_HOPS + 1)
        self.wander_db = WANDER_DB
        self.gain = np.ones(n)
        self.push_db = np.zeros((n, BANDS6X2.size))
        self.scale_db = np.full((n, BANDS6X2.size), HOP_DB)

    def _draw(self) -> Doubles:
        return self.rng.normal(0.0, HOP_DB * np.sqrt(WINDOW_HOPS), (self.n, BANDS6X2.size)) / WINDOW_HOPS

    def _present(self, _seen: Doubles) -> Doubles:
        """Their present levels, following the feedback from there."""
        return self.level

    def hop(self, share: Doubles | float, total: Doubles, weight: float, weights: Doubles) -> Floats:
        """One hop: the feedback acts; return the measurement, float32[n, D] dB.

        share: each sleeper's rendered share, 0..1. total, weight, weights: the broadcast sums over measured
        dB, from which each sleeper subtracts its own part.
        """
        seen = self._measured[-1]
        rest = weight - weights
        ok = rest > 1e-9
        others = (total - weights[:, None] * seen) / np.where(ok, rest, 1.0)[:, None]
        a = np.where(ok, share, 0.0)[:, None] * np.ones((self.n, 1))
        felt = (1.0 - a) * seen + a * others + 20.0 * np.log10(self.gain)[:, None] + self.push_db
        follow = FOLLOW_PER_S * (felt - self._present(seen)) * (a > 0.0)
        drift = RELAX_PER_S * (self.profile - self.level) + follow
        self.level = self.level + STEP_S * drift
        self.level += self.wander_db * np.sqrt(STEP_S) * self.rng.normal(size=self.level.shape)
        self.level = np.clip(self.level, self.profile - REACH_DB, self.profile + REACH_DB)
        self._white = [*self._white[1:], self._draw()]
        self._measured = [*self._measured[1:], self.level + np.sum(self._white, axis=0)]
        return self._measured[0].astype(np.float32)


class Replayed(Sleepers):
    """The twenty recorded, in a loop: their own minutes repeated, moved by the feedback."""

    def __init__(self, who: NDArray[np.int64]) -> None:
        super().__init__(len(who), 0)
        self._course = recorded().db[:STILL_HOPS, who]
        self._at = 0
        self.profile = np.median(self._course[:480], axis=0).astype(np.float64)
        away = np.median(np.abs(self._course[:480] - self.profile), axis=0)
        self.scale_db = np.maximum(1.4826 * away, 1.5)
        self.level = self.profile.copy()
        self._measured = [self.level] * (DELAY_HOPS + 1)
        self.wander_db = 0.0  # they wander by themselves

    def _present(self, seen: Doubles) -> Doubles:
        """Their own variation is in the recording already: it must not drive them a second time."""
        return seen

    def hop(self, share: Doubles | float, total: Doubles, weight: float, weights: Doubles) -> Floats:
        """One hop of the recording, plus the distance that the loop has moved them."""
        super().hop(share, total, weight, weights)
        shift = self.level - self.profile
        length = len(self._course) - 1
        turn, place = divmod(self._at, length)
        row = self._course[place if turn % 2 == 0 else length - place]  # there and back: no jump
        self._at += 1
        self._measured[-1] = row + shift
        return self._measured[0].astype(np.float32)
