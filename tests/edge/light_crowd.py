"""A group of feature-only sleepers in a plain loop: no agents, no daemon, the others' mean one hop late."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dreamedge.adapters.implants.simulated.feature_only import FeatureOnlyImplant, SimulatedFault
from dreamedge.core.merging.cue import Felt
from dreamedge.core.signal.features import HOP_NS

Array = NDArray[np.float64]


def felt(
    blend_db: Array,
    share: float,
    others_db: Array | None = None,
    z: NDArray[np.complex128] | None = None,
    at_ns: int = 0,
) -> Felt:
    """The feedback, in dB (float64[12] each) and mean phasors complex128[B]."""
    zero, one = np.zeros(12, dtype=np.float32), np.ones(12, dtype=np.float32)
    others = None if others_db is None else others_db.astype(np.float32)
    means = None if z is None else np.stack([z.real, z.imag], axis=-1).astype(np.float32)
    return Felt(blend_db.astype(np.float32), share, zero, one, others, means, at_ns)


@dataclass
class Crowd:
    """`beds` lie together; share: every bed's share, changed at will."""

    beds: list[FeatureOnlyImplant]
    share: float = 0.15
    hop: int = 0

    @classmethod
    def of(cls, count: int, share: float = 0.15) -> "Crowd":
        """This many different sleepers."""
        return cls([FeatureOnlyImplant(seed) for seed in range(1, count + 1)], share)

    def inject_fault(self, kind: str, count: int) -> None:
        """The first `count` implants fail now."""
        for bed in self.beds[:count]:
            bed.fault = SimulatedFault(kind, self.hop * HOP_NS)

    def run(self, seconds: float) -> tuple[Array, NDArray[np.complex128]]:
        """Go on; returns features [hops, n, 12] in dB, and newest phasors [hops, n, bands]."""
        features, phasors = [], []
        for _ in range(round(4 * seconds)):
            self.hop += 1
            at_ns = self.hop * HOP_NS
            hops = [bed.hop(at_ns) for bed in self.beds]
            assert all(hop is not None for hop in hops)
            x = np.array([hop.features_db for hop in hops if hop is not None], dtype=np.float64)
            z = np.array([hop.phasors[-1] for hop in hops if hop is not None]).astype(np.float64)
            features.append(x)
            phasors.append(z.view(np.complex128)[..., 0])
            if self.share > 0.0:
                self._give(x, phasors[-1], at_ns)
        return np.array(features), np.array(phasors)

    def _give(self, x: Array, z: NDArray[np.complex128], at_ns: int) -> None:
        others = (x.sum(axis=0) - x) / (len(x) - 1)
        for bed, own, centre in zip(self.beds, x, others, strict=True):
            blend = (1.0 - self.share) * own + self.share * centre
            bed.feel(felt(blend, self.share, centre, z.mean(axis=0), at_ns), at_ns + 1)

    def energy(self, features: Array) -> Array:
        """|mean own z| / sqrt(D) at each hop."""
        templates = np.array([bed.template().template_db for bed in self.beds])
        scales = np.array([bed.template().scale_db for bed in self.beds])
        mean = ((features - templates) / scales).mean(axis=1)
        return np.asarray(np.linalg.norm(mean, axis=1) / np.sqrt(mean.shape[1]))
