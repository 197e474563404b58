"""The consent of an assign, and the pods that hold another one: the daemon learns, and a seat shows."""

from collections.abc import Callable

import pytest

from dreamd.core.consent.course import Consent, ConsentState
from dreamd.core.consent.grant import Modality as Granted
from dreamd.core.dreamscapes.views import SeatView
from dreamd.core.refusals import Code
from dreamedge.core.merging.held_consents import HeldConsent, HeldConsents
from dreamwire.messages import Modality, PodEventKind
from dreamwire.schema import OLDEST_READER, WIRE_REVISION
from fakes.people import SLEEPER, granted
from fakes.stage import Stage

ASH = "sleeper-1"


def subject(stage: Stage) -> str:
    """The subject of the sleeper in bed-1."""
    return stage.app._deps.consents.standing(ASH).subject


def consent(stage: Stage) -> Consent:
    """The consent of the sleeper in bed-1."""
    found = stage.app.consents.consent_of(SLEEPER, ASH)
    assert isinstance(found, Consent)
    return found


def seat(stage: Stage) -> SeatView:
    """The seat of bed-1."""
    view = stage.app.dreamscapes.get("night")
    return next(seat for seat in view.seats if seat.pod == "bed-1")  # type: ignore[union-attr] # it exists


def test_an_assign_names_revision_subject_and_modalities() -> None:
    """Each assign has its sleeper's newest revision, a subject that is no pseudonym, and the modalities."""
    stage = Stage(pods=5)
    stage.appear()
    for _ in range(2):
        granted(stage.app, ASH, modalities=frozenset({Granted.LIGHT, Granted.TOUCH}))
    stage.dream()
    told = [pod.assign for pod in stage.pods if pod.assign is not None]
    assert len(told) == 5
    assert told[0].modalities == {Modality.LIGHT, Modality.TOUCH}
    assert all(assign.modalities == frozenset(Modality) for assign in told[1:])
    assert [assign.consent_revision for assign in told] == [consent(stage).revision, 1, 1, 1, 1]
    assert len({assign.consent_subject for assign in told}) == 5
    assert not any("sleeper" in assign.consent_subject for assign in told)


def test_pods_of_an_earlier_wire_stay_at_zero() -> None:
    """Every broadcast asks for a reader of revision 2, which holds consents, and not for the newest."""
    stage = Stage(pods=5)
    stage.appear()
    stage.dream()
    assert OLDEST_READER == 2 < WIRE_REVISION
    assert {collective.min_reader for collective in stage.link.collectives} == {2}


def test_a_pod_that_has_seen_a_newer_consent_suspends_the_older_one() -> None:
    """Its seat has no slot, the grant is suspended in the ledger too, and one above both binds again."""
    stage = Stage(pods=6)
    stage.appear()
    stage.pod("bed-1").consents = HeldConsents([HeldConsent(subject(stage), 9)])
    stage.dream()
    assert stage.pod("bed-1").assign is None
    assert (consent(stage).state, consent(stage).revision) == (ConsentState.SUSPENDED, 9)
    stage.hop(24)
    assert stage.pod("bed-1").assign is None, "it is not asked again by the older grant"
    granted(stage.app, ASH)
    assert consent(stage).revision == 10
    stage.hop(30)
    assign = stage.pod("bed-1").assign
    assert assign is not None
    assert assign.consent_revision == 10


def test_a_withdrawal_that_only_a_pod_remembers_holds() -> None:
    """The pod refuses the revision that was withdrawn there, and the daemon withdraws it."""
    stage = Stage(pods=6)
    stage.appear()
    held = HeldConsent(subject(stage), consent(stage).revision, withdrawn=True)
    stage.pod("bed-1").consents = HeldConsents([held])
    stage.dream()
    assert stage.pod("bed-1").assign is None
    assert consent(stage).state is ConsentState.WITHDRAWN


@pytest.mark.parametrize(
    ("kept", "code"),
    [
        (lambda told: (HeldConsent("another-sleeper-", 3), HeldConsent(told, 1)), None),
        (lambda told: (HeldConsent(told, 9),), Code.CONSENT_STALE),
        (lambda told: (HeldConsent(told, 1, withdrawn=True),), Code.CONSENT_STALE),
        (lambda _told: None, Code.POD_DISK),
    ],
)
def test_a_seat_shows_why_its_pod_refuses(
    kept: Callable[[str], tuple[HeldConsent, ...] | None], code: Code | None
) -> None:
    """Consents of others hinder none; a stale one and a disk that cannot be read are shown, with the bed.

    The pod's event, after which the consent itself is the reason, is still on its way.
    """
    stage = Stage(pods=6)
    stage.appear()
    puppet = stage.pod("bed-1")
    puppet.consents, puppet.outbox_waits = HeldConsents(kept(subject(stage))), True
    stage.dream()
    told = seat(stage)
    assert (puppet.assign is None) is (code is not None)
    assert told.refusal_code == (code.value if code else "")
    assert ("bed-1" in told.refusal) is (code is not None)


def test_a_late_button_withdraws_the_sleeper_that_pressed() -> None:
    """An event of a bed that has changed hands ends the consent of its assignment, not the next one."""
    stage = Stage(pods=5)
    stage.appear()
    stage.dream()
    puppet = stage.pod("bed-1")
    assert puppet.assign is not None
    under, revision = puppet.assign, consent(stage).revision
    stage.app.pods.release(SLEEPER, "bed-1", "")
    stage.app.pods.check_out(SLEEPER, "bed-1")
    stage.lie_down("bed-1", "somebody")
    pressed = {"assignment": under.assignment, "consent_revision": revision}
    puppet.event(PodEventKind.LATCHED, "withdraw", under.consent_subject, **pressed)
    assert consent(stage).state is ConsentState.WITHDRAWN
    next_one = stage.app.consents.consent_of(SLEEPER, "somebody")
    assert isinstance(next_one, Consent)
    assert next_one.state is ConsentState.GIVEN
