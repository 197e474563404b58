"""The history of a night for its picture: one track of samples a pod, and the marks on it.

Bounded: a track holds at most 1,200 samples. When it is full every second one goes and from then on half as
many come in, so a short night is kept to the hop and a long one to the resolution of a picture.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from dreamd.up.processes.pod_journal import Entry

TRACK_MAX: Final = 1_200
MARKS_MAX: Final = 200
HOP_S: Final = 0.25


@dataclass(frozen=True, slots=True)
class Sample:
    """A pod at one moment: share 0 (alone) to 1 (at the ceiling), distance in the shared scale."""

    t_s: float
    share: float
    distance: float


@dataclass(frozen=True, slots=True)
class Mark:
    """A mark: on a pod, or on all of them (pod empty)."""

    t_s: float
    kind: str  # severed, alone, gone, woken, outage, back
    pod: str
    words: str


@dataclass
class Track:
    """One pod's samples in order of time."""

    pod: str
    pseudonym: str
    samples: list[Sample] = field(default_factory=list)
    spacing_s: float = 0.0

    def add(self, sample: Sample) -> None:
        """Keep the sample if it is far enough from the last one, or if the pod has just become alone."""
        last = self.samples[-1] if self.samples else None
        if (
            last is not None
            and sample.t_s - last.t_s < self.spacing_s
            and (sample.share > 0) == (last.share > 0)
        ):
            return
        self.samples.append(sample)
        if len(self.samples) >= TRACK_MAX:
            self.samples = self.samples[::2]
            self.spacing_s = max(2 * self.spacing_s, 2 * HOP_S)


@dataclass
class Record:
    """Everything the picture is drawn from; times are seconds of the run."""

    t0_ns: int
    ceiling: float
    tracks: dict[str, Track]
    marks: list[Mark] = field(default_factory=list)
    ends_s: float = 0.0
    closed_s: float | None = None

    @classmethod
    def of(cls, t0_ns: int, ceiling: float, sleepers: Iterable[tuple[str, str]]) -> "Record":
        """An empty record for (pod, pseudonym) pairs."""
        return cls(t0_ns, ceiling, {pod: Track(pod, name) for pod, name in sleepers})

    def seconds(self, t_ns: int) -> float:
        """A stamp as seconds of the run."""
        return (t_ns - self.t0_ns) / 1e9

    def on_journal_line(self, entry: Entry) -> None:
        """Take one line of a pod's journal."""
        track = self.tracks.get(entry.pod)
        if track is None:
            return
        t_s = self.seconds(entry.t_ns)
        self.ends_s = max(self.ends_s, t_s)
        if entry.kind == "hop":
            share = entry.number("applied") / self.ceiling
            share = min(max(share, 0.0), 1.0) if math.isfinite(share) else 0.0
            distance = entry.number("distance")
            track.add(Sample(t_s, share, distance if distance >= 0.0 else math.nan))
        elif entry.kind == "alone":
            at_ns = entry.stamp_ns("alone_ns") or entry.t_ns
            track.add(Sample(max(self.seconds(at_ns), self._last_s(track)), 0.0, math.nan))

    def _last_s(self, track: Track) -> float:
        return track.samples[-1].t_s if track.samples else 0.0

    def close(self, at_ns: int) -> None:
        """The night is over: everything after it is the way home."""
        self.closed_s = self.seconds(at_ns) if self.closed_s is None else self.closed_s

    def mark(self, mark: Mark) -> None:
        """Keep a mark; the first 200 are."""
        self.ends_s = max(self.ends_s, mark.t_s)
        if len(self.marks) < MARKS_MAX:
            self.marks.append(mark)

    def gone(self, pod: str, at_ns: int, words: str) -> None:
        """The pod's process has ended; its renderer falls silent by itself half a second later."""
        t_s = self.seconds(at_ns)
        track = self.tracks[pod]
        track.add(Sample(max(t_s + 0.5, self._last_s(track)), 0.0, math.nan))
        self.mark(Mark(t_s, "gone", pod, words))
