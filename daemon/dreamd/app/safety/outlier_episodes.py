"""Outlier episodes: one event when a sleeper begins to be left out as an outlier, and one when it is over.

The fusion leaves an outlier out in that very tick, with weight and coupling zero, and takes them back with
one frame that is near again (`fusion.collective`). No breaker trips, but no sleeper is to be alone without a
word. So each episode has two events: the evidence when it begins, its length when it is over. It is over when
the sleeper has counted for ten seconds: one who flutters at the limit is one episode, and the journal's
events stay few. While a sleeper is left out their seat shows it.

A tick without an outlier costs one look at a mask; only seats whose mask has changed, or that are in an
episode, are looked at by name.
"""

from dataclasses import dataclass
from typing import Final

from dreamd.app.collective.cohorts import Cohorts, SlotAt
from dreamd.app.events.dreamscape_log import DreamscapeLog
from dreamd.core.dreamscapes.seats import Seat, Seats
from dreamd.core.limits import HOP_S
from dreamd.core.safety.causes import Cause
from dreamd.fusion.collective import OUTLIER_FRAMES, OUTLIER_MEDIANS

OVER_AFTER_HOPS: Final = round(10.0 / HOP_S)


@dataclass(slots=True)
class Episode:
    """One sleeper is an outlier. assignment: under which; hops: left out so far; near_hops: in a row."""

    seat: Seat
    assignment: int
    hops: int = 0
    near_hops: int = 0


class OutlierEpisodes:
    """The episodes of one Dreamscape."""

    def __init__(self, seats: Seats, cohorts: Cohorts, log: DreamscapeLog) -> None:
        self._seats = seats
        self._cohorts = cohorts
        self._log = log
        self._episodes: dict[SlotAt, Episode] = {}

    def look(self) -> None:
        """After a tick was fused: begin, go on with and end episodes."""
        fused = self._cohorts.fused
        if fused is None or not (self._episodes or any(mask.any() for mask in fused.outliers)):
            return
        far = set(self._cohorts.where(fused.outliers))
        for at in far - self._episodes.keys():
            seat = self._seats.at(at.cohort, at.slot)
            if seat is not None and seat.slot is not None:
                self._episodes[at] = Episode(seat, seat.slot.assignment_id)
                self._begin(seat, self._cohorts.reading(seat.slot).distance, fused.median)
        for at, episode in tuple(self._episodes.items()):
            self._go_on(at, episode, is_far=at in far)

    def _begin(self, seat: Seat, residual: float, median: float) -> None:
        self._log.write_seat(
            "outlier-excluded",
            seat,
            f"{seat.pod} is left out, far from everybody: {residual:.1f} where {median:.1f} is usual "
            f"(more than {OUTLIER_MEDIANS:.0f} times, {OUTLIER_FRAMES} frames running)",
            Cause.OUTLIER.value,
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
            self._log.write_seat(
                "outlier-included", seat, sentence, Cause.OUTLIER.value, {"left_out_s": left_out_s}
            )
