"""Decides whether a recording is usable, and reports its quality from beginning to end.

The pod's own front end processes all of it, calibrated as a bed would be: from the first part of a replay,
else from its own clean signal while it plays. The rules are those of a night.

Rules
- It is usable if it measures every feature, its unit and its sampling rate are right, a calibration succeeds,
  and at least half of its hops are eligible at a quality of at least .5.
- The reason otherwise is the first of: the front end's refusal, `schema`, `unit`, `rate`, the cause that
  spoiled most hops (contact, mains, ...), `short`.
- A live device is read for less time than its calibration takes; a missing calibration does not count against
  it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from dreamedge.core.signal.blocks import Block, Montage
from dreamedge.core.signal.calibration import Baseline, EnrolRefusal, calibrator_for, enrol
from dreamedge.core.signal.features import CLEAN_HOPS, HOP_NS, FrontEnd, Hop
from dreamedge.core.signal.quality import GOOD, RATE, UNIT
from dreamedge.core.signal.recording_facts import Note
from dreamedge.core.signal.sampling.rate_judgement import RateJudgement
from dreamwire.messages import CalibrationSource
from dreamwire.schema import BANDS6X2, Schema

SEATED_SHARE: Final = 0.5


@dataclass(frozen=True, slots=True)
class Channel:
    """A signal as found: its kind, its electrode ('' if it is not used), its unit."""

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
    """The result. `cause` and `sentence` are '' if it is usable; alpha_hz: 0 if unknown.

    steps_uv: the digital step of each of `names`, 0 where unknown.
    """

    seated: bool
    cause: str
    sentence: str
    good_share: float = 0.0
    clean_s: float = 0.0
    effective_hz: float = 0.0
    calibrated: bool = False
    alpha_hz: float = 0.0
    names: tuple[str, ...] = ()
    steps_uv: tuple[float, ...] = ()
    moments: tuple[Moment, ...] = field(default=(), repr=False)

    @property
    def causes(self) -> dict[str, float]:
        """Share of all hops that each cause spoiled, the largest first."""
        counts = Counter(moment.cause for moment in self.moments if moment.cause)
        return {cause: count / len(self.moments) for cause, count in counts.most_common()}


def refused(cause: str, sentence: str) -> Inspection:
    """The result for a source that cannot be processed at all."""
    return Inspection(seated=False, cause=cause, sentence=sentence)


def inspect(
    schema: Schema,
    montage: Montage,
    earlier: Block | None,
    blocks: Iterable[tuple[int, tuple[Block, ...]]],
    source: CalibrationSource = CalibrationSource.REPLAY,
    held: Callable[[], float] = lambda: 0.0,
) -> Inspection:
    """Process all of it.

    earlier: signal to calibrate from before it plays, or None. blocks: at every hop's instant (monotonic ns,
    ascending) all blocks read at it. held: the share 0..1 of rows that a live device holds, asked at the end.
    """
    front = _front_end(schema, montage)
    if not isinstance(front, FrontEnd):
        return front
    own = enrol(schema, montage, earlier, source) if earlier is not None else None
    calibrated = own if isinstance(own, Baseline) else None
    front.use(calibrated)
    live = calibrator_for(source)
    moments: list[Moment] = []
    for hop, at_s in _hops(front, blocks):
        live.add_hop(hop)
        if calibrated is None and live.own is not None:
            calibrated = live.own
            front.use(calibrated)
        # Kernels and windows fill first; these hops are no evidence against the recording.
        if round(at_s * 1e9 / HOP_NS) > 2 * CLEAN_HOPS:
            channels = tuple((state.quality, state.cause) for state in hop.channels)
            moments.append(Moment(at_s, hop.quality, hop.cause, channels))
    wrong = isinstance(own, EnrolRefusal) and own.reason == "unit"
    why = ("", "")
    if calibrated is None and (wrong or live.unit_error):
        why = (UNIT, "Its samples are not in microvolts (SD outside 0.1 to 1000 uV).")
    elif not front.rate_ok:
        judged = RateJudgement(montage.rate_hz, front.rate_hz, held())
        why = (RATE, judged.live_refusal("It"))
    elif not _share(moments) >= SEATED_SHARE:
        worst = Counter(moment.cause for moment in moments if moment.cause).most_common(1)
        percent = f"{100 * _share(moments):.0f} %"
        why = (worst[0][0] if worst else "silence", f"Only {percent} of it is good enough.")
    elif calibrated is None and source is not CalibrationSource.LIVE:
        why = ("short", f"It gives no calibration: too little of it is clean ({live.clean_s:.0f} s).")
    return Inspection(
        *(not why[0], *why, _share(moments)),
        clean_s=calibrated.clean_s if calibrated else live.clean_s,
        effective_hz=front.rate_hz,
        calibrated=calibrated is not None,
        alpha_hz=calibrated.alpha_hz if calibrated else 0.0,
        names=tuple(electrode.name for electrode in front.electrodes),
        steps_uv=front.steps_uv,
        moments=tuple(moments),
    )


def _share(moments: Sequence[Moment]) -> float:
    """The share of good hops."""
    return sum(moment.quality >= GOOD for moment in moments) / len(moments) if moments else 0.0


def unfit(schema: Schema, montage: Montage) -> str:
    """Why no front end can be made for these channels, '' if one can."""
    front = _front_end(schema, montage)
    return "" if isinstance(front, FrontEnd) else front.sentence


def left_out(schema: Schema, rate_hz: float) -> tuple[Note, ...]:
    """The note on bands that a slow device leaves out of its features; none where it measures them all."""
    slow = [band for band in BANDS6X2.bands if band not in schema.bands and not rate_hz >= band.least_rate_hz]
    if not slow:
        return ()
    lost = ", ".join(f"{band.name} ({band.low_hz:g}-{band.high_hz:g} Hz)" for band in slow)
    least_hz = max(band.least_rate_hz for band in slow)
    return (
        Note(
            "schema",
            f"It measures {schema.name}, without {lost}, which needs at least {least_hz:g} Hz and not "
            f"{rate_hz:g}; every bed of its Dreamscape does the same.",
        ),
    )


def _front_end(schema: Schema, montage: Montage) -> FrontEnd | Inspection:
    try:
        front = FrontEnd(schema, montage)
    except ValueError as error:
        return refused("montage", f"{error}.")
    if front.unmeasured:
        sentence = front.unmeasured
        return refused("schema", f"{sentence[0].upper()}{sentence[1:]}.")
    return front


def _hops(front: FrontEnd, blocks: Iterable[tuple[int, tuple[Block, ...]]]) -> Iterator[tuple[Hop, float]]:
    began_ns: int | None = None
    for instant_ns, read in blocks:
        began_ns = instant_ns if began_ns is None else began_ns
        for block in read:
            front.push(block)
        hop = front.hop(instant_ns)
        if hop is not None:
            yield hop, (instant_ns - began_ns) / 1e9
