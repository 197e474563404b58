"""Warnings of libraries in the journal."""

import io
import json
import logging

from dreamedge.adapters.journal import LibraryNotes, LineJournal, SpokenJournal


def test_the_warnings_of_libraries_are_noted_without_waiting() -> None:
    """A library's warning is a journal line with its name, text and error class, without a traceback."""
    out = io.BytesIO()
    journal = LineJournal(out)
    logger = logging.Logger("paho")  # noqa: LOG001 -- of this test alone
    logger.addHandler(LibraryNotes(journal, lambda: 7))
    logger.info("unheard")
    logger.warning("lost %d", 3)
    features = [41.85673]
    try:
        features[len(features)]
    except IndexError:
        logger.exception("in a callback")
    journal.close()
    assert "41.85673" not in out.getvalue().decode()
    told = [json.loads(line) for line in out.getvalue().splitlines()]
    common = {"t_ns": 7, "pod": "dreamedge", "kind": "library", "library": "paho"}
    assert told == [
        {**common, "says": "lost 3"},
        {**common, "says": "in a callback", "why": "IndexError"},
    ]


def test_a_person_at_a_terminal_hears_them_too() -> None:
    """At a terminal a library's warning is printed as a sentence."""
    out = io.BytesIO()
    journal = SpokenJournal(out)
    logger = logging.Logger("asyncio")  # noqa: LOG001 -- of this test alone
    logger.addHandler(LibraryNotes(journal, lambda: 7))
    logger.error("a task was lost")
    journal.close()
    assert out.getvalue() == b"dreamedge: asyncio: a task was lost\n"
