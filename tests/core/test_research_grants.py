"""Research of the people of a recording: answers, GA4GH codes, and what one person takes back."""

from dataclasses import replace

import pytest

from dreamd.core.consent.research import NO_CODES, ResearchAnswer, ResearchGrants, common, permitted

ANY, GENERAL, HEALTH = "DUO:0000004", "DUO:0000042", "DUO:0000006"
DISEASE, ANCESTRY = "DUO:0000007", "DUO:0000011"
ETHICS, NO_PROFIT, NEW = "DUO:0000021", "DUO:0000018", "DUO:9999999"


@pytest.mark.parametrize(
    ("some", "more", "expected"),
    [
        ({HEALTH}, {HEALTH}, {HEALTH}),
        ({GENERAL}, {HEALTH}, {HEALTH}),
        ({ANY}, {GENERAL}, {GENERAL}),
        ({ANY}, {DISEASE}, {DISEASE}),
        ({GENERAL}, {ANCESTRY, DISEASE}, {ANCESTRY, DISEASE}),
        ({HEALTH, ANCESTRY}, {GENERAL}, {HEALTH, ANCESTRY}),
        ({HEALTH}, {ANCESTRY}, set()),
        ({HEALTH, ETHICS}, {HEALTH, NO_PROFIT}, {HEALTH, ETHICS, NO_PROFIT}),
        ({HEALTH}, {HEALTH, NEW}, {HEALTH, NEW}),
        ({ETHICS}, {HEALTH}, {ETHICS}),
    ],
)
def test_a_use_needs_every_person_and_a_restriction_one(
    some: set[str], more: set[str], expected: set[str]
) -> None:
    """The widest use within both is left, either's restriction stays, and the order does not matter."""
    assert common(frozenset(some), frozenset(more)) == expected
    assert common(frozenset(more), frozenset(some)) == expected


def test_restrictions_alone_permit_no_use() -> None:
    """A code that restricts, and one that is not known, permit nothing."""
    assert permitted(frozenset({ETHICS, NEW})) == NO_CODES
    assert permitted(frozenset({GENERAL, ETHICS})) == {GENERAL, HEALTH, DISEASE, ANCESTRY}


def told(*codes: str, seated: bool = True) -> ResearchAnswer:
    """The answer of one person."""
    return ResearchAnswer(frozenset(codes), seated)


def test_what_is_taken_back_once_stays_so() -> None:
    """A person without research counts for good; one that never had a slot does not count."""
    research = ResearchGrants().answered({1: told(HEALTH), 2: told(GENERAL), 7: told(seated=False)})
    assert (research.people, research.without, research.codes) == ({1, 2}, set(), {HEALTH})
    research = research.answered({2: told(seated=False)}).answered({2: told(GENERAL)})
    assert research.without == {2}
    assert research.answered({3: told()}).without == {2, 3}


def test_perform_that_is_taken_back_once_stays_so_and_unknown_stays_unknown() -> None:
    """Each person counts for all of the recording; two answers that wait perform where both do."""
    yes, no = (replace(told(HEALTH), performs=performs) for performs in (True, False))
    grants = ResearchGrants().answered({1: yes, 2: no, 3: yes}).answered({2: yes, 3: no})
    assert grants.unperformed == {2, 3}
    assert replace(grants, unperformed=None).answered({1: no}).unperformed is None
    assert [one.followed_by(later).performs for one, later in ((yes, yes), (yes, no), (no, yes))] == [
        *(True, False, False)
    ]
    assert not replace(grants, unperformed=frozenset({9})).sound


@pytest.mark.parametrize(
    ("first", "later", "codes", "seated"),
    [
        (told(HEALTH), told(seated=False), set(), True),
        (told(seated=False), told(HEALTH), set(), True),
        (told(GENERAL), told(HEALTH, ETHICS, seated=False), {HEALTH, ETHICS}, True),
        (told(HEALTH, seated=False), told(HEALTH, seated=False), {HEALTH}, False),
    ],
)
def test_two_answers_that_wait_are_one_that_takes_away_what_either_does(
    first: ResearchAnswer, later: ResearchAnswer, codes: set[str], *, seated: bool
) -> None:
    """No answer that takes something back is overwritten while the disk is slow."""
    assert first.followed_by(later) == ResearchAnswer(frozenset(codes), seated)
