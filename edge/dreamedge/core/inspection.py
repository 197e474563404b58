"""Whether a recording could be seated, and what its quality was from beginning to end.

The very front end of a pod listens to the whole of it, calibrated as a bed would be: from the first
part of a replay, else from its own clean signal while it plays. Nothing here is judged by other rules
than at night.

Rules
- It could be seated if it measures every feature, its unit is right, a calibration comes about, and at
  least half of its hops are eligible at a quality of at least .5.
- Why not is the first of: what the front end refuses, `schema`, `unit`, the cause that spoiled most
  hops (contact, mains, ...), `short`.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from dreamedge.core.calibration import Calibrator, EnrolRefusal, Own, enrol
from dreamedge.core.features import CLEAN_HOPS, HOP_NS, FrontEnd, Hop
from dreamedge.core.quality import GOOD
from dreamedge.core.signal import Block, Montage
from dreamwire.messages import CalibrationSource
from dreamwire.schema import Schema

SEATED_SHARE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Channel:
    """A signal as it was found: what it is taken for, its electrode ('' where it is dropped), its unit."""

    label: str
    kind: str
    electrode: str
    rate_hz: float
    unit: str


@dataclass(frozen=True, slots=True)
class Moment:
    """One hop: seconds from the beginning; the pod's quality and cause; each channel's, as (0..1, cause)."""

    at_s: float
    quality: float
    cause: str
    channels: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class Inspection:
    """What came of it. `cause` and `sentence` are '' where it could be seated."""

    seated: bool
    cause: str
    sentence: str
    good_share: float = 0.0
    clean_s: float = 0.0
    effective_hz: float = 0.0
    names: tuple[str, ...] = ()
    moments: tuple[Moment, ...] = field(default=(), repr=False)

    @property
    def causes(self) -> dict[str, float]:
        """Share of all hops that each cause spoiled, the largest first."""
        counts = Counter(moment.cause for moment in self.moments if moment.cause)
        return {cause: count / len(self.moments) for cause, count in counts.most_common()}


def refused(cause: str, sentence: str) -> Inspection:
    """What could not even be listened to."""
    return Inspection(seated=False, cause=cause, sentence=sentence)


def inspect(
    schema: Schema,
    montage: Montage,
    earlier: Block | None,
    blocks: Iterable[tuple[int, tuple[Block, ...]]],
    source: CalibrationSource = CalibrationSource.REPLAY,
) -> Inspection:
    """Listen to all of it.

    earlier: what to calibrate from before it plays, or None. blocks: at every hop's instant (monotonic
    ns, ascending) all that was read at it.
    """
    try:
        front = FrontEnd(schema, montage)
    except ValueError as error:
        return refused("montage", f"{error}.")
    if front.missing_features:
        return refused("schema", f"It cannot measure {', '.join(front.missing_features)} of {schema.name}.")
    own = enrol(schema, montage, earlier, source) if earlier is not None else None
    calibrated = own if isinstance(own, Own) else None
    front.use(calibrated)
    live = Calibrator(source)
    moments: list[Moment] = []
    for hop, at_s in _hops(front, blocks):
        live.add(hop)
        if calibrated is None and live.own is not None:
            calibrated = live.own
            front.use(calibrated)
        # Kernels and windows fill first: nobody's fault, and no verdict.
        if round(at_s * 1e9 / HOP_NS) > 2 * CLEAN_HOPS:
            channels = tuple((state.quality, state.cause) for state in hop.channels)
            moments.append(Moment(at_s, hop.quality, hop.cause, channels))
    wrong = isinstance(own, EnrolRefusal) and own.reason == "unit"
    unit = calibrated is None and (wrong or live.unit_error)
    names = tuple(electrode.name for electrode in front.electrodes)
    return _verdict(tuple(moments), calibrated, front.rate_hz, names, unit=unit, clean_s=live.clean_s)


def _hops(front: FrontEnd, blocks: Iterable[tuple[int, tuple[Block, ...]]]) -> Iterator[tuple[Hop, float]]:
    began_ns: int | None = None
    for instant_ns, read in blocks:
        began_ns = instant_ns if began_ns is None else began_ns
        for block in read:
            front.push(block)
        hop = front.hop(instant_ns)
        if hop is not None:
            yield hop, (instant_ns - began_ns) / 1e9


def _verdict(
    moments: tuple[Moment, ...],
    own: Own | None,
    rate_hz: float,
    names: tuple[str, ...],
    *,
    unit: bool,
    clean_s: float,
) -> Inspection:
    good = sum(moment.quality >= GOOD for moment in moments)
    share = good / len(moments) if moments else 0.0
    worst = Counter(moment.cause for moment in moments if moment.cause).most_common(1)
    cause, sentence = "", ""
    if unit:
        cause, sentence = "unit", "Its samples are not in microvolts (SD outside 0.1 to 1000 uV)."
    elif not share >= SEATED_SHARE:
        cause = worst[0][0] if worst else "silence"
        sentence = f"Only {100 * share:.0f} % of it is good enough."
    elif own is None:
        cause = "short"
        sentence = f"It gives no calibration: too little of it is clean ({clean_s:.0f} s)."
    kept_s = own.clean_s if own is not None else clean_s
    return Inspection(not cause, cause, sentence, share, kept_s, rate_hz, names, moments)
