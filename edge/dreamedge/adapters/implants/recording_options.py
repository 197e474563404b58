"""The values that a source lacks or that a person chooses for it, in one place for every reader."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

CLOCK: Final = "clock"
START: Final = "start"
ALIGNMENTS: Final = (CLOCK, START)
"""How sleepers recorded together are placed: by their common clock, or each from its own beginning."""
UNITS: Final = ("uV", "mV", "V", "nV")
"""The units that `unit` may name."""


@dataclass(frozen=True, slots=True)
class RecordingOptions:
    """Options of a recording or a device.

    montage: electrodes in order, for a source that names none; one word that is no electrode names a cap.
    rate_hz: of a recording that names no rate, 0 unknown. unit: of channels with a blank or unknown unit, ''
    unknown. full_scale_uv: the amplifier's limit, 0 unknown. align: one of ALIGNMENTS. begin: the text of a
    mark of the recording at which the replay begins, or seconds from its beginning; '' at its beginning.
    loop: restart at the end. units: by label, of channels to which the file gives none and a description
    beside it does; they are judged as the file's own. left_out: labels of channels that do not play.
    """

    montage: tuple[str, ...] = ()
    rate_hz: float = 0.0
    unit: str = ""
    full_scale_uv: float = 0.0
    align: str = CLOCK
    begin: str = ""
    loop: bool = False
    units: Mapping[str, str] = field(default_factory=dict, hash=False)
    left_out: frozenset[str] = frozenset()


PLAIN: Final = RecordingOptions()
"""The options of a recording that lacks nothing."""
