"""The revisions of consent that a pod holds: which assign it obeys, and which it never obeys again."""

from math import inf

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamedge.adapters.renderers.granted import GrantedRenderer
from dreamedge.adapters.renderers.null import NullRenderer
from dreamedge.core.identity import Restored
from dreamedge.core.merging.cue import Cue
from dreamedge.core.merging.effects import Effect, KeepLatch, Render, SendEvent
from dreamedge.core.merging.held_consents import SUBJECTS, HeldConsent, HeldConsents, KeepConsents
from dreamwire.messages import Assign, Modality, PodEventKind, Release
from edge.merging import assert_zero_first
from fakes.edge import Bed, assignment

ASH, BEA = "ash-ash-ash-ash-", "bea-bea-bea-bea-"
SUBJECT_OF = ("", ASH, BEA, "cyd-cyd-cyd-cyd-")

acts = st.one_of(
    st.tuples(st.just("assign"), st.sampled_from(SUBJECT_OF), st.integers(0, 5)),
    st.tuples(st.just("withdraw"), st.just(""), st.just(0)),
    st.tuples(st.just("restart"), st.just(""), st.just(0)),
)


def asked(subject: str, revision: int, **changes: object) -> Assign:
    """An assign that names this consent."""
    return assignment(consent_subject=subject, consent_revision=revision, **changes)


class Spec:
    """The rule in its own words: over all that was obeyed and withdrawn, however long ago."""

    def __init__(self) -> None:
        self.obeyed: list[tuple[str, int]] = []
        self.withdrawn: set[tuple[str, int]] = set()

    def allows(self, subject: str, revision: int) -> bool:
        """Whether such an assign may be obeyed."""
        if revision == 0 or not subject:
            return not self.obeyed
        newest = max((known for of, known in self.obeyed if of == subject), default=0)
        return revision >= newest and (subject, revision) not in self.withdrawn

    def withdraw(self) -> None:
        """The sleeper that was assigned last withdraws."""
        if self.obeyed:
            subject = self.obeyed[-1][0]
            self.withdrawn.add((subject, max(known for of, known in self.obeyed if of == subject)))


@settings(deadline=None, max_examples=150)
@given(st.lists(acts, max_size=24))
def test_a_pod_obeys_the_newest_yes_alone(run: list[tuple[str, str, int]]) -> None:
    """In any order of assigns, withdrawals and restarts the pod obeys exactly what the rule allows."""
    held, disk, spec = HeldConsents(), (), Spec()
    for act, subject, revision in run:
        written: list[KeepConsents] = []
        if act == "assign":
            refused = held.refusal(asked(subject, revision))
            assert (refused == "") is spec.allows(subject, revision), (subject, revision, refused)
            if not refused:
                written = held.see(asked(subject, revision))
                spec.obeyed += [(subject, revision)] if revision and subject else []
        elif act == "withdraw":
            written = held.mark_withdrawn()
            spec.withdraw()
        else:
            held = HeldConsents(disk)
        disk = written[-1].held if written else disk


def test_the_map_is_bounded_and_forgets_a_withdrawal_last() -> None:
    """Of 600 subjects 256 are kept: the newest, and the one that has withdrawn here before them all."""
    held = HeldConsents()
    held.see(asked(ASH, 8))
    written = held.mark_withdrawn()
    for number in range(600):
        written = held.see(asked(f"subject-{number:08d}", 1))
    assert len(written[-1].held) == SUBJECTS
    assert written[-1].held[0] == HeldConsent(ASH, 8, withdrawn=True)
    assert held.refusal(asked(ASH, 8)) == "consent-withdrawn"
    withdrawn = HeldConsents([HeldConsent(f"subject-{n:08d}", 1, withdrawn=True) for n in range(SUBJECTS)])
    assert len(withdrawn.see(asked(ASH, 1))[-1].held) == SUBJECTS


@pytest.mark.parametrize(
    ("kept", "subject", "revision", "refused"),
    [
        ((), "", 0, ""),
        ((), ASH, 0, ""),
        ((HeldConsent(ASH, 8),), "", 0, "consent-missing"),
        ((HeldConsent(ASH, 8),), ASH, 0, "consent-missing"),
        ((HeldConsent(ASH, 8),), "", 9, "consent-missing"),
        ((HeldConsent(ASH, 8),), ASH, 7, "consent-lower"),
        ((HeldConsent(ASH, 8),), ASH, 8, ""),
        ((HeldConsent(ASH, 8),), BEA, 1, ""),
        ((HeldConsent(ASH, 8, withdrawn=True),), ASH, 7, "consent-lower"),
        ((HeldConsent(ASH, 8, withdrawn=True),), ASH, 8, "consent-withdrawn"),
        ((HeldConsent(ASH, 8, withdrawn=True),), ASH, 9, ""),
        ((HeldConsent(ASH, 2**63),), ASH, 2**64 - 1, ""),
        (None, ASH, 9, "consent-unreadable"),
        (None, "", 0, "consent-unreadable"),
    ],
)
def test_after_a_restart_the_disk_decides(
    kept: tuple[HeldConsent, ...] | None, subject: str, revision: int, refused: str
) -> None:
    """An agent that has restarted refuses by what its disk holds, and its status says why."""
    bed = Bed(restored=Restored(consents=kept))
    bed.seat(consent_subject=subject, consent_revision=revision)
    bed.run(0.1)
    assert bed.status is not None
    assert [outcome.refused for outcome in bed.status.outcomes] == [refused]
    assert (bed.agent.home, bed.status.assignment) == ((True, 0) if refused else (False, 99))


