"""What lies in the beds of a simulated fleet: features ready-made, and implants that fail on demand.

The signal path is left out (it has its own tests and costs a hundred times the rest): a sleeper is a
profile of twelve numbers, a little restless, and a malfunction is what the signal path would have said of
it. The hop in which it shows is the first after it began, as at a real bed.
"""

import random
from dataclasses import dataclass
from typing import Final

import numpy as np

from dreamd.simulation.schedule import SECOND_NS
from dreamedge.core.calibration import Own
from dreamedge.core.features import Hop
from dreamedge.core.signal import Block, Montage
from dreamedge.ports.implant import Felt
from dreamwire.messages import CalibrationSource, Device, Floats
from dreamwire.schema import BANDS6X2

RATE_HZ: Final = 256.0
SAMPLE_UV: Final = np.zeros((1, 1))
RESTLESS_DB: Final = 0.5
PROFILE_DB: Final = 2.0
WANDERINGS: Final = 64
"""Hops of restlessness drawn once; a sleeper wanders through them."""
SILENT_NS: Final = SECOND_NS // 2

HARD: Final = ("nonfinite", "range")
SOFT: Final = ("railed", "flat", "contact", "mains", "amplitude")
MALFUNCTIONS: Final = (*SOFT, *HARD, "silence")
"""How an honest pod's implant may fail."""


@dataclass(frozen=True, slots=True)
class Ailment:
    """An implant that fails: how, and since when by its pod's own clock."""

    kind: str
    since_ns: int


class Body:
    """A sleeper and their implant: the agent's signal path and its implant in one."""

    def __init__(self, number: int) -> None:
        """Lie down; the same number is the same person."""
        rng = np.random.default_rng(number)
        profile = BANDS6X2.shipped_mu() + rng.normal(0.0, PROFILE_DB, BANDS6X2.size)
        restless = rng.normal(0.0, RESTLESS_DB, (WANDERINGS, BANDS6X2.size))
        self._profile: Floats = profile.astype(np.float32)
        self._hops = (profile + restless).astype(np.float32)
        self._at = 0
        self._instant_ns = 0
        self._phasors = np.ones((2, len(BANDS6X2.phase_bands), 2), dtype=np.float32)
        self.captured_ns = 0
        self.ailment: Ailment | None = None
        self.missing_features: tuple[str, ...] = ()
        self.montage = Montage(("Cz",), RATE_HZ)
        self.device = Device("simulated", "features alone", ("Cz",), RATE_HZ)
        self.source = CalibrationSource.SIMULATED
        self.ended, self.onset_ns = False, 0

    # -- senses.SignalPath ------------------------------------------------------------------------

    def push(self, block: Block) -> None:
        """Samples say nothing here."""

    def use(self, own: Own | None) -> None:
        """High frequencies are not judged here."""

    def hop(self, instant_ns: int) -> Hop | None:
        """The hop of this instant, each once."""
        if instant_ns <= self._instant_ns or self._silent(instant_ns):
            return None
        self._instant_ns = self.captured_ns = instant_ns
        self._at = (self._at + 1) % WANDERINGS
        ill = self._shown(instant_ns)
        hard = ill if ill in HARD else ""
        return Hop(
            instant_ns=instant_ns,
            captured_ns=instant_ns,
            features_db=np.full(BANDS6X2.size, np.nan, dtype=np.float32) if ill else self._hops[self._at],
            phasors=self._phasors,
            quality=0.0 if ill else 1.0,
            cause=ill,
            channels=(),
            hard=hard,
            evidence_ns=instant_ns if ill else 0,
            eligible=not ill,
        )

    def _shown(self, instant_ns: int) -> str:
        ailment = self.ailment
        return ailment.kind if ailment is not None and instant_ns > ailment.since_ns else ""

    def _silent(self, now_ns: int) -> bool:
        ailment = self.ailment
        return ailment is not None and ailment.kind == "silence" and now_ns > ailment.since_ns

    # -- ports.implant.Implant --------------------------------------------------------------------

    def enrolment(self) -> Block | None:
        """Enrolled already, see `template`."""
        return None

    def read(self, now_ns: int) -> Block | None:
        """A sample a pulse: proof that the implant is there."""
        return None if self._silent(now_ns) else Block(SAMPLE_UV, now_ns)

    def feel(self, felt: Felt, now_ns: int) -> None:
        """Nobody feels it."""

    def close(self) -> None:
        """Nothing to release."""

    def template(self) -> Own:
        """The calibration that goes with this sleeper."""
        scale = np.full(BANDS6X2.size, 1.5, dtype=np.float32)
        one = np.ones(1, dtype=np.float32)
        return Own(self._profile, scale, one - 1.0, one, 60.0, CalibrationSource.SIMULATED)


def fickle(rng: random.Random) -> str:
    """Draw a malfunction."""
    return rng.choice(MALFUNCTIONS)
