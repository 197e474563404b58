"""Malformed payloads: counted by kind, reported by sender; no flood hides another sender."""

from dreamd.app.events.journal import Journal
from dreamd.app.fleet.malformed_payloads import EVERY_S, KINDS, LINES_MAX, SENDERS_MAX, MalformedPayloads
from dreamd.core.dreamscapes.views import Event
from fakes.stage import START_S, Meters, Stage


class Book:
    """Malformed payloads with their journal and metrics."""

    def __init__(self) -> None:
        self.journal, self.meters = Journal(START_S), Meters()
        self.malformed = MalformedPayloads(self.journal, self.meters)

    def events(self) -> list[Event]:
        """The events so far."""
        found = self.journal.events_after(int(START_S * 1e6) - 1, 10_000)
        assert isinstance(found, tuple)
        return list(found)


def test_each_kind_is_counted_and_each_sender_reported() -> None:
    """A flood by one sender is one event in ten seconds; other senders' first ones are events too."""
    book = Book()
    for at in range(3000):
        book.malformed.count_payload("bed-1", "status", "torn", START_S + at / 1000)
    book.malformed.count_payload("bed-2", "status", "torn", START_S + 3.0)
    book.malformed.count_payload("bed-1", "event", "an id of 3 bytes", START_S + 3.0)
    told = [(event.pod, event.cause, event.sentence) for event in book.events()]
    assert told == [
        ("bed-1", "status", "bed-1 sent an unreadable status: torn"),
        ("bed-2", "status", "bed-2 sent an unreadable status: torn"),
        ("bed-1", "event", "bed-1 sent an unreadable event: an id of 3 bytes"),
    ]
    assert book.meters.counts == {"malformed:status": 3001, "malformed:event": 1}
    book.malformed.count_payload("bed-1", "status", "torn", START_S + EVERY_S)
    assert book.events()[-1].sentence.endswith("(2999 more since the last such line)")


def test_invented_senders_fill_neither_memory_nor_journal() -> None:
    """Ten thousand invented senders stay within the bounds of memory and of events per ten seconds."""
    book = Book()
    for at in range(10_000):
        book.malformed.count_payload(f"x{at}", "presence", "torn", START_S + 1.0)
    assert len(book.events()) == LINES_MAX
    assert len(book.malformed) <= SENDERS_MAX
    assert book.meters.counts["malformed:presence"] == 10_000
    book.malformed.count_payload("bed-1", "presence", "torn", START_S + 1.0 + EVERY_S)
    assert book.events()[-1].pod == "bed-1"


def test_the_application_counts_every_kind() -> None:
    """The application counts unreadable payloads by kind; frames also count as refused."""
    stage = Stage(pods=1)
    for kind in KINDS:
        stage.app.inbound.on_malformed("bed-1", kind, "torn")
    assert all(stage.meters.counts[f"malformed:{kind}"] == 1 for kind in KINDS)
    assert stage.meters.counts["refused:malformed"] == 1