def test_a_refused_pod_tells_the_revision_that_it_holds() -> None:
    """A lower and a withdrawn revision are told by an event, once a minute; a missing one is not."""
    bed = Bed(restored=Restored(consents=(HeldConsent(ASH, 8, withdrawn=True),)))
    bed.run(1.0)
    for subject, revision in ((ASH, 7), (ASH, 7), (ASH, 8), ("", 0)):
        bed.order(asked(subject, revision))
    told = bed.told(PodEventKind.DECLINED)
    assert [(event.consent_subject, event.consent_revision) for event in told] == [(ASH, 8)]
    assert (told[0].cause, told[0].assignment) == ("consent-lower", 99)
    bed.run(60.0)
    bed.order(asked(ASH, 8))
    assert [event.cause for event in bed.told(PodEventKind.DECLINED)] == [
        "consent-lower",
        "consent-withdrawn",
    ]


def slow(subject: str = ASH, revision: int = 8) -> Bed:
    """A bed whose disk has not written the consent of its assign yet."""
    bed = Bed()
    bed.writes = False
    bed.seat(consent_subject=subject, consent_revision=revision)
    bed.run(0.5)
    assert bed.agent.home
    assert bed.status is not None
    assert bed.status.outcomes == ()
    return bed


def test_an_assign_waits_for_the_disk() -> None:
    """Until its revision is on the disk an assign is neither obeyed nor answered; then it is, once."""
    bed = slow()
    bed.take(bed.agent.command(bed.command(asked(ASH, 8), counter=1), bed.now_ns))
    bed.kept = 1
    bed.run(2.0)
    assert bed.status is not None
    assert [outcome.refused for outcome in bed.status.outcomes] == [""]
    assert bed.status.assignment == 99
    assert bed.share > 0.0


@pytest.mark.parametrize(
    ("way", "refused"),
    [("release", "superseded"), ("withdraw", "latched"), ("wake", "latched"), ("end", "leaving")],
)
def test_a_way_out_overtakes_an_assign_that_waits(way: str, refused: str) -> None:
    """A release, a button or the end of the pod acts at once, and the assign is then not obeyed."""
    bed = slow()
    match way:
        case "release":
            bed.order(Release("go"))
        case "end":
            bed.take(bed.agent.end("stopped", bed.now_ns))
        case _:
            bed.take(bed.agent.button(way, bed.now_ns))
    bed.kept = 9
    bed.run(2.0)
    assert bed.agent.home
    assert bed.status is not None
    assert refused in [outcome.refused for outcome in bed.status.outcomes if outcome.counter == 1]
    assert bed.status.assignment == 0
    assert bed.share == 0.0


def test_the_newest_of_two_assigns_that_wait_is_obeyed() -> None:
    """An older assign that comes again while a newer one waits does not take its place."""
    bed = slow()
    newer = bed.command(asked(BEA, 3, assignment=100))
    for command in (newer, bed.command(asked(ASH, 8), counter=1)):
        bed.take(bed.agent.command(command, bed.now_ns))
    bed.kept = 9
    bed.run(0.1)
    assert bed.status is not None
    assert bed.status.assignment == 100


def test_a_disk_that_fails_binds_no_sleeper_and_frees_each() -> None:
    """A full disk refuses the waiting assign and those that follow; a merged sleeper still leaves at once."""
    bed = slow()
    bed.disk_failed = "No space left on device"
    bed.run(0.1)
    bed.order(asked(ASH, 8))
    assert bed.status is not None
    assert [outcome.refused for outcome in bed.status.outcomes] == ["consent-unkept"] * 2
    bed = Bed()
    bed.merge(consent_subject=ASH, consent_revision=8)
    bed.disk_failed = "No space left on device"
    bed.run(0.5)
    assert bed.share > 0.0
    assert_zero_first(list(bed.take(bed.agent.button("withdraw", bed.now_ns))))


def test_a_new_key_waits_for_no_disk() -> None:
    """The key of the assignment in force is renewed while the disk is slow, and after it has failed."""
    bed = Bed()
    bed.merge(consent_subject=ASH, consent_revision=8)
    bed.writes, bed.disk_failed = False, "gone"
    bed.run(0.1)
    bed.order(asked(ASH, 8, key_number=2))
    assert bed.status is not None
    assert bed.status.outcomes[-1].refused == ""


def kinds(effects: list[Effect]) -> list[type]:
    """The effects that go to the bed or the daemon, by type."""
    return [
        type(effect)
        for effect in effects
        if isinstance(effect, Render | KeepLatch | SendEvent | KeepConsents)
    ]


