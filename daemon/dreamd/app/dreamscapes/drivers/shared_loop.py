"""The ticks of a Dreamscape that other houses have sleepers in: sums out, their answer in, then the message.

A tick opens as any other: exposure, breakers, quorum. Then its sums go to the engine, and it closes with the
answer, or without one after HOUSES_ANSWER_S. The daemon's thread is free meanwhile.

Rules
- A house that has no answer, or is not named in it, repeats its last message for HELD_TICKS ticks. So a late
  answer costs no sleeper their ramp. That message answers the same frames and lengthens no permission, and a
  slot that has been excluded since is at zero in it. Then the house grants nothing.
- A late answer moves the centre, so that the house's next part meets the others'.
- An answer that is not finite is none.
- A part of a Dreamscape that does not dream has no sums. It hears the others, so that it can dream with them.
- A sever in one house is one in all: its cause travels with the part for as long as it lasts. A house that
  was severed for another one does not hand that on, so people can resume house by house.
- Phase sums go once a second, beside the sums. The group's synchrony is unknown when they stay away.
"""

from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

import numpy as np

from dreamd.app.dependencies import Dependencies
from dreamd.app.dreamscapes.dreamscape import Dreamscape
from dreamd.app.dreamscapes.drivers.control_loop import ControlLoop, OpenTick
from dreamd.core.dreamscapes.views import DreamscapeState
from dreamd.core.limits import HOUSES_ANSWER_S
from dreamd.core.safety.causes import Cause
from dreamd.fusion.collective import Fused, TickPart
from dreamd.fusion.reduction import Counts, Part
from dreamd.fusion.summary import Summary, empty
from dreamd.fusion.synchrony import PhaseSums
from dreamwire.messages import Floats

