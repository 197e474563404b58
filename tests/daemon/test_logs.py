"""The log: one line per fact, and no wait for its reader."""

import io
import json
import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from dreamd.adapters.log_events import fields_of, level_of
from dreamd.adapters.logs import LINES, Spool, is_journald, open_log
from dreamd.core.dreamscapes.views import Event


@pytest.fixture(autouse=True)
def the_root_logger_is_given_back() -> Iterator[None]:
    """open_log takes over the process's root logger; a test gives it back."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)


class _Gate(io.StringIO):
    """A reader that is blocked until released."""

    def __init__(self) -> None:
        super().__init__()
        self.read_fd, self.write_fd = os.pipe()
        self.entered_read, self.entered_write = os.pipe()

    def writelines(self, lines: object) -> None:
        """Wait at the gate, then write."""
        os.write(self.entered_write, b".")
        os.read(self.read_fd, 1)
        super().writelines(lines)  # type: ignore[arg-type]

    def wait_until_blocked(self) -> None:
        os.read(self.entered_read, 1)

    def open(self) -> None:
        os.write(self.write_fd, b"." * 100)


def test_a_fact_is_one_line_of_json() -> None:
    """A fact is one line of JSON with event name, level, time and fields."""
    out = io.StringIO()
    spool = Spool(out)
    log = open_log("json", "info", spool)
    log.debug("unheard")
    log.info("merged", pod="bed-1", dreamscape="night")
    spool.close()
    [line] = out.getvalue().splitlines()
    fact = json.loads(line)
    assert fact.pop("timestamp").endswith("Z")
    assert fact == {"event": "merged", "level": "info", "pod": "bed-1", "dreamscape": "night"}


def test_a_bug_brings_its_traceback() -> None:
    """A bug's line has its traceback, in both forms."""
    for form in ("json", "console"):
        out = io.StringIO()
        spool = Spool(out)
        log = open_log(form, "info", spool)
        try:
            1 / 0  # noqa: B018 -- it is raised, not used
        except ZeroDivisionError:
            log.exception("failed")
        spool.close()
        assert "ZeroDivisionError" in out.getvalue()


@pytest.mark.parametrize("form", ["json", "console"])
def test_a_traceback_shows_no_value(form: str) -> None:
    """A traceback never prints local variables: they may be a person's samples."""
    out = io.StringIO()
    spool = Spool(out, form)
    log = open_log(form, "debug", spool)
    features = [41.85673]
    try:
        features[len(features)]
    except IndexError:
        log.exception("failed")
    spool.close()
    assert "IndexError" in out.getvalue()
    assert "41.85673" not in out.getvalue()


def test_libraries_have_one_event() -> None:
    """A library's `logging` line is JSON like any other, with its traceback."""
    out = io.StringIO()
    spool = Spool(out, "json")
    open_log("json", "info", spool)
    logging.getLogger("paho").info("unheard")
    logging.getLogger("paho").warning("lost %d", 3)
    try:
        1 / 0  # noqa: B018 -- it is raised, not used
    except ZeroDivisionError:
        logging.getLogger("asyncio").exception("Task exception was never retrieved")
    spool.close()
    first, second = map(json.loads, out.getvalue().splitlines())
    assert (first["event"], first["level"], first["library"], first["says"]) == (
        *("library", "warning", "paho", "lost 3"),
    )
    assert "ZeroDivisionError" in second["exception"]


def test_the_notice_of_lost_lines_has_the_form_of_the_others() -> None:
    """The notice of lost lines is JSON as well."""
    gate = _Gate()
    spool = Spool(gate, "json")
    spool.write("{}\n")
    gate.wait_until_blocked()
    for _ in range(LINES + 7):
        spool.write("{}\n")
    gate.open()
    spool.close()
    assert json.loads(gate.getvalue().splitlines()[1]) == {
        "event": "lines_lost",
        "level": "warning",
        "lines": 7,
    }


def test_a_stalled_reader_blocks_nothing_and_learns_its_losses() -> None:
    """A stalled reader loses the oldest lines, is notified of their number, and blocks nothing."""
    gate = _Gate()
    spool = Spool(gate)
    spool.write("first\n")
    gate.wait_until_blocked()
    for number in range(LINES + 7):
        spool.write(f"{number}\n")
    gate.open()
    spool.close()
    lines = gate.getvalue().splitlines()
    assert lines[:3] == ["first", "7 lines of the log were lost", "7"]
    assert lines[-1] == str(LINES + 6)