def test_a_withdrawal_is_zero_before_it_is_written() -> None:
    """The button renders zero first, then latches, tells and writes; its event names revision and subject."""
    bed = Bed()
    bed.merge(consent_subject=ASH, consent_revision=8)
    effects = bed.take(bed.agent.button("withdraw", bed.now_ns))
    assert_zero_first(list(effects))
    assert kinds(effects) == [Render, KeepLatch, SendEvent, SendEvent, KeepConsents]
    latched = bed.told(PodEventKind.LATCHED)[-1]
    assert (latched.cause, latched.consent_subject, latched.consent_revision) == ("withdraw", ASH, 8)
    assert bed.disk == (HeldConsent(ASH, 8, withdrawn=True),)


@pytest.mark.parametrize("restart", [False, True])
def test_the_withdrawn_revision_is_refused_ever_after(restart: bool) -> None:
    """Unlatched, and restarted, the pod refuses the revision that was withdrawn; the next one binds again."""
    bed = Bed()
    bed.merge(consent_subject=ASH, consent_revision=8)
    bed.release()
    bed.take(bed.agent.button("withdraw", bed.now_ns))
    assert bed.told(PodEventKind.LATCHED)[-1].consent_subject == ASH, (
        "no assignment is held, the subject is known"
    )
    bed.take(bed.agent.unlatch(bed.now_ns))
    bed = Bed(restored=Restored(consents=bed.disk)) if restart else bed
    bed.run(1.0)
    outcomes = []
    for number, revision in enumerate((8, 7, 9), 100):
        bed.order(asked(ASH, revision, assignment=number))
        bed.run(0.1)
        assert bed.status is not None
        outcomes.append(bed.status.outcomes[-1].refused)
    assert outcomes == ["consent-withdrawn", "consent-lower", ""]


def test_other_buttons_withdraw_nothing() -> None:
    """Wake, distress and arousal leave the revision as it is: the sleeper may be asked again."""
    for cause in ("wake", "distress", "arousal"):
        bed = Bed()
        bed.merge(consent_subject=ASH, consent_revision=8)
        bed.take(bed.agent.button(cause, bed.now_ns))
        assert bed.disk == (HeldConsent(ASH, 8),)


def cue(modalities: frozenset[Modality] | None, share: float = 0.1) -> Cue:
    """A cue for these modalities."""
    return Cue(np.zeros(12, dtype=np.float32), share, modalities=modalities)


@pytest.mark.parametrize(
    ("given", "sounds", "lights", "null"),
    [
        (None, True, True, True),
        (frozenset(), False, False, False),
        (frozenset({Modality.SOUND}), True, False, True),
        (frozenset({Modality.LIGHT}), False, True, True),
        (frozenset({Modality.TOUCH}), False, False, True),
        (frozenset(Modality), True, True, True),
    ],
)
def test_a_renderer_is_silent_without_its_modality(
    given: frozenset[Modality] | None, sounds: bool, lights: bool, null: bool
) -> None:
    """Sound and light render what was granted to them; no word of it, as from an older daemon, is all."""
    sound, light = (GrantedRenderer(NullRenderer(), of) for of in (Modality.SOUND, Modality.LIGHT))
    nothing = NullRenderer()
    for renderer in (sound, light, nothing):
        renderer.render(cue(given), 0)
    assert [one.share_at(0) > 0.0 for one in (sound, light, nothing)] == [sounds, lights, null]


def test_a_renderer_falls_silent_when_its_modality_is_taken() -> None:
    """A sleeper assigned anew without sound: the sound is over half a second after its last cue."""
    sound = GrantedRenderer(NullRenderer(), Modality.SOUND)
    sound.render(cue(None), 0)
    for at_ms in range(50, 600, 50):
        sound.render(cue(frozenset({Modality.LIGHT})), at_ms * 1_000_000)
    assert sound.share_at(550_000_000) == 0.0


class Broken(NullRenderer):
    """A device that has failed."""

    @property
    def failed(self) -> str:
        """Why."""
        return "unplugged"


def test_a_device_that_is_not_granted_has_not_failed() -> None:
    """A broken lamp leaves alone the sleeper to whom light is given, and no other."""
    lamp = GrantedRenderer(Broken(), Modality.LIGHT)
    found = []
    for modalities in (None, frozenset({Modality.SOUND}), frozenset({Modality.LIGHT})):
        lamp.render(cue(modalities), 0)
        found.append(lamp.failed)
    assert found == ["unplugged", "", "unplugged"]


@pytest.mark.parametrize("given", [None, frozenset({Modality.SOUND}), frozenset()])
def test_each_cue_names_the_modalities_of_its_assign(given: frozenset[Modality] | None) -> None:
    """From the assign on, and through the fade after it, every cue has the modalities that were granted."""
    bed = Bed()
    bed.seat(modalities=given, dose_left_min=inf)
    effects: list[Effect] = []
    for _ in range(40):
        effects += bed.pulse()
        if bed.now_ns % 250_000_000 == 0:
            effects += bed.say()
    effects += bed.release()
    found = {effect.cue.modalities for effect in effects if isinstance(effect, Render)}
    assert found == {given}
