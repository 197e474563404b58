"""The time of recordings: rates against stamps, held rows, clocks that were set (decision 0036)."""

from typing import Final

from mutate.mutation import Mutation

_CHECKS: Final = "edge/dreamedge/adapters/implants/files/rate_checks.py"
_ONSETS: Final = "edge/dreamedge/adapters/implants/files/edf/onsets.py"
_EDF: Final = "tests/edge/test_edf_onsets.py"

RATES: Final = tuple(
    Mutation(f"rate.{name}", broken, path, old, new, (test,))
    for name, broken, path, old, new, test in (
        (
            "edf",
            "an EDF plays at a rate that its onsets deny",
            _CHECKS,
            "    if refusal:\n",
            "    if False:\n",
            f"{_EDF}::test_onsets_that_contradict_the_rate_are_refused",
        ),
        (
            "excerpt-edge",
            "a stretch that stands still at the edge of an excerpt passes for copies",
            "edge/dreamedge/core/signal/sampling/rate_judgement.py",
            " | ~inside[begins] | ~inside[ends + 1]",
            "",
            "tests/edge/test_rate_judgement.py::test_excerpts_of_many_channels_count_copies_and_no_stillness",
        ),
        (
            "edf-pauses",
            "a wrong rate passes for pauses between the records",
            _ONSETS,
            "and not _goes_on(file, played, onsets_s)",
            "",
            f"{_EDF}::test_onsets_that_contradict_the_rate_are_refused",
        ),
        (
            "edf-goes-on",
            "pauses between the records pass for a wrong rate",
            _ONSETS,
            "<= _GOES_ON * usual",
            "<= 1e9 * usual",
            f"{_EDF}::test_a_pause_after_every_record_is_no_wrong_rate",
        ),
        (
            "edf-stray",
            "one stray onset refuses a recording",
            _ONSETS,
            "    if not stray.any() or stray.all():\n",
            "    if True:\n",
            f"{_EDF}::test_a_handful_of_stray_onsets_is_told",
        ),
        (
            "table",
            "a table plays at a rate that its times deny",
            "edge/dreamedge/adapters/implants/files/tables.py",
            "check_nominal(self.rate_hz, self.effective_hz, held,",
            "check_nominal(self.rate_hz, self.rate_hz, held,",
            "tests/edge/test_table_times.py::test_a_rate_that_the_times_deny_is_refused",
        ),
        (
            "leap-advice",
            "to cut is advised where nothing can be cut",
            _CHECKS,
            "if min(before_s, after_s) >= SHORTEST_S:",
            "if True:",
            f"{_EDF}::test_a_clock_that_was_set_is_refused_with_what_can_be_done",
        ),
        (
            "live-held",
            "a live device's held rows are not counted",
            "edge/dreamedge/adapters/implants/devices/live.py",
            "        self._held.compare(uv, last_ns)\n",
            "",
            "tests/edge/test_held_watch.py::test_a_live_device_tells_its_held_rows",
        ),
        (
            "live-dead",
            "one stretch that stands still is a stream that was oversampled",
            "edge/dreamedge/core/signal/sampling/held_watch.py",
            "float(np.median(self._shares))",
            "float(max(self._shares))",
            "tests/edge/test_held_watch.py::test_a_stream_without_copies_has_no_note",
        ),
        (
            "live-told",
            "a bed keeps the findings of its implant to itself",
            "edge/dreamedge/app/pod_runner.py",
            "        self._tell_notes()\n",
            "",
            "tests/edge/test_held_watch.py::test_a_bed_journals_each_finding_once",
        ),
        (
            "live-largest",
            "a fault of the last block is forgotten in the next",
            "edge/dreamedge/core/signal/sampling/decimator.py",
            "self._held_largest = newest if len(self._held) <= len(uv) else None",
            "self._held_largest = 0.0",
            "tests/edge/test_decimator.py::test_a_faulty_sample_of_a_stream_stays_visible_in_any_blocks",
        ),
        (
            "held",
            "held rows are not told",
            _CHECKS,
            "if judged.held_sentence else ()",
            "if False else ()",
            f"{_EDF}::test_held_rows_are_told",
        ),
    )
)
