"""Readers of XDF and EDF: stamps, clocks and headers that deny what they state (decisions 0034 and 0035)."""

from typing import Final

from mutate.mutation import Mutation

_FILES: Final = "edge/dreamedge/adapters/implants/files"
_FAULTS, _OFFSETS = f"{_FILES}/xdf/stamp_faults.py", f"{_FILES}/xdf/clock_offsets.py"
_EDF, _CHANNELS = f"{_FILES}/edf/file.py", f"{_FILES}/edf/channels.py"
_TESTS_XDF: Final = ("tests/edge/test_xdf_faults.py", "tests/edge/test_xdf.py")
_TESTS_EDF: Final = ("tests/edge/test_edf_field_cases.py", "tests/edge/test_edf.py")

READERS: Final = tuple(
    Mutation(f"readers.{name}", broken, path, old, new, tests)
    for name, broken, path, old, new, tests in (
        (
            "stray-stamps",
            "a stamp far away tears the recording apart",
            _FAULTS,
            "wrong[where[begin:end]] = True",
            "wrong[where[begin:end]] = False",
            _TESTS_XDF,
        ),
        (
            "stamps-without-number",
            "a stamp that is no number places samples",
            _FAULTS,
            "wrong = ~np.isfinite(stamps_s)",
            "wrong = np.isfinite(stamps_s) & False",
            _TESTS_XDF,
        ),
        (
            "sorted-twice",
            "two stretches of one time are sorted into one another",
            _FAULTS,
            "if whole and _as_dense(stamps_s[order], order, rate_hz):",
            "if whole:",
            _TESTS_XDF,
        ),
        (
            "swapped-chunks",
            "chunks out of order play out of order",
            _FAULTS,
            "        stamps_s = stamps_s[order]\n",
            "        order = None\n",
            _TESTS_XDF,
        ),
        (
            "leap-told",
            "a leap that the count of samples denies is not told",
            _FAULTS,
            "if moving.any() and bool(",
            "if False and bool(",
            _TESTS_XDF,
        ),
        (
            "leap-of-a-pause",
            "a pause of the signal is told as a leap of the clock",
            _FAULTS,
            "(step[moving] <= _CONTINUES * spread[moving]).all()",
            "(step[moving] >= 0).all()",
            _TESTS_XDF,
        ),
        (
            "clock-reset",
            "one line is laid through the offsets before and after a reset",
            _OFFSETS,
            "np.flatnonzero((steps < 0) | leaps)",
            "np.flatnonzero(steps < -1e12)",
            _TESTS_XDF,
        ),
        (
            "false-offsets",
            "an offset that the others deny moves the stream",
            _OFFSETS,
            "kept[where[begin:end]] = False",
            "kept[where[begin:end]] = True",
            _TESTS_XDF,
        ),
        (
            "header-size",
            "text of the header plays as a signal",
            _EDF,
            "    if begin != due:\n",
            "    if begin < 0:\n",
            _TESTS_EDF,
        ),
        (
            "records-size",
            "a file larger than its records plays shifted channels",
            _EDF,
            "if told > 0 and record and held > told * record and held % record:",
            "if told < 0 and held % record:",
            _TESTS_EDF,
        ),
        (
            "number-of-header",
            "a field that is NaN is a number",
            _EDF,
            'if not abs(number) < float("inf"):',
            'if abs(number) >= float("inf"):',
            _TESTS_EDF,
        ),
        (
            "channel-without-range",
            "a channel without a range plays as infinite",
            _CHANNELS,
            '        return "EEG, no range"\n',
            '        return ""\n',
            _TESTS_EDF,
        ),
        (
            "channel-without-unit",
            "a channel whose unit is not known plays",
            _CHANNELS,
            '        return "EEG, no unit"\n',
            '        return ""\n',
            _TESTS_EDF,
        ),
    )
)
