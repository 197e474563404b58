"""Revisions of consent that pods tell: the newest word of a sleeper counts, wherever it is known."""

from dataclasses import dataclass, field, replace

import pytest

from dreamd.app.people.pod_consents import PodConsents
from dreamd.ports.consent import ConsentStatus
from dreamwire.messages import PodEvent, PodEventKind

ASH, BEA = "ash-ash-ash-ash-", "bea-bea-bea-bea-"
SLEEPERS = {ASH: "ash", BEA: "bea"}
DECLINED = PodEvent(
    id=bytes(16),
    pod="bed-1",
    incarnation=1,
    kind=PodEventKind.DECLINED,
    cause="consent-lower",
    assignment=9,
    consent_revision=8,
    consent_subject=ASH,
)


@dataclass
class Book:
    """A book of two sleepers at revision 7; `acts` lists what was asked of it."""

    withdrawn: bool = False
    acts: list[tuple[str, str, int]] = field(default_factory=list)

    def standing(self, sleeper: str) -> ConsentStatus:
        """Revision 7."""
        subject = next((key for key, name in SLEEPERS.items() if name == sleeper), "")
        return ConsentStatus(revision=7, subject=subject, withdrawn=self.withdrawn)

    def withdraw(self, sleeper: str) -> None:
        """Note it."""
        self.acts.append(("withdraw", sleeper, 0))

    def pod_holds(self, sleeper: str, revision: int) -> None:
        """Note it."""
        self.acts.append(("holds", sleeper, revision))


def read(event: PodEvent, in_bed: str = "ash", *, withdrawn: bool = False) -> list[tuple[str, str, int]]:
    """The consequences of the event."""
    book = Book(withdrawn)
    PodConsents(book, SLEEPERS.get).read_revision(event, in_bed)  # type: ignore[arg-type] # the part that it uses
    return book.acts


@pytest.mark.parametrize("kind", [PodEventKind.MERGED, PodEventKind.LATCHED, PodEventKind.DECLINED])
@pytest.mark.parametrize("in_bed", ["ash", "bea", ""])
def test_every_event_tells_the_revision_of_its_subject(kind: PodEventKind, in_bed: str) -> None:
    """The revision goes to the sleeper of the subject, whoever lies in the bed by now."""
    assert read(replace(DECLINED, kind=kind), in_bed) == [("holds", "ash", 8)]


@pytest.mark.parametrize(
    "changes",
    [
        {"consent_subject": "", "consent_revision": 8},
        {"consent_revision": 0},
        {"consent_subject": "an-erased-sleeper"},
    ],
)
def test_an_event_without_a_known_consent_tells_nothing(changes: dict[str, object]) -> None:
    """An older pod's event, and one of an erased sleeper, changes no consent."""
    assert read(replace(DECLINED, **changes)) == []  # type: ignore[arg-type] # fields by name


def test_a_late_button_withdraws_the_sleeper_of_its_assignment() -> None:
    """Pressed under an assignment it ends that revision, whoever lies there by now, and no newer grant."""
    pressed = replace(DECLINED, kind=PodEventKind.LATCHED, cause="withdraw", consent_revision=7)
    assert read(pressed, "bea") == [("withdraw", "ash", 0), ("holds", "ash", 7)]
    assert read(replace(pressed, consent_revision=6), "bea") == [("holds", "ash", 6)]
    assert read(replace(pressed, assignment=0), "bea") == [("holds", "ash", 7)], "the bed's own latch counts"
    assert read(replace(pressed, cause="wake"), "bea") == [("holds", "ash", 7)]


def test_a_lost_withdrawal_is_told_by_the_pod_that_refuses() -> None:
    """A withdrawn revision that a pod refuses is withdrawn here too, unless a newer grant stands."""
    lost = replace(DECLINED, cause="consent-withdrawn")
    for revision in (7, 8):
        told = read(replace(lost, consent_revision=revision))
        assert told[0] == ("withdraw", "ash", 0), revision
    assert read(replace(lost, consent_revision=6)) == [("holds", "ash", 6)]
    assert read(lost, withdrawn=True) == [("holds", "ash", 8)], "once is enough"
    assert read(replace(lost, kind=PodEventKind.MERGED)) == [("holds", "ash", 8)]


@pytest.mark.parametrize(
    ("assignment", "subject", "in_bed", "meant"),
    [
        (9, ASH, "ash", "ash"),
        (9, ASH, "bea", "ash"),
        (9, BEA, "", "bea"),
        (9, "", "bea", "bea"),
        (9, "an-erased-sleeper", "bea", "bea"),
        (0, ASH, "bea", "bea"),
        (0, ASH, "", ""),
    ],
)
def test_a_withdrawal_is_of_the_sleeper_of_its_assignment(
    assignment: int, subject: str, in_bed: str, meant: str
) -> None:
    """A late event means the sleeper that lay there then; without an assignment, the one in the bed."""
    event = replace(DECLINED, assignment=assignment, consent_subject=subject)
    assert PodConsents(Book(), SLEEPERS.get).meant(event, in_bed) == meant  # type: ignore[arg-type] # as above
