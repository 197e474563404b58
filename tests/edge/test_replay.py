"""Replay: the time of each slot, by instant and turn."""

import numpy as np
import pytest

from dreamedge.adapters.implants.files.replay import Doubles, Replay
from dreamedge.core.signal.blocks import Block
from dreamedge.core.signal.recording_facts import Mark
from dreamedge.ports.implant import ImplantError
from dreamedge.setting_values import SettingsError
from dreamedge.settings import load
from dreamwire.messages import Device

S = 1_000_000_000
RATE = 100.0


class Numbered:
    """A recording with each sample equal to its slot's number."""

    def __init__(self, runs: tuple[tuple[int, int], ...]) -> None:
        self.runs = runs
        self.slots = runs[-1][1]

    def load(self, begin: int, end: int) -> Doubles:
        """The numbers of the slots."""
        return np.arange(begin, end, dtype=np.float64)[:, None]

    def contact(self, _begin: int, _end: int) -> None:
        """None: there is no contact data."""


def replay(
    *runs: tuple[int, int], loop: bool = False, turn_s: float | None = None, marks: tuple[Mark, ...] = ()
) -> Replay:
    """A replay of those slots at 100 Hz."""
    device = Device("fake", "x", ("Cz",), RATE)
    return Replay(Numbered(runs), device, loop=loop, turn_s=turn_s, marks=marks)


