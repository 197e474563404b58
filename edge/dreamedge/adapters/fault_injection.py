"""Injected faults outside the implant: in the frames sent, the device and the machine's clock.

The pod gets no notice of the fault; only its onset is known (`Onset`). A `bend` changes the frames that leave
a pod, one by one, and has no notion of time.
"""

import random
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from dreamedge.adapters.fault_onset import Onset
from dreamedge.adapters.message_verifier import MessageVerifier
from dreamedge.adapters.mqtt import MqttLink
from dreamedge.app.pod_runner import NowNs
from dreamedge.ports.renderer import Cue, Renderer
from dreamwire.broker_access import Access
from dreamwire.messages import Frame, Presence

Bend = Callable[[Frame], tuple[Frame, ...]]

CLOCK_JUMP: Final = "clock-jump"
STUCK: Final = "actuator-stuck"
LEAP_NS: Final = 2_500_000_000
STUCK_SHARE: Final = 0.4
STORED_FRAMES: Final = 8


def frozen() -> Bend:
    """The same features for ever, with new sequence numbers."""
    kept: list[Frame] = []

    def bend(frame: Frame) -> tuple[Frame, ...]:
        if not kept:
            kept.append(frame)
        return (replace(frame, features=kept[0].features),)

    return bend


def replayed() -> Bend:
    """Each frame again, two seconds later."""
    kept: list[Frame] = []

    def bend(frame: Frame) -> tuple[Frame, ...]:
        kept.append(frame)
        return (frame, kept.pop(0)) if len(kept) > STORED_FRAMES else (frame,)

    return bend


BENDS: Final[dict[str, Callable[[], Bend]]] = {"frozen": frozen, "replay": replayed}
"""Bends by the name of the malfunction."""
NAMES: Final = (*BENDS, CLOCK_JUMP, STUCK)


class FailingLink(MqttLink):
    """The link of a pod that sends bent frames from the onset on."""

    def __init__(
        self, access: Access, presence: Presence, door: MessageVerifier, now_ns: NowNs, rng: random.Random, *,
        bend: Bend, onset: Onset,
    ) -> None:  # fmt: skip
        super().__init__(access, presence, door, now_ns, rng)
        self._bend = bend
        self._onset = onset

    def frame(self, dreamscape: str, cohort: int, frame: Frame, *, own: bool = False) -> None:
        """Send the frames that the bend makes of this one."""
        for told in self._bend(frame) if self._onset.begun(self._now_ns()) else (frame,):
            super().frame(dreamscape, cohort, told, own=own)


class StuckRenderer:
    """A renderer that gives at least `STUCK_SHARE` from the onset on, unless the share is zero."""

    def __init__(self, inner: Renderer, onset: Onset) -> None:
        self._inner = inner
        self._onset = onset

    @property
    def failed(self) -> str:
        """Why the inner renderer gives nothing, or empty."""
        return self._inner.failed

    def render(self, cue: Cue, now_ns: int) -> None:
        """Pass the cue to the inner renderer."""
        self._inner.render(cue, now_ns)

    def share_at(self, now_ns: int) -> float:
        """The share that the sleeper is given."""
        share = self._inner.share_at(now_ns)
        return max(share, STUCK_SHARE) if share > 0.0 and self._onset.begun(now_ns) else share

    def close(self) -> None:
        """Close the inner renderer."""
        self._inner.close()


def leaping(now_ns: NowNs, onset: Onset) -> NowNs:
    """A machine's clock that leaps ahead at the onset, as after an unannounced suspend."""

    def now() -> int:
        at_ns = now_ns()
        return at_ns + LEAP_NS if onset.begun(at_ns) else at_ns

    return now
