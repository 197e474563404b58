"""Text files of headset programs: recognised, placed and read as they are (docs/decisions/0040)."""

from typing import Final

from mutate.mutation import Mutation

_FILES: Final = "edge/dreamedge/adapters/implants/files"

HEADSETS: Final = tuple(
    Mutation(
        f"headset.{name}",
        broken,
        f"{_FILES}/{file}",
        old,
        new,
        (f"tests/edge/test_headset_files.py::{test}",),
    )
    for name, broken, file, old, new, test in (
        (
            "board",
            "a file of BrainFlow is read with the columns of a board of another width",
            "headset/recognise.py",
            "if len(board.labels) != len(cells):",
            "if False:",
            "test_brainflow_plays_once_its_board_is_named",
        ),
        (
            "middle",
            "Mind Monitor's offset stays, and one rail is out of sight",
            "headset/recognise.py",
            "middle_uv=_MIDDLE_UV,",
            "middle_uv=0.0,",
            "test_mind_monitor_plays_in_the_middle_of_its_range",
        ),
        (
            "torn",
            "the last line of a killed recorder plays with the digits that it has",
            "headset/rows.py",
            "        if rest.strip() or self.findings.torn:\n            self.findings.torn = self._line",
            "        if rest.strip():\n            yield [rest]",
            "test_the_last_line_of_a_killed_recorder_is_left_out",
        ),
        (
            "unreadable",
            "a file of rows that cannot be read plays as gaps",
            "headset/rows.py",
            "if found.bad > _BAD_FREE and not found.bad <= _BAD_SHARE * found.rows:",
            "if False:",
            "test_a_row_that_cannot_be_read_is_told_by_line_and_column",
        ),
        (
            "turns",
            "a loss of more than a turn of the counter is squeezed",
            "headset/row_line.py",
            "return np.asarray(stamps_s[before] + (every - numbers[before]) / assumed_hz, dtype=np.float64)",
            "return np.interp(every, numbers, stamps_s)",
            "test_lost_packets_are_gaps_of_their_length",
        ),
        (
            "leapt",
            "a clock that was set is a gap, though the packet counter goes on",
            "headset/row_line.py",
            "elif not lost and begin > end and first not in restarts:",
            "elif False:",
            "test_a_leap_that_the_packet_counter_denies_is_no_gap",
        ),
        (
            "dense",
            "two stretches of one time are laid into one another, as swapped chunks",
            "xdf/stamp_faults.py",
            "if whole and _as_dense(stamps_s[order], order, rate_hz):",
            "if whole:",
            "test_a_clock_that_is_set_back_loses_no_sample",
        ),
        (
            "stall",
            "a burst after a stall is a gap",
            "headset/row_line.py",
            "            stamps_s[rows] = line + rows / rate_hz\n",
            "",
            "test_a_stall_of_seconds_is_no_gap",
        ),
        (
            "counter",
            "packets that were lost are squeezed out",
            "headset/placement.py",
            "None if columns.counter is None else numbers_by_counter(columns.counter)",
            "None",
            "test_lost_packets_are_gaps_of_their_length",
        ),
        (
            "rate",
            "a wrong nominal rate plays",
            "headset/placement.py",
            "    return check_nominal(nominal_hz, measured_hz, held, what, remedy)",
            "    return ()",
            "test_a_wrong_rate_is_refused_with_its_cause",
        ),
        (
            "summer",
            "an hour of silence where summer time begins",
            "headset/clock_times.py",
            "if not len(found):",
            "if True:",
            "test_summer_time_is_no_gap",
        ),
        (
            "worn",
            "a headset on a table is in contact",
            "headset/implant.py",
            "hsi[piece.worn == 0] = 0.0",
            "pass",
            "test_a_muse_that_is_not_worn_has_no_contact",
        ),
        (
            "comma",
            "decimal commas split a number",
            "headset/dialect.py",
            "comma=commas > points",
            "comma=False",
            "test_older_guis_play_by_the_places_of_their_columns",
        ),
    )
)