def told(implant: Replay, begin_s: float, end_s: float) -> list[Block]:
    """The blocks read every 50 ms between two moments."""
    moments = range(round(begin_s * 20), round(end_s * 20) + 1)
    read = [implant.read(moment * S // 20) for moment in moments]
    return [block for block in read if block is not None]


def numbers(blocks: list[Block]) -> list[float]:
    """The slots in the order of arrival."""
    return [float(value) for block in blocks for value in block.uv[:, 0]]


def test_the_instant_is_a_setting() -> None:
    """`--replay-from` takes nanoseconds of CLOCK_BOOTTIME; without it each bed plays when it is up."""
    assert load({"pod": ["bed-1"]}, {"HOME": "/"}, None).replay_from_ns is None
    assert load({"pod": ["bed-1"]}, {"DREAMEDGE_REPLAY_FROM": "70"}, None).replay_from_ns == 70
    for text in ("now", "-1", "1.5", "1e9"):
        with pytest.raises(SettingsError, match="nanoseconds of CLOCK_BOOTTIME"):
            load({"pod": ["bed-1"], "replay_from": text}, {}, None)


@pytest.mark.parametrize("loop", [False, True])
def test_nothing_plays_before_its_instant(loop: bool) -> None:
    """Before slot 0's instant nothing is read and nothing has ended; then slot 0 comes first."""
    implant = replay((0, 3000), loop=loop)
    implant.play_from(10 * S)
    assert told(implant, 1, 10) == []
    assert not implant.ended
    first = told(implant, 10, 11)[0]
    assert first.uv[0, 0] == 0.0
    assert first.last_ns - len(first.uv) * S / RATE == 10 * S


@pytest.mark.parametrize("late_s", [0.0, 0.35, 12.0, 71.0, 200.0])
def test_a_late_bed_begins_where_the_others_are(late_s: float) -> None:
    """A bed opened later, even turns later, reads the same blocks as the first one from then on."""
    first, late = (replay((0, 3100), loop=True) for _ in range(2))
    for implant in (first, late):
        implant.play_from(5 * S)
    told(first, 5, 5 + late_s)
    assert late.read(int((5 + late_s) * S)) is None
    expected, found = (told(implant, 5.05 + late_s, 95 + late_s) for implant in (first, late))
    assert [block.last_ns for block in found] == [block.last_ns for block in expected]
    assert numbers(found) == numbers(expected)
    assert len(numbers(found)) == pytest.approx(90 * RATE, abs=6)


@pytest.mark.parametrize(("begin", "slot"), [("lights OFF ", 1250), ("7.5", 750), ("0", 0)])
@pytest.mark.parametrize("late_s", [0.0, 3.0])
def test_a_replay_begins_at_a_mark_or_a_second(begin: str, slot: int, late_s: float) -> None:
    """The first slot played is that of the mark or second, at the start's instant, for a late bed too."""
    implant = replay((0, 3000), marks=(Mark(2.0, 0.0, "Start"), Mark(12.5, 0.0, "Lights off")))
    implant.begin_at(begin)
    implant.play_from(10 * S)
    assert told(implant, 1, 10) == []
    implant.read(int((10 + late_s) * S))
    blocks = told(implant, 10 + late_s, 13 + late_s)
    assert numbers(blocks)[0] == slot + late_s * RATE
    assert blocks[0].last_ns - len(blocks[0].uv) * S / RATE == (10 + late_s) * S


def test_a_looping_replay_that_begins_later_turns_to_its_first_slot() -> None:
    """After the end of the first turn a looping replay plays slot 0, not the mark."""
    implant = replay((0, 3000), loop=True)
    implant.begin_at("20")
    assert numbers(told(implant, 0, 12)) == [*range(2000, 3000), *range(200)]


@pytest.mark.parametrize(
    ("begin", "says"),
    [
        (
            "Lights on",
            r"no mark 'Lights on' \(its marks: 'Lights off'\); give --from one of them, or a number",
        ),
        ("29", "lasts 30 s and --from 29 is at 29 s; name an instant at least 5 s before its end"),
        ("-1", "name an instant"),
        ("nan", "name an instant"),
    ],
)
def test_a_begin_that_is_not_there_is_refused(begin: str, says: str) -> None:
    """A mark that the recording has not, and an instant outside of it, are refused with what there is."""
    implant = replay((0, 3000), marks=(Mark(12.5, 0.0, "Lights off"),))
    with pytest.raises(ImplantError, match=says):
        implant.begin_at(begin)


def test_a_bed_that_opens_after_the_end_has_nothing_to_play() -> None:
    """Without a loop a bed opened after the last slot has ended at once."""
    implant = replay((0, 3000))
    implant.play_from(S)
    assert implant.read(40 * S) is None
    assert implant.ended


def test_a_turn_may_be_longer_than_the_recording() -> None:
    """A turn of 32 s of a 30 s recording has a gap at its end, and turns begin 32 s apart."""
    implant = replay((0, 3000), loop=True, turn_s=32.0)
    begins_s = [b.last_ns / S - len(b.uv) / RATE for b in told(implant, 1, 70) if b.uv[0, 0] == 0.0]
    assert begins_s == pytest.approx([1.0, 33.0, 65.0])


def test_a_turn_may_be_shorter_than_the_recording() -> None:
    """A turn of 31 s plays 31 s of a slightly longer recording without drift."""
    implant = replay((0, 3104), loop=True, turn_s=31.0)
    played = numbers(told(implant, 0, 95))
    assert played == [float(k % 3100) for k in range(9500)]


def test_a_reader_that_was_away_gets_ten_seconds() -> None:
    """After a minute without reads the newest ten seconds come, across the seam of two turns."""
    implant = replay((0, 3000), loop=True)
    told(implant, 0, 1)
    after = [implant.read(65 * S), implant.read(65 * S)]
    assert numbers([block for block in after if block]) == [*np.arange(2500.0, 3000.0), *np.arange(500.0)]
    assert implant.read(65 * S) is None


def test_a_gap_parts_two_blocks_in_every_turn() -> None:
    """Unfilled slots are skipped in their time, in the second turn as in the first."""
    implant = replay((0, 1000), (1100, 3000), loop=True)
    begins_s = [b.last_ns / S - len(b.uv) / RATE for b in told(implant, 0, 60) if b.uv[0, 0] == 1100.0]
    assert begins_s == pytest.approx([11.0, 41.0])
    assert numbers(told(replay((0, 1000), (1100, 3000)), 0, 40)) == [*range(1000), *range(1100, 3000)]
