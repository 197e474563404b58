"""Replay: a recording plays as a live implant would, and its source says REPLAY.

A recording is a row of slots, one per sampling period. Unfilled slots are its gaps. It plays from its first
slot in the time that is passed in. A read ends at a gap, and the first block after it keeps its original
stamp, so that the front end sees the gap.

Slot 0 falls on the first read, or on the instant given by `play_from`. Sleepers that were recorded together
stay together: each stamp is instant + turn number * turn + slot * period, with the same instant and the same
turn for all. A bed that opens late or a different sampling rate therefore shifts none of them. The part of a
turn that a shorter recording does not fill is a gap. A replay may begin later than slot 0 (`begin_at`).

Calibration uses the first third (at least 20 s, at most ten minutes); a gap in it is NaN. Samples are loaded
a few seconds ahead, so a night on disk costs no more memory than a minute. A recording above 1,000 Hz is
decimated as it is loaded.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import replace
from itertools import zip_longest
from operator import itemgetter
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamedge.core.signal.blocks import Block, Montage
from dreamedge.core.signal.excerpts.digital_step import digital_steps
from dreamedge.core.signal.quality import RESOLUTION_TOLD_UV, RESOLUTION_UV
from dreamedge.core.signal.recording_facts import Mark, Note
from dreamedge.core.signal.sampling.decimated import DecimatedRecording, Recording
from dreamedge.core.signal.sampling.decimator import factor_for
from dreamedge.ports.implant import Felt, ImplantError
from dreamwire.messages import CalibrationSource, Device

Doubles = NDArray[np.float64]

UV_PER: Final = {
    "uv": 1.0, "µv": 1.0, "μv": 1.0, "microvolt": 1.0, "microvolts": 1.0,
    "mv": 1e3, "millivolt": 1e3, "millivolts": 1e3, "v": 1e6, "volt": 1e6, "volts": 1e6,
    "nv": 1e-3, "nanovolt": 1e-3, "nanovolts": 1e-3,
}  # fmt: skip
"""Microvolts per unit, by the unit's name in small letters."""
RATE_LIMITS_HZ: Final = (64.0, 20_000.0)
"""Rates above 1,000 Hz are decimated."""
SHORTEST_S: Final = 30.0
_ENROLMENT_SHARE: Final = 1.0 / 3.0
_ENROLMENT_LEAST_S: Final = 20.0
_ENROLMENT_LIMIT_S: Final = 600.0
_AHEAD_S: Final = 4.0
LEAST_AFTER_S: Final = 5.0
"""A replay that begins later than this before the end shows nothing."""
MARKS_SHOWN: Final = 12
"""Marks that a message lists."""
_STEP_EXCERPT_S: Final = 1.0
_STEP_EXCERPT_LEAST_S: Final = 0.5
_STEP_EXCERPTS: Final = 8
_STEP_ROWS: Final = 256
"""Excerpts in which the digital step is looked for, and the rows of one if it lasts long enough."""
_ORIGINAL_AHEAD_S: Final = 1.0
_BUFFER_S: Final = 10.0
"""Seconds of samples kept while reads are late; older samples are lost, as in a real device."""


def check_rate(rate_hz: float, what: str) -> None:
    """Refuse a sampling rate the front end cannot use.

    Raises:
        ImplantError: it is outside the limits.
    """
    low, high = RATE_LIMITS_HZ
    if low <= rate_hz <= high:
        return
    says = f"{what} is sampled at {rate_hz:g} Hz"
    if low <= 1000 * rate_hz <= high:
        raise ImplantError(
            f"{says}, a thousandth of a usual rate: its rate is in kHz or its stamps are in milliseconds; "
            "correct them."
        )
    if rate_hz > high:
        raise ImplantError(f"{says}; resample it to at most {high:g} Hz.")
    raise ImplantError(
        f"{says}, and to resample it would add nothing; record it again at {low:g} to {high:g} Hz."
    )


def check_length(samples: int, rate_hz: float, what: str) -> None:
    """Refuse a recording that is too short for a template and a replay.

    Raises:
        ImplantError: it is shorter than 30 s.
    """
    if not samples >= SHORTEST_S * rate_hz:
        raise ImplantError(
            f"{what} holds {samples / rate_hz:.0f} s of EEG; "
            f"a replay needs at least {SHORTEST_S:.0f} s, so choose a longer recording."
        )


def coarse(
    names: tuple[str, ...],
    resolution_uv: tuple[float, ...],
    remedy: str = "export it again with the amplifier's resolution",
) -> tuple[Note, ...]:
    """The note on channels with a digital step above 1 uV; none if every step is smaller or unknown."""
    steps = {
        name: step for name, step in zip(names, resolution_uv, strict=False) if step > RESOLUTION_TOLD_UV
    }
    if not steps:
        return ()
    worst = max(steps, key=lambda name: steps[name])
    lost = sum(step > RESOLUTION_UV for step in steps.values())
    then = (
        f"{lost} of them above {RESOLUTION_UV:g} uV, which is not usable"
        if lost
        else "small waves are rounded"
    )
    return (
        Note(
            "resolution",
            f"One digital step is above {RESOLUTION_TOLD_UV:g} uV on {len(steps)} of {len(names)} channels "
            f"({worst}: {steps[worst]:.3g} uV), {then}; {remedy}.",
        ),
    )