def test_a_log_for_people_obeys_no_stranger() -> None:
    """The log for people escapes unprintable characters in fields and tracebacks, line by line."""
    out = io.StringIO()
    spool = Spool(out)
    log = open_log("console", "info", spool)
    log.info("malformed", pod="bed-1\x1b[2J", why="\u202eab c")
    try:
        {}["\u202eowned"]
    except KeyError as error:
        error.add_note("\x1b]0;owned\x07")
        log.exception("failed")
    spool.close()
    said = out.getvalue()
    assert r"bed-1\x1b[2J" in said
    assert r"\u202eab c" in said.replace(r"\\u202e", r"\u202e")
    assert r"\x1b]0;owned\x07" in said
    assert all(line.isprintable() for line in said.split("\n"))
    assert len(said.split("\n")) > 4


def test_a_ledger_that_fails_is_an_error_with_its_path_and_reason() -> None:
    """A failed write's line has the file, the error and the sentence, at the level error."""
    fact = Event(
        *(7, 1.0, "ledger-write-failed", "night", "", 0, "", "the ledger could not keep a seat"),
        reason="/x/ledger: disk is full",
    )
    assert fields_of(fact, 3) == {
        "sentence": "the ledger could not keep a seat",
        "cursor": 7,
        "dreamscape": "night",
        "tick": 3,
        "reason": "/x/ledger: disk is full",
    }
    assert level_of("ledger-write-failed") == logging.ERROR
    assert level_of("broker-down") == logging.WARNING
    assert level_of("merged") == logging.INFO
    assert level_of("of another release") == logging.WARNING


def test_a_line_has_its_sentence_first_and_the_pods_own_time() -> None:
    """A line begins with its sentence; a late report has the time of the act."""
    fact = Event(8, 100.0, "severed", "night", "bed-1", 1, "lease", "bed-1 severed", {}, acted_s=25.1234)
    fields = fields_of(fact, 0)
    assert fields == {
        "sentence": "bed-1 severed",
        "cursor": 8,
        "dreamscape": "night",
        "pod": "bed-1",
        "cause": "lease",
        "acted_s": 25.123,
    }
    assert next(iter(fields)) == "sentence"


def test_a_value_that_is_named_like_the_loggers_own_word_is_written(tmp_path: Path) -> None:
    """A case of the clinic has a `level`: its line is written, under another name than the line's level."""
    fact = Event(9, 1.0, "case-opened", "", "", 0, "c-1", "a case is open", {"level": 2.0})
    fields = fields_of(fact, 0)
    assert fields["case_level"] == 2.0
    out = tmp_path / "log"
    with out.open("w") as stream:
        spool = Spool(stream, "json")
        open_log("json", "info", spool).log(level_of(fact.kind), "case_opened", **fields)
        spool.close()
    assert json.loads(out.read_text())["case_level"] == 2.0


@pytest.mark.parametrize(("form", "level", "mark"), [("json", "error", "<3>"), ("console", "warning", "<4>")])
def test_systemds_journal_is_given_each_lines_priority(form: str, level: str, mark: str) -> None:
    """Every line of an event is marked, those of a traceback too, so `journalctl -p` finds all of them."""
    out = io.StringIO()
    spool = Spool(out, form, journald=True)
    log = open_log(form, "info", spool, journald=True)
    try:
        1 / 0  # noqa: B018 -- it is raised, not used
    except ZeroDivisionError:
        getattr(log, level)("bug", exc_info=True)
    log.info("merged", pod="bed-1")
    spool.close()
    *of_bug, last = out.getvalue().splitlines()
    assert of_bug
    assert all(line.startswith(mark) for line in of_bug)
    assert last.startswith("<6>")
    if form == "json":
        assert json.loads(last.removeprefix("<6>"))["event"] == "merged"


def test_systemds_journal_is_known_by_the_stream_it_names(tmp_path: Path) -> None:
    """Only the file with device and inode of JOURNAL_STREAM is the journal; a stream in memory never is."""
    with (tmp_path / "log").open("w") as out, (tmp_path / "other").open("w") as other:
        status = os.fstat(out.fileno())
        environment = {"JOURNAL_STREAM": f"{status.st_dev}:{status.st_ino}"}
        assert is_journald(out, environment)
        assert not is_journald(other, environment)
        assert not is_journald(out, {})
    assert not is_journald(io.StringIO(), environment)
