"""A merged bed, and the conditions of every zero."""

from dreamedge.core.merging.effects import Render
from dreamwire.messages import PodEventKind
from fakes.edge import Bed

ZERO_FIRST = "the zero is rendered before anything is stored or told"


def merged_bed(seconds: float = 4.0, **changes: object) -> Bed:
    """A bed this many seconds after its assignment, with the shortest ramp."""
    bed = Bed()
    bed.merge(seconds, **changes)
    return bed


def assert_zero_first(effects: list[object]) -> None:
    """The first effect renders zero with the 50 ms fade."""
    first = effects[0]
    assert isinstance(first, Render), ZERO_FIRST
    assert first.cue.share == 0.0
    assert first.cue.fade_ms == 50.0


def assert_alone_within(bed: Bed, milliseconds: int, since_ns: int) -> None:
    """After two more pulses the pod's own share is zero and stays so; ALONE has its stamps."""
    bed.run(0.1, heard=False)
    alone = bed.told(PodEventKind.ALONE)[-1]
    assert alone.zero_ns == since_ns
    assert alone.alone_ns - since_ns <= milliseconds * 1_000_000
    assert bed.share == 0.0
