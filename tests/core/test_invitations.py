"""Lists of guests: what an acceptance covers, and who may be seated with whom."""

import random
from dataclasses import replace

import pytest

from dreamd.core.invitations.course import (
    GUESTS_MOST,
    Answer,
    Guest,
    Invitation,
    accepted,
    declined,
    invited,
    lacking,
    voided,
)
from dreamd.core.refusals import Code, Refusal

NOW_S = 1_800_000_000.0


def listed(*sleepers: str, onto: Invitation | None = None) -> Invitation:
    """The list with these guests too."""
    after = invited(onto or Invitation("duet"), sleepers)
    assert isinstance(after, Invitation)
    return after


def yes(invitation: Invitation, *sleepers: str) -> Invitation:
    """These guests accept the list as it is."""
    for sleeper in sleepers:
        after = accepted(invitation, sleeper, invitation.revision, NOW_S)
        assert isinstance(after, Invitation)
        invitation = after
    return invitation


def may_sit(invitation: Invitation, sleeper: str, *seated: str) -> bool:
    """Whether the sleeper may be seated with these."""
    return lacking(invitation, sleeper, seated) is None


def test_a_guest_is_seated_where_every_acceptance_covers_everyone_seated() -> None:
    """A guest sits after their own yes, and with those alone that cover them."""
    duet = listed("ash", "birch", "cedar")
    assert not may_sit(duet, "ash")
    duet = yes(duet, "ash", "birch")
    assert may_sit(duet, "ash")
    assert may_sit(duet, "birch", "ash")
    assert not may_sit(duet, "cedar", "ash", "birch")
    assert may_sit(yes(duet, "cedar"), "cedar", "ash", "birch")


@pytest.mark.parametrize("guests", [2, 5, GUESTS_MOST - 1])
def test_one_more_guest_asks_everyone_anew(guests: int) -> None:
    """The seated cover one another still; the new guest waits until each of them has accepted anew."""
    names = [f"s{n:02d}" for n in range(guests)]
    duet = yes(listed(*names), *names)
    duet = yes(listed("zoe", onto=duet), "zoe")
    assert [duet.answer_of(guest) for guest in duet.guests] == [Answer.ASKED_ANEW] * guests + [
        Answer.ACCEPTED
    ]
    assert all(may_sit(duet, name, *names) for name in names)
    for done in range(guests):
        no = lacking(duet, "zoe", names)
        assert no is not None
        assert (no.code, no.metadata["uncovered"]) == (Code.NOT_INVITED, str(guests - done))
        assert not any(name in no.sentence for name in (*names, "zoe"))
        duet = yes(duet, names[done])
    assert may_sit(duet, "zoe", *names)


def test_an_old_acceptance_keeps_its_guest_from_a_seat_beside_a_new_one() -> None:
    """With the new guest seated first, a guest that has accepted the shorter list alone waits."""
    duet = yes(listed("ash", "birch"), "ash", "birch")
    duet = yes(listed("cedar", onto=duet), "cedar")
    no = lacking(duet, "ash", ("cedar",))
    assert no is not None
    assert "before a seated guest was on it" in no.sentence
    assert may_sit(duet, "ash", "birch")


def test_an_acceptance_names_the_list_that_was_read() -> None:
    """An acceptance of another revision, and of a sleeper that is no guest, is refused."""
    duet = listed("cedar", onto=listed("ash", "birch"))
    for sleeper, revision in (("ash", 1), ("ash", 3), ("ash", 0), ("dora", 2)):
        no = accepted(duet, sleeper, revision, NOW_S)
        assert isinstance(no, Refusal)
        assert no.code is Code.NOT_INVITED
    duet = yes(duet, "ash")
    assert accepted(duet, "ash", 2, NOW_S + 9.0) == duet


