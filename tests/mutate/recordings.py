"""Recordings: no names, no waiting, no cost to the night, and whole parts (docs/decisions/0031)."""

from typing import Final

from mutate.mutation import Mutation

_ROOM: Final = "daemon/dreamd/adapters/recordings"
_DRIVER: Final = "daemon/dreamd/app/dreamscapes/drivers/recording.py"
_TESTS_WRITER, _TESTS_READER = "tests/recordings/test_writer.py", "tests/recordings/test_reader.py"
_TESTS_NIGHTS: Final = "tests/sim/test_recording.py"
_TESTS_MNE: Final = "tests/recordings/test_exports_in_mne.py"

RECORDINGS: Final = tuple(
    Mutation(f"recording.{name}", broken, path, old, new, (test,))
    for name, broken, path, old, new, test in (
        (
            "names",
            "words of persons and pods are recorded",
            f"{_ROOM}/minute.py",
            "told_cause(event.kind, event.cause)",
            "event.cause",
            _TESTS_WRITER,
        ),
        (
            "bounded",
            "a slow disk fills the memory",
            f"{_ROOM}/store.py",
            "            if full:\n",
            "            if False:\n",
            _TESTS_WRITER,
        ),
        (
            "reserve",
            "a recording fills the ledger's disk",
            f"{_ROOM}/writer.py",
            "ok = free >= RESERVE_BYTES",
            "ok = True",
            _TESTS_WRITER,
        ),
        (
            "hidden",
            "a part stands under its name before it is whole",
            f"{_ROOM}/parts.py",
            'hidden = path.with_name(f".{path.name}")\n        rows',
            "hidden = path\n        rows",
            "tests/recordings/test_parts.py",
        ),
        (
            "whole",
            "a part that a table lacks is read",
            f"{_ROOM}/directory.py",
            "set.intersection(*found)",
            "set.union(*found)",
            _TESTS_READER,
        ),
        (
            "hole",
            "ticks after a hole are called the same",
            f"{_ROOM}/replay.py",
            "            run.broken = True\n",
            "            pass\n",
            _TESTS_NIGHTS,
        ),
        (
            "signed-zero",
            "bits that differ are called the same",
            f"{_ROOM}/replay.py",
            "(recorded == replayed) & (np.signbit(recorded) == np.signbit(replayed)) | unknown",
            "np.isclose(recorded, replayed) | unknown",
            _TESTS_NIGHTS,
        ),
        (
            "unsound",
            "an older frame's features stand in the row of an unsound one",
            f"{_ROOM}/minute.py",
            "unsound = ~rows.finite[at]",
            "unsound = rows.finite[at] & False",
            _TESTS_WRITER,
        ),
        (
            "bug",
            "a bug in a recording sets the Dreamscape to zero",
            _DRIVER,
            "        except Exception as error:  # noqa: BLE001 -- a bug in a recording must",
            "        except ZeroDivisionError as error:  # must",
            _TESTS_NIGHTS,
        ),
        (
            "asked",
            "a Dreamscape is recorded that did not ask for it",
            _DRIVER,
            "if self._over or not self._dreamscape.plan.record:",
            "if self._over:",
            _TESTS_NIGHTS,
        ),
        (
            "refused",
            "a recording is promised that the daemon cannot keep",
            "daemon/dreamd/app/dreamscapes/recording_consent.py",
            "    if not missing:\n",
            "    if True:\n",
            _TESTS_NIGHTS,
        ),
        (
            "export-hole",
            "a hole moves every later stamp of an export",
            f"{_ROOM}/exports/group_signals.py",
            "values[:, instants - first]",
            "values[:, np.arange(len(instants))]",
            _TESTS_MNE,
        ),
        (
            "export-distance",
            "an export has another dispersion than the LSL stream",
            f"{_ROOM}/exports/group_signals.py",
            '_SINGLE = ("mean_distance", ',
            '_SINGLE = ("median_distance", ',
            _TESTS_MNE,
        ),
        (
            "told-cause",
            "free words about a person are in a stream and in a recording",
            "daemon/dreamd/core/group_streams.py",
            'return cause if cause in WORDS or kind == MARKER else ""',
            "return cause",
            "tests/lsl/test_live_and_exported.py",
        ),
        (
            "export-bad",
            "MNE takes the numbers of a hole for values",
            f"{_ROOM}/exports/edf_file.py",
            '"BAD no data"',
            '"no data"',
            _TESTS_MNE,
        ),
        (
            "export-range",
            "an export clips the highest values",
            f"{_ROOM}/exports/edf_file.py",
            "_outward(max(high, low + span), up=True)",
            "_outward(0.9 * max(high, low + span), up=True)",
            _TESTS_MNE,
        ),
        (
            "export-bids",
            "a dataset lacks a key that BIDS requires",
            f"{_ROOM}/exports/bids_dataset.py",
            '            "TaskName": "dreamscape",\n',
            "",
            "tests/foreign/test_bids_validator.py",
        ),
        (
            "calibration",
            "energy cannot be computed again, for no calibration is recorded",
            "daemon/dreamd/app/safety/group_monitor.py",
            "        self._calibrated[row] = template, scale\n",
            "",
            _TESTS_NIGHTS,
        ),
        (
            "older",
            "a recording of an earlier version is refused for lacking a column",
            f"{_ROOM}/reader.py",
            "if self.manifest.version < VERSION:",
            "if False:",
            _TESTS_NIGHTS,
        ),
        (
            "told",
            "a sleeper is checked in to a recording without a word",
            "daemon/dreamd/cli/pods.py",
            "        if one.plan.record\n",
            "        if False\n",
            "tests/api/test_cli_many.py",
        ),
        (
            "shown",
            "a recording that has stopped is shown as running",
            _DRIVER,
            "RecordingState.STOPPED if trouble else state",
            "state",
            _TESTS_NIGHTS,
        ),
        (
            "minute",
            "a killed daemon loses more than the part in hand",
            f"{_ROOM}/writer.py",
            "not 0 <= tick.instant - first < self._hops)",
            "not 0 <= tick.instant - first < 9 * self._hops)",
            _TESTS_WRITER,
        ),
    )
)
