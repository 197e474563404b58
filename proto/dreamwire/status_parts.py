"""A status in two parts: the vital part each second, the rest as it changes and every half minute.

Vital is what severing, confirmations and admission read each second: assignment, applied, latch, quality,
clock, stored zero, outcomes. Channels, calibration, load and renderers are most of the bytes, and mostly the
same.

Rules. A whole status goes thrice after a connection and after a change, and once each EVERY_S after that: a
status is sent at QoS 0, so one may be lost. A daemon before revision 3 gets whole ones alone. A vital part
without a whole status of the same process counts for nothing: an unknown state admits no sleeper.
"""

from dataclasses import replace
from typing import Final

from dreamwire.messages import NOT_CALIBRATED, Status

THRICE: Final = 3
EVERY_S: Final = 30.0
_STEPS: Final = 4
"""Steps of a channel's quality, 0..1, that count as a change."""


def vital_part(status: Status) -> Status:
    """Return the status without what changes seldom."""
    return replace(
        status,
        channels=(),
        calibration=NOT_CALIBRATED,
        load_cpu=0.0,
        load_rss_kib=0,
        renderer="",
        renderer_fault="",
        log_contradiction="",
        unheard_gateway="",
        vital=True,
    )


def completed(vital: Status, whole: Status) -> Status:
    """Return a vital part with the rest of the last whole status of the same process."""
    return replace(
        vital,
        channels=whole.channels,
        calibration=whole.calibration,
        load_cpu=whole.load_cpu,
        load_rss_kib=whole.load_rss_kib,
        renderer=whole.renderer,
        renderer_fault=whole.renderer_fault,
        log_contradiction=whole.log_contradiction,
        unheard_gateway=whole.unheard_gateway,
        vital=False,
    )


class StatusParts:
    """Chooses which part of each status of one pod is sent."""

    def __init__(self) -> None:
        """Begin with whole ones."""
        self._rest: object = None
        self._wholes, self._sent_s = THRICE, 0.0

    def begin_whole(self) -> None:
        """The receiver may be another: it has no whole status."""
        self._wholes = THRICE

    def next_part(self, status: Status, now_s: float) -> Status:
        """Return what is sent of this status at this time, seconds of any steady clock."""
        calibration = status.calibration
        rest = (
            tuple([(one.name, one.cause, round(one.quality * _STEPS)) for one in status.channels]),
            (calibration.done, calibration.source, calibration.clean_s, calibration.template_db.tobytes()),
            (status.renderer, status.renderer_fault, status.log_contradiction, status.unheard_gateway),
        )
        if rest != self._rest:
            self._rest, self._wholes = rest, THRICE
        if self._wholes or not now_s - self._sent_s < EVERY_S:
            self._wholes, self._sent_s = max(self._wholes - 1, 0), now_s
            return status
        return vital_part(status)
