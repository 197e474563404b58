"""Streams that can be a source of markers, judged by liblsl's own description of a stream."""

import pylsl
import pytest

from dreamd.core.group_streams import OURS
from dreamd.lsl.failures import CannotRun
from dreamd.lsl.marker_source import require_markers


@pytest.mark.parametrize("number", [pylsl.cf_string, pylsl.cf_int8, pylsl.cf_int64])
def test_text_and_whole_numbers_are_markers(number: int) -> None:
    """Text and whole numbers without a rate are taken, with one channel or several."""
    for channels in (1, 3):
        require_markers(pylsl.StreamInfo("Stim", "Markers", channels, 0.0, number, "s-1"))


def test_the_markers_of_dreamd_itself_are_refused() -> None:
    """A stream of `dreamd lsl` is refused whatever its name: its markers would come back for ever."""
    ours = pylsl.StreamInfo("Stim", "Markers", 1, 0.0, pylsl.cf_string, f"{OURS}night:1:markers")
    with pytest.raises(CannotRun, match="would come back for ever"):
        require_markers(ours)


@pytest.mark.parametrize(
    ("rate_hz", "number"), [(256.0, pylsl.cf_float32), (10.0, pylsl.cf_string), (0.0, pylsl.cf_double64)]
)
def test_a_signal_is_refused(rate_hz: float, number: int) -> None:
    """A stream with a rate, or of broken numbers, is a signal and no markers."""
    with pytest.raises(CannotRun, match="is a signal"):
        require_markers(pylsl.StreamInfo("Signal", "EEG", 1, rate_hz, number, "s-1"))
