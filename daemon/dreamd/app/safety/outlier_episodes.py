"""Who is left out of the collective for being far from everybody: told when it begins and when it is over.

The fusion leaves an outlier out in the very tick, with weight and coupling zero, and takes them back with one
frame that is near again (`fusion.collective`). Nothing has tripped, but nobody is to be alone without a word.
So each episode is told once: what was seen when it begins, how long it was when it is over. It is over when
they have counted for ten seconds: whoever flutters at the limit is one episode, and the journal stays few.
While they are left out their seat says so.

A tick in which nobody is far costs one look at a mask; only whose mask has changed, or is in an episode, is
looked at by name.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from dreamd.app.collective.cohorts import Cohorts, SlotAt
from dreamd.core.dreamscapes.seats import Seat
from dreamd.core.limits import HOP_S
from dreamd.core.safety.causes import Cause
from dreamd.fusion.collective import OUTLIER_FRAMES, OUTLIER_MEDIANS

OVER_AFTER_HOPS: Final = round(10.0 / HOP_S)

SeatAt = Callable[[SlotAt], Seat | None]
Tell = Callable[[str, Seat, str, dict[str, float]], None]
"""Kind, seat, sentence, figures."""


@dataclass(slots=True)
class Episode:
    """Somebody is far from everybody. assignment: under which; hops: left out so far; near_hops: in a row."""

    seat: Seat
    assignment: int
    hops: int = 0
    near_hops: int = 0


class OutlierEpisodes:
    """The episodes of one Dreamscape."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._episodes: dict[SlotAt, Episode] = {}

    def look(self, cohorts: Cohorts, seat_at: SeatAt) -> None:
        """After a tick was fused: who is far now, and who counts again?"""
        fused = cohorts.fused
        if fused is None or not (self._episodes or any(mask.any() for mask in fused.outliers)):
            return
        far = set(cohorts.where(fused.outliers))
        for at in far - self._episodes.keys():
            seat = seat_at(at)
            if seat is not None and seat.slot is not None:
                self._episodes[at] = Episode(seat, seat.slot.assignment_id)
                self._begin(seat, cohorts.reading(seat.slot).distance, fused.median)
        for at, episode in tuple(self._episodes.items()):
            self._go_on(at, episode, is_far=at in far)

    def _begin(self, seat: Seat, residual: float, median: float) -> None:
        self._tell(
            "outlier-excluded",
            seat,
            f"{seat.pod} is left out, far from everybody: {residual:.1f} where {median:.1f} is usual "
            f"(more than {OUTLIER_MEDIANS:.0f} times, {OUTLIER_FRAMES} frames running)",
            {"residual": residual, "median": median, "frames": float(OUTLIER_FRAMES)},
        )

    def _go_on(self, at: SlotAt, episode: Episode, *, is_far: bool) -> None:
        seat = episode.seat
        held = seat.slot is not None and seat.slot.assignment_id == episode.assignment
        if held and is_far:
            episode.hops, episode.near_hops = episode.hops + 1, 0
            seat.cause = seat.cause or Cause.OUTLIER.value
            return
        episode.near_hops += 1
        seat.cause = "" if seat.cause == Cause.OUTLIER.value else seat.cause
        if held and episode.near_hops < OVER_AFTER_HOPS:
            return
        del self._episodes[at]
        if held:
            left_out_s = episode.hops * HOP_S
            sentence = f"{seat.pod} counts again, left out for {left_out_s:.2f} s"
            self._tell("outlier-included", seat, sentence, {"left_out_s": left_out_s})