class Replay:
    """One recording behind the implant port; `loop` restarts it at its end."""

    def __init__(
        self,
        recording: Recording,
        device: Device,
        *,
        period_hz: float | None = None,
        turn_s: float | None = None,
        loop: bool = False,
        notes: tuple[Note, ...] = (),
        marks: tuple[Mark, ...] = (),
        resolution_uv: tuple[float, ...] = (),
    ) -> None:
        """Play `recording`.

        device: names the channels and the nominal rate. period_hz: the measured slots per second, where they
        differ from the nominal rate. turn_s: seconds from one start of a loop to the next, where they differ
        from the recording's length. notes, marks: what the recording states beside its samples; marks
        count from slot 0. resolution_uv: as in Montage; the samples' own step counts
        where it is larger or none is known. A coarse one adds a note.

        Raises:
            ImplantError: its gaps leave nothing to decimate.
        """
        factor = self._factor = factor_for(device.rate_hz)
        self._rate_hz = (period_hz or device.rate_hz) / factor
        self._original = recording
        self._recording = recording
        if factor > 1:
            device = replace(device, rate_hz=device.rate_hz / factor)
            self._recording = DecimatedRecording(recording, factor, lambda: self.montage.full_scale_uv)
            if not self._recording.runs:
                raise ImplantError(
                    f"{device.model} holds no {factor} samples in a row, which decimation from "
                    f"{factor * device.rate_hz:g} Hz needs; choose a recording with fewer gaps."
                )
        resolution_uv = self._steps_uv(resolution_uv)
        self.montage = Montage(device.channels, device.rate_hz, resolution_uv=resolution_uv)
        self.device = device
        self.source = CalibrationSource.REPLAY
        self.onset_ns = 0
        self.notes = notes + coarse(device.channels, resolution_uv)
        self.marks = marks
        self._loop = loop
        self._turn_ns = round((turn_s or self.seconds) * 1e9)
        in_turn = round(self._turn_ns * self._rate_hz / 1e9)
        self._slots = min(self._recording.slots, in_turn) if loop else self._recording.slots
        self._start_ns: int | None = None
        self._skip_ns = 0
        self._next: tuple[int, int] | None = None
        self._ahead = _Ahead(self._recording, int(_AHEAD_S * self._rate_hz))
        self._original_ahead: _Ahead | None = None

    def _steps_uv(self, stated_uv: tuple[float, ...]) -> tuple[float, ...]:
        """The larger of the stated step and that of the samples, for each channel."""
        length_s = max(_STEP_EXCERPT_LEAST_S, min(_STEP_EXCERPT_S, _STEP_ROWS / self.original_hz))
        heard = list(self.excerpts(length_s, _STEP_EXCERPTS))
        found = digital_steps(np.concatenate(heard), RESOLUTION_TOLD_UV) if heard else ()
        return tuple(max(pair) for pair in zip_longest(stated_uv, found, fillvalue=0.0))

    @property
    def gapless(self) -> bool:
        """Whether every slot is filled."""
        return self._recording.runs == ((0, self._recording.slots),)

    def begin_at(self, begin: str) -> None:
        """Begin the replay at a mark that has this text (any case), or at so many seconds, instead of slot 0.

        The calibration stays that of the recording's first third.

        Raises:
            ImplantError: no mark has the text, or nothing of the recording follows it.
        """
        at_s = self._mark_s(begin)
        ok = 0 <= at_s <= self.seconds - LEAST_AFTER_S
        if not ok:
            raise ImplantError(
                f"{self.device.model} lasts {self.seconds:.0f} s and --from {begin} is at {at_s:.0f} s; "
                f"name an instant at least {LEAST_AFTER_S:.0f} s before its end."
            )
        self._skip_ns = round(at_s * 1e9)

    def _mark_s(self, begin: str) -> float:
        wanted = begin.strip().casefold()
        found = next((mark.at_s for mark in self.marks if mark.text.strip().casefold() == wanted), None)
        if found is not None:
            return found
        try:
            return float(begin)
        except ValueError:
            texts = list(dict.fromkeys(mark.text for mark in self.marks))[:MARKS_SHOWN]
            there = ", ".join(map(repr, texts)) or "none"
            raise ImplantError(
                f"{self.device.model} has no mark {begin!r} (its marks: {there}); "
                "give --from one of them, or a number of seconds."
            ) from None

    def play_from(self, start_ns: int) -> None:
        """Play the first slot at `start_ns`; a first read after it begins at the slot of that moment."""
        self._start_ns = start_ns

    def enrolment(self) -> Block:
        """The recording's first third (20 s to ten minutes); stamps end at 0."""
        begin = self._recording.runs[0][0]
        third_s = self._recording.slots * _ENROLMENT_SHARE / self._rate_hz
        length = min(max(third_s, _ENROLMENT_LEAST_S), _ENROLMENT_LIMIT_S) * self._rate_hz
        end = min(begin + int(length), self._recording.slots)
        return Block(self._recording.load(begin, end), 0, self._recording.contact(begin, end))

    @property
    def original_hz(self) -> float:
        """Sampling periods a second before any decimation, as measured."""
        return self._rate_hz * self._factor

    def excerpts(self, seconds: float, most: int) -> Iterator[Doubles]:
        """At most `most` stretches of so many seconds, evenly spread, at `original_hz`; NaN in a gap."""
        length = round(seconds * self.original_hz)
        last = self._original.slots - length
        if last < 0:
            return
        count = min(most, self._original.slots // length)
        for at in range(count):
            begin = round(last * at / max(count - 1, 1))
            yield self._original.load(begin, begin + length)

    def read(self, now_ns: int) -> Block | None:
        """The samples since the last read, up to the next gap or the end of a turn."""
        if self._start_ns is None:
            self._start_ns = now_ns
        if now_ns < self._start_ns:
            return None
        slot_0_ns = self._start_ns - self._skip_ns
        elapsed_ns = now_ns - slot_0_ns
        due = self._place(elapsed_ns)
        oldest = self._place(max(0, elapsed_ns - int(_BUFFER_S * 1e9)))
        turn, begin, end = self._following(due if self._next is None else max(self._next, oldest), due)
        if end <= begin:
            return None
        last_ns = slot_0_ns + turn * self._turn_ns + int(end * 1e9 / self._rate_hz)
        contact, original = self._recording.contact(begin, end), None
        if self._original_ahead is not None:
            uv = self._original_ahead.load(begin * self._factor, end * self._factor)
            original = Block(uv, last_ns, contact)
        return Block(self._ahead.load(begin, end), last_ns, contact, original)

    def keep_original(self) -> Montage:
        """Let each later block carry the recording's own samples; their montage."""
        rate_hz = self.montage.rate_hz * self._factor
        if self._factor > 1:
            self._original_ahead = _Ahead(self._original, int(_ORIGINAL_AHEAD_S * rate_hz))
        return replace(self.montage, rate_hz=rate_hz)

    def _place(self, elapsed_ns: int) -> tuple[int, int]:
        """The turn, and the slots of it that are captured, `elapsed_ns` after the first slot 0."""
        turn = elapsed_ns // self._turn_ns if self._loop else 0
        return turn, min(int((elapsed_ns - turn * self._turn_ns) * self._rate_hz / 1e9), self._slots)

    def _following(self, place: tuple[int, int], due: tuple[int, int]) -> tuple[int, int, int]:
        """The turn and the next filled and due slots [begin, end) from `place` on."""
        turn, slot = place
        while True:
            captured = due[1] if turn == due[0] else self._slots
            runs = self._recording.runs
            # A night with many short losses has too many runs to look at each.
            at = bisect_right(runs, slot, key=itemgetter(1))
            begin, end = (
                (max(slot, runs[at][0]), min(runs[at][1], captured)) if at < len(runs) else (slot, slot)
            )
            if begin < end or turn == due[0]:
                self._next = turn, max(end, min(begin, captured))
                return turn, begin, end
            turn, slot = turn + 1, 0

    @property
    def seconds(self) -> float:
        """How long the recording lasts, gaps included."""
        return self._recording.slots / self._rate_hz

    @property
    def ended(self) -> bool:
        """Whether the last sample has been delivered."""
        return not self._loop and self._next is not None and self._next[1] >= self._slots

    def feel(self, felt: Felt, now_ns: int) -> None:
        """Do nothing: a recording does not react to feedback."""

    def close(self) -> None:
        """Release the samples."""
        self._ahead.close()
        if self._original_ahead is not None:
            self._original_ahead.close()


class _Ahead:
    """Loads a recording's samples some slots ahead: a read of 50 ms costs no access to the disk."""

    def __init__(self, recording: Recording, slots: int) -> None:
        self._recording = recording
        self._slots = slots
        self._uv: Doubles | None = None
        self._at = 0

    def load(self, begin: int, end: int) -> Doubles:
        """Slots [begin, end), float64[end - begin, channels], uV; begin < end."""
        return np.concatenate(list(self._pieces(begin, end)))

    def close(self) -> None:
        """Release the samples."""
        self._uv = None

    def _pieces(self, begin: int, end: int) -> Iterator[Doubles]:
        """The samples of [begin, end), in pieces that end where a loaded chunk ends."""
        while begin < end:
            uv = self._uv
            if uv is None or not self._at <= begin < self._at + len(uv):
                self._at = begin
                uv = self._uv = self._recording.load(begin, min(begin + self._slots, self._recording.slots))
            at = begin - self._at
            piece = uv[at : at + end - begin]
            begin += len(piece)
            yield piece
