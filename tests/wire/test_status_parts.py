"""A status in two parts: what is sent each second, and what a vital part becomes at the daemon."""

from dataclasses import replace

import numpy as np
import pytest

from dreamwire import codec
from dreamwire.messages import Calibration, CalibrationSource, ChannelState, Status
from dreamwire.status_parts import EVERY_S, THRICE, StatusParts, completed, vital_part
from fakes import words

OWN = Calibration(True, CalibrationSource.LIVE, 130.0, np.ones(12, np.float32), np.ones(12, np.float32), 10.0)
CHANNELS = (ChannelState("Fz", 0.9, ""), ChannelState("Oz", 0.4, "railed"))
WHOLE = replace(
    words.status(), channels=CHANNELS, calibration=OWN, renderer="sound", load_cpu=0.2, load_rss_kib=9
)


def parts_of(statuses: list[Status]) -> list[bool]:
    """Whether each of these, sent once a second, goes as its vital part."""
    parts = StatusParts()
    return [parts.next_part(status, float(second)).vital for second, status in enumerate(statuses)]


def test_whole_ones_go_thrice_and_every_half_minute() -> None:
    """After a connection three whole ones go, then vital parts, and each 30 s a whole one."""
    sent = parts_of([WHOLE] * 100)
    whole = [second for second, vital in enumerate(sent) if not vital]
    assert whole == [0, 1, 2, *range(THRICE - 1 + int(EVERY_S), 100, int(EVERY_S))]


@pytest.mark.parametrize(
    "change",
    [
        {"renderer_fault": "no device"},
        {"log_contradiction": "root"},
        {"unheard_gateway": "ward-a"},
        {"channels": (CHANNELS[0], replace(CHANNELS[1], cause="flat"))},
        {"channels": (replace(CHANNELS[0], quality=0.3), CHANNELS[1])},
        {"calibration": replace(OWN, template_db=np.zeros(12, np.float32))},
        {"calibration": replace(OWN, clean_s=131.0)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_change_of_the_rest_goes_at_once_and_thrice(change: dict[str, object]) -> None:
    """The status with a changed rest, and the two after it, go whole."""
    changed = replace(WHOLE, **change)
    assert parts_of([*[WHOLE] * 5, *[changed] * 5])[5:] == [False] * 3 + [True] * 2


def test_what_is_vital_goes_each_second() -> None:
    """Assignment, share, latch, quality, clock, stored zero and outcomes of a vital part are the newest."""
    parts = StatusParts()
    for second in range(5):
        parts.next_part(WHOLE, float(second))
    newest = replace(
        WHOLE, assignment=77, applied=0.0, latched="wake", quality=0.1, quality_cause="railed", at_us=9
    )
    part = codec.decode_status(codec.encode(parts.next_part(newest, 5.0)))
    assert part.vital
    assert len(codec.encode(part)) < 0.6 * len(codec.encode(newest))
    whole = codec.decode_status(codec.encode(WHOLE))
    assert codec.encode(completed(part, whole)) == codec.encode(replace(newest, vital=False))


def test_a_vital_part_has_nothing_of_the_rest() -> None:
    """It is marked, and its channels, calibration, load and renderers are empty on the wire."""
    part = codec.decode_status(codec.encode(vital_part(WHOLE)))
    assert (part.vital, part.channels, part.calibration.done, part.renderer, part.load_rss_kib) == (
        *(True, (), False),
        *("", 0),
    )