HELD_TICKS: Final = 2
"""With the deadline, .7 s after the answered frame's instant: within its second."""
PARTED_TICKS: Final = 4
"""Ticks without an answer, after which an event is written."""
PHASES_EVERY: Final = 4
PHASES_KNOWN_HOPS: Final = 12
"""The group's synchrony counts for three seconds."""
_MARK: Final = 8


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An open tick whose sums are away. dreams: the sums are those of its sleepers, not empty."""

    opened: OpenTick
    part: TickPart
    sent: Part
    dreams: bool


class SharedLoop:
    """Drives the ticks of one shared Dreamscape, by the control loop that drives any."""

    def __init__(self, dreamscape: Dreamscape, dependencies: Dependencies, loop: ControlLoop) -> None:
        self._dreamscape, self._deps, self._loop = dreamscape, dependencies, loop
        self._waiting: _Waiting | None = None
        self._alone = 0
        self._synchronous = 0
        self._why = ""

    # -- out --------------------------------------------------------------------------------------

    def open_shared(self, instant: int, missed: int, now_s: float) -> None:
        """Open this grid instant and send its sums."""
        self.give_up()
        opened = self._loop.open_tick(instant, missed, now_s)
        if opened is None:
            return
        if not opened.fuses:
            self._loop.close_tick(opened, None)
            return
        name = self._dreamscape.plan.dreamscape
        self._deps.shared.drive(name, self)
        part = self._dreamscape.cohorts.sum_up(instant)
        dreams = self._dreamscape.live
        sent = self._sent(instant, part, dreams=dreams)
        self._waiting = _Waiting(opened, part, sent, dreams)
        self._deps.shared.engine.submit(name, sent)
        self._send_phases(instant, dreams=dreams)

    def _sent(self, instant: int, part: TickPart, *, dreams: bool) -> Part:
        cohorts, house = self._dreamscape.cohorts, self._deps.shared.house
        nothing = empty(cohorts.schema.size, len(cohorts.bands))
        return Part(
            sender=house,
            instant=instant,
            centre=self._mark() + part.r.tobytes(),
            sums=part.total if dreams else nothing,
            houses=frozenset([house]),
            counts=cohorts.brokers.within_reach(cohorts.counts()) if dreams else (0, 0, 0),
            halted=self._halted(),
        )

    def _halted(self) -> str:
        """The cause of a sever that people or signs of this house have given the whole Dreamscape."""
        severed = self._dreamscape.state is DreamscapeState.SEVERED
        cause = self._dreamscape.sever_cause if severed else ""
        return "" if cause == Cause.ELSEWHERE.value else cause

    def _mark(self) -> bytes:
        """Identify schema and scale: sums on another are never added up."""
        cohorts, digest = self._dreamscape.cohorts, blake2b(digest_size=_MARK)
        digest.update(self._dreamscape.plan.schema.encode())
        for half in cohorts.scale:
            digest.update(half.tobytes())
        return digest.digest()

    def _send_phases(self, instant: int, *, dreams: bool) -> None:
        chorus, house = self._dreamscape.cohorts.fusion.chorus, self._deps.shared.house
        if instant % PHASES_EVERY or not dreams or not chorus.banks:
            return
        sums = chorus.sums()
        small = PhaseSums(sums.g.astype(np.complex64), sums.k.astype(np.float32))
        part = Part(house, instant, self._mark(), small, frozenset([house]))
        self._deps.shared.engine.submit(self._dreamscape.plan.dreamscape, part)

    # -- in ---------------------------------------------------------------------------------------

    @property
    def due_s(self) -> float:
        """When the open tick gives up waiting; infinity: none is open."""
        return self._waiting.opened.now_s + HOUSES_ANSWER_S if self._waiting is not None else float("inf")

    def join_answer(self, answer: Part) -> None:
        """Close the open tick by its answer; take the centre of a late one."""
        if answer.centre[:_MARK] != self._mark():
            self._why = "the other houses have another schema or scale"
            return  # the others are on another scale: nothing of theirs is ours
        if not answer.sound:
            self._why = "an answer was not finite"
            return
        if isinstance(answer.sums, PhaseSums):
            self._hear_phases(answer, answer.sums)
        elif self._waiting is not None and answer.instant == self._waiting.opened.instant:
            waiting, self._waiting = self._waiting, None
            self._close(waiting, answer, answer.sums)
        elif self._waiting is None and answer.instant >= self._dreamscape.instant - 1:
            self._adopt(answer, answer.sums)

    def give_up(self) -> None:
        """Close the open tick, where there is one, without an answer."""
        if self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            self._count(joined=False)
            self._hold(waiting)
            self._loop.close_tick(waiting.opened, None)

    def _hold(self, waiting: _Waiting) -> None:
        """Repeat the last message, or grant nothing."""
        holds = (
            waiting.dreams
            and self._alone <= HELD_TICKS
            and self._dreamscape.cohorts.repeat_newest(waiting.part)
        )
        if not holds:
            self._dreamscape.cohorts.drop_fused()

    def _close(self, waiting: _Waiting, answer: Part, total: Summary) -> None:
        dreamscape, shared = self._dreamscape, self._deps.shared
        joined = shared.house in answer.houses and answer.centre == waiting.sent.centre
        self._count(joined=joined)
        shared.note_others(
            dreamscape.plan.dreamscape,
            self._deps.clock.now_s(),
            _less(answer.counts, waiting.sent.counts if joined else (0, 0, 0)),
            answer.houses - {shared.house},
        )
        fused: Fused | None = None
        if joined:
            fused = dreamscape.cohorts.fuse_whole(waiting.part, total)
        else:
            self._adopt(answer, total)
            self._hold(waiting)
        if answer.halted and not waiting.sent.halted and dreamscape.live:
            reason = f"severed in another house: {answer.halted}"
            dreamscape.sever(Cause.ELSEWHERE, reason)
        if not waiting.dreams:
            dreamscape.cohorts.drop_fused()
        self._loop.close_tick(waiting.opened, fused)

    def _adopt(self, answer: Part, total: Summary) -> None:
        centre: Floats = np.frombuffer(answer.centre[_MARK:], dtype=np.float32)
        m = (total.s / total.w).astype(np.float32) if total.w > 0.0 else centre
        self._dreamscape.cohorts.fusion.adopt(m, total.histogram)

    def _hear_phases(self, answer: Part, sums: PhaseSums) -> None:
        if self._deps.shared.house in answer.houses and answer.instant > self._synchronous:
            self._synchronous = answer.instant
            self._dreamscape.cohorts.fusion.chorus.told(sums, answer.instant)

    def _count(self, *, joined: bool) -> None:
        """Write an event when answers stay away, and when they come back; forget an old synchrony."""
        dreamscape = self._dreamscape
        if dreamscape.instant - self._synchronous > PHASES_KNOWN_HOPS:
            dreamscape.cohorts.fusion.chorus.told(None, dreamscape.instant)
        if not joined:
            self._deps.meters.house_tick_alone()
        was, self._alone = self._alone, 0 if joined else self._alone + 1
        why = self._deps.shared.engine.trouble or self._why or "they come too late, or a clock is off"
        name = dreamscape.plan.dreamscape
        self._why = ""
        if self._alone == PARTED_TICKS:
            sentence = f"{name}: no sums of the other houses for a second: {why}"
            dreamscape.log.append_event("houses-parted", sentence, Cause.UNJOINED.value)
        elif joined and was >= PARTED_TICKS:
            sentence = f"{name}: this house is in the sums of all houses again"
            dreamscape.log.append_event("houses-joined", sentence, Cause.UNJOINED.value)

    @property
    def parted(self) -> bool:
        """Whether the newest tick had no sums of the others."""
        return self._alone > 0


def _less(all_of: Counts, own: Counts) -> Counts:
    return all_of[0] - own[0], all_of[1] - own[1], all_of[2] - own[2]