def test_a_guest_that_declines_is_seated_with_none_until_they_accept_again() -> None:
    """A no ends an acceptance, before and after it; a later yes of the same guest counts again."""
    duet = yes(listed("ash", "birch"), "ash", "birch")
    duet = declined(duet, "ash", NOW_S)
    ash = duet.guest("ash")
    assert ash is not None
    assert (duet.answer_of(ash), ash.accepted) == (Answer.DECLINED, 0)
    assert not may_sit(duet, "ash")
    assert not may_sit(duet, "birch", "ash")
    assert may_sit(duet, "birch")
    assert declined(duet, "ash", NOW_S) == declined(duet, "dora", NOW_S) == duet
    assert may_sit(yes(duet, "ash"), "ash", "birch")


def test_a_guest_who_comes_back_is_a_new_guest() -> None:
    """One taken off the list asks nobody anew; one put on it again does, also where it was the newest."""
    duet = yes(listed("ash", "birch", "cedar"), "ash", "birch", "cedar")
    shorter = duet.without({"cedar"})
    assert may_sit(shorter, "ash", "birch")
    assert not may_sit(shorter, "cedar", "ash")
    assert not may_sit(shorter, "ash", "cedar")
    again = yes(listed("cedar", onto=shorter), "cedar")
    assert again.revision == 2
    assert not may_sit(again, "cedar", "ash")


def test_a_list_has_at_most_twelve_guests() -> None:
    """The thirteenth is refused, also one by one; a guest named twice counts once."""
    names = [f"s{n}" for n in range(GUESTS_MOST)]
    full = listed(*names, *names)
    assert len(full.guests) == GUESTS_MOST
    assert invited(full, names) == full
    for onto, more in ((full, ["zoe"]), (Invitation("duet"), [*names, "zoe"])):
        no = invited(onto, more)
        assert isinstance(no, Refusal)
        assert no.metadata["field"] == "sleepers"


def test_a_restored_ledger_asks_every_guest_anew_under_a_revision_never_given() -> None:
    """No acceptance is left, a no stays, and a revision read before the loss is refused."""
    duet = declined(yes(listed("ash", "birch"), "ash", "birch"), "birch", NOW_S)
    void = voided(duet, NOW_S)
    assert [void.answer_of(one) for one in void.guests] == [Answer.ASKED, Answer.DECLINED]
    assert isinstance(accepted(void, "ash", 2, NOW_S), Refusal)
    assert voided(void, NOW_S).revision > void.revision
    assert may_sit(yes(void, "ash"), "ash")


@pytest.mark.parametrize("seed", range(40))
def test_no_two_are_seated_of_whom_one_has_not_accepted_the_other(seed: int) -> None:
    """Over random lists, answers and seats each seated pair covers each other at every moment."""
    rng = random.Random(seed)
    duet, seated = Invitation("duet"), set[str]()
    names = [f"s{n}" for n in range(6)]
    sat = 0
    for _ in range(120):
        name = rng.choice(names)
        match rng.randrange(6):
            case 0:
                duet = listed(name, onto=duet)
            case 1 | 2:
                after = accepted(duet, name, duet.revision - (rng.random() < 0.2), NOW_S)
                duet = duet if isinstance(after, Refusal) else after
            case 3 if rng.random() < 0.4:
                duet = declined(duet, name, NOW_S) if rng.random() < 0.5 else duet.without({name})
                seated.discard(name)
            case _ if may_sit(duet, name, *seated):
                seated.add(name)
                sat += 1
            case _:
                pass
        guests = [guest for guest in duet.guests if guest.sleeper in seated]
        assert len(guests) == len(seated)
        assert all(one.covers(other) for one in guests for other in guests)
    assert sat
    assert replace(duet, revision=0) != duet


def test_a_guest_without_an_answer_covers_nobody() -> None:
    """A list that was never accepted covers no guest, also where a revision is 0."""
    assert not Guest("ash", 1).covers(Guest("birch", 1))
    assert not Guest("ash", 1, accepted=1, declined=True).covers(Guest("ash", 1))
