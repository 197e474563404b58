"""Guidelines: vocabulary, bundles, differences, judgement; the course of a revision."""

from dataclasses import replace
from math import inf, nan
from random import Random

import pytest
from jsonschema import Draft202012Validator, ValidationError

from dreamd.adapters.documents.canonical import digest
from dreamd.adapters.documents.shipped import shipped_bundle, shipped_text
from dreamd.core.access.caller import Role
from dreamd.core.guidelines.bundle import Bundle, BundleError, Clause, window
from dreamd.core.guidelines.course import (
    COMMENTS_S,
    CONFIRM_S,
    LAPSES_S,
    Course,
    CourseEffect,
    CourseState,
    Opens,
    Passes,
    Ratifies,
    Superseded,
    Withdraws,
    step,
)
from dreamd.core.guidelines.diff import Change, diff, only_tightens
from dreamd.core.guidelines.forms import Form, Key, Only, Place, Tighter, Window
from dreamd.core.guidelines.json_schema import json_schema
from dreamd.core.guidelines.judgement import Finding, judge, refusal
from dreamd.core.guidelines.keys import KEYS
from dreamd.core.guidelines.reading import read_bundle
from dreamd.core.refusals import Code, Refusal

SHIPPED = shipped_bundle()
RETAINED = (
    '\n[[clause]]\nnumber = "8.3"\nkey = "retain_days"\nlimit = 3650\nbasis = "HSG 22"\ntext = "Kept."\n'
)
FULL = read_bundle(shipped_text() + RETAINED)
"""The shipped revision and the optional clause: every key there is."""
JUDGING = [key for key in KEYS.values() if key.only is not Only.NEVER]
LIMITED = [key for key in KEYS.values() if key.form is not Form.PRINCIPLE]


def facts_within(bundle: Bundle) -> dict[str, float]:
    """Return facts that keep to every clause, for four people with calibration days enough."""
    facts = {"people": 4.0}
    for name, key in KEYS.items():
        limit = bundle.by_key[name].bound if name in bundle.by_key else key.absent
        value = float(limit.start_min) if isinstance(limit, Window) else float(limit or 0.0)
        facts[key.fact] = min(value, facts.get(key.fact, inf))
    facts["calibration_days"] = 1.0  # so that each key judges
    return facts


def refused(bundle: Bundle, facts: dict[str, float]) -> set[str]:
    """Return the keys that refuse, at any place."""
    return {finding.key.name for place in Place for finding in judge(bundle, place, facts)}


def with_limit(bundle: Bundle, name: str, limit: float | Window) -> Bundle:
    """Return the bundle with another limit in one clause."""
    clauses = tuple(
        replace(c, limit=limit) if c.key is not None and c.key.name == name else c for c in bundle.clauses
    )
    return Bundle(bundle.revision + 1, clauses, bundle.title)


def tightened_limit(key: Key, limit: float | Window) -> float | Window:
    """Return a limit that is tighter by the least that shows."""
    if isinstance(limit, Window):
        return Window((limit.start_min + 1) % 1440, limit.end_min)
    return limit - 1e-9 if key.tighter is Tighter.LOWER else limit + 1e-9


def test_facts_at_every_limit_are_allowed() -> None:
    """A fact that equals its limit keeps to it, for every key of the vocabulary."""
    assert refused(FULL, facts_within(FULL)) == set()
    assert set(FULL.by_key) == set(KEYS)


@pytest.mark.parametrize("key", LIMITED, ids=lambda key: key.name)
def test_a_mutated_key_changes_exactly_one_refusal(key: Key) -> None:
    """Over all keys: one limit tightened by a hair refuses once, by its own clause, and nothing else."""
    facts, limit = facts_within(FULL), FULL.by_key[key.name].limit
    assert limit is not None
    if key.only is Only.NEVER:  # it says when the walk-in's dose judges
        facts |= {"dose_24h_min": 12.0, key.fact: 3.0}
        assert refused(FULL, facts) == set()
        assert refused(with_limit(FULL, key.name, 4.0), facts) == {"dose_new_min"}
        return
    if key.name == "dose_24h_min":  # below the calibration days the walk-in's dose is reached first
        facts |= {"dose_24h_min": 60.0, "calibration_days": 3.0}
    assert refused(FULL, facts) == set()
    assert refused(with_limit(FULL, key.name, tightened_limit(key, limit)), facts) == {key.name}


@pytest.mark.parametrize("key", JUDGING, ids=lambda key: key.name)
def test_a_fact_that_is_missing_refuses(key: Key) -> None:
    """Without its fact, or with NaN in its place, each key refuses; a clause never goes unjudged."""
    facts = facts_within(FULL)
    for unknown in ({k: v for k, v in facts.items() if k != key.fact}, facts | {key.fact: nan}):
        assert key.name in refused(FULL, unknown)


def test_a_condition_that_is_not_known_judges() -> None:
    """Where the number of people or of calibration days is missing, the stricter clause judges."""
    facts = facts_within(FULL) | {
        "coupling": 0.12,
        "dose_24h_min": 12.0,
        "people": 5.0,
        "calibration_days": 3.0,
    }
    assert refused(FULL, facts) == set()
    assert refused(FULL, facts | {"people": nan}) == {"ceiling_intimate"}
    assert refused(FULL, facts | {"calibration_days": nan}) == {"dose_new_min"}


def test_a_refusal_names_clause_revision_limit_and_value() -> None:
    """The refusal of INSTITUTIONS 0: code, clause, revision, limit and value, and a next step."""
    (finding,) = judge(
        FULL, Place.ADMISSION, facts_within(FULL) | {"dose_24h_min": 63.2, "calibration_days": 3.0}
    )
    told = refusal(finding, 7)
    assert told.code is Code.GUIDELINE_REFUSED
    assert told.metadata == {"clause": "G-3.1", "revision": "7", "limit": "60", "value": "63.2"}
    assert "clause G-3.1 of the guidelines, revision 7" in told.sentence
    assert told.next_step
    unknown = Finding(finding.clause, finding.key, 60.0, nan)
    assert "dose_24h_min is not known" in refusal(unknown, 7).sentence


@pytest.mark.parametrize(
    ("minute", "holds"), [(1199, False), (1200, True), (0, True), (539, True), (540, False), (nan, False)]
)
def test_hours_hold_to_their_end(minute: float, holds: bool) -> None:
    """20:00/09:00 holds over midnight from its first minute, and no longer at its end."""
    hours = window("20:00/09:00")
    assert hours is not None
    assert hours.holds(minute) is holds


def test_a_window_is_inside_another_minute_by_minute() -> None:
    """`within` is what a comparison of every minute finds, for windows at random."""
    draw = Random(5)
    for _ in range(60):
        one, other = (Window(draw.randrange(0, 1440, 120), draw.randrange(0, 1440, 120)) for _ in range(2))
        every = all(other.holds(m) for m in range(0, 1440, 60) if one.holds(m))
        assert one.within(other) is every, (str(one), str(other))


# -- bundles -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "below", "code", "said"),
    [
        ('key = "hours"', 'key = "hour"', 0, Code.INVALID_ARGUMENT, "unknown key 'hour'"),
        ("limit = 240", "limit = nan", 0, Code.INVALID_ARGUMENT, "got nan"),
        ("limit = 240", "limit = true", 0, Code.INVALID_ARGUMENT, "got True"),
        ("limit = 240", "", -1, Code.INVALID_ARGUMENT, "needs a limit"),
        ('limit = 0.15\ntext = "The', 'limit = 0.151\ntext = "The', 0, Code.BEYOND_BOUND, "no ratification"),
        ('limit = 60\ntext = "The', 'limit = inf\ntext = "The', 0, Code.BEYOND_BOUND, "10 to 43200 s"),
        ("limit = 3\n", "limit = 2.5\n", 0, Code.INVALID_ARGUMENT, "whole number"),
        ('limit = "20:00/09:00"', 'limit = "20/9"', 0, Code.INVALID_ARGUMENT, "20:00/09:00"),
        ('number = "3.3"', 'number = "3.2"', 0, Code.INVALID_ARGUMENT, "stands twice"),
        ('number = "3.3"', "number = 3.3", 0, Code.INVALID_ARGUMENT, "3.3"),
        ('key = "dose_new_min"', 'key = "dose_7d_min"', 0, Code.INVALID_ARGUMENT, "is set by clause 3.2"),
        ("revision = 1", "revision = 0", 0, Code.INVALID_ARGUMENT, "from 1"),
        ("revision = 1", "revision = 1\nprice = 3", 1, Code.INVALID_ARGUMENT, "no field 'price'"),
        ('text = "Only', 'reward = 1\ntext = "Only', 0, Code.INVALID_ARGUMENT, "no field 'reward'"),
        ('key = "adults_only"', 'key = "adults_only"\nlimit = 1', 1, Code.INVALID_ARGUMENT, "takes no limit"),
        ("Only adults", "Only\\nadults", 0, Code.NOT_CANONICAL, "one line"),
        ("Only adults", "Only a\u0308dults", 0, Code.NOT_CANONICAL, "NFC"),
    ],
)  # fmt: skip
def test_a_faulty_bundle_is_refused_with_its_line(
    old: str, new: str, below: int, code: Code, said: str
) -> None:
    """Each fault is refused by code, in a sentence that begins with the line of the file at fault."""
    before, *after = shipped_text().split(old)
    assert len(after) == 1, "the fault stands in one place"
    line = before.count("\n") + 1 + below
    with pytest.raises(BundleError, match=r"^line ") as refusal:
        read_bundle(shipped_text().replace(old, new))
    assert refusal.value.code is code
    assert str(refusal.value).startswith(f"line {line}: ")
    assert said in str(refusal.value)


def test_a_bundle_without_a_required_key_is_refused() -> None:
    """Each required key has its clause; a principle cannot be dropped. Broken TOML names line and column."""
    text = shipped_text()
    start = text.index('[[clause]]\nnumber = "1.3"')
    with pytest.raises(BundleError, match="no clause has the key wake_never_refused"):
        read_bundle(text[:start] + text[text.index("# 2: coupling") :])
    with pytest.raises(BundleError, match="line 3, column"):
        read_bundle(text.replace("revision = 1", "revision = = 1"))
    for broken in ("limit = " + "9" * 5000, "x = " + "[" * 5000, " " * (2 << 20)):
        with pytest.raises(BundleError):
            read_bundle(broken)
    with pytest.raises(BundleError, match="basis"):
        read_bundle(text + RETAINED.replace('basis = "HSG 22"\n', ""))


def test_a_header_inside_a_text_does_not_move_the_line() -> None:
    """The line is the true clause's, also after a text that looks like the head of a clause."""
    lure = "\n[[clause]]\nnumber = \"1.9\"\nbasis = '''\n[[clause]]\n'''\ntext = \"x\"\n"
    with pytest.raises(BundleError) as refusal:
        read_bundle("revision = 1" + lure)
    assert str(refusal.value).startswith("line 4: clause 1.9, basis")


def test_the_name_is_of_the_content() -> None:
    """The order of the clauses and the way a number is written do not change the name; one limit does."""
    text = shipped_text()
    first, second = text.index('[[clause]]\nnumber = "4.4"'), text.index("# 5: hours")
    moved = text[:first] + text[second:] + "\n" + text[first:second]
    name = digest(SHIPPED.document())
    assert digest(read_bundle(moved).document()) == name
    assert digest(read_bundle(text.replace("limit = 0.10", "limit = 1e-1")).document()) == name
    assert digest(read_bundle(text.replace("limit = 0.10", "limit = 0.09")).document()) != name
    assert len(name) == 64


def test_the_schema_for_editors_agrees_with_the_reader() -> None:
    """The generated schema takes the shipped revision, no limit out of bounds and no unknown key."""
    schema = json_schema()
    Draft202012Validator.check_schema(schema)
    judge_of = Draft202012Validator(schema)
    document = {"revision": 1, "clause": [c.document() for c in FULL.clauses]}
    judge_of.validate(document)
    for number, change in (("2.1", {"limit": 0.2}), ("1.2", {"key": "rewards"}), ("8.3", {"basis": None})):
        clauses = [c | change if c["number"] == number else c for c in document["clause"]]
        with pytest.raises(ValidationError):
            judge_of.validate({"revision": 1, "clause": clauses})


# -- differences ----------------------------------------------------------------------------------------


def test_a_difference_says_which_way_a_limit_went() -> None:
    """Tightened, loosened and reworded by clause; the retention's clause loosens where it is added."""
    looser = with_limit(with_limit(SHIPPED, "dose_24h_min", 61.0), "ramp_s", 120.0)
    assert [(d.number, d.change) for d in diff(SHIPPED, looser)] == [
        ("2.3", Change.TIGHTENED),
        ("3.1", Change.LOOSENED),
    ]
    added = diff(SHIPPED, FULL)
    assert [(d.number, d.change, d.tightens) for d in added] == [("8.3", Change.ADDED, False)]
    assert [(d.change, d.tightens) for d in diff(FULL, SHIPPED)] == [(Change.REMOVED, True)]
    renamed = tuple(replace(c, text="Other words.") if c.number == "3.1" else c for c in SHIPPED.clauses)
    assert [d.change for d in diff(SHIPPED, Bundle(2, renamed, SHIPPED.title))] == [Change.REWORDED]
    assert not only_tightens(SHIPPED, Bundle(2, renamed, SHIPPED.title))
    shifted = with_limit(SHIPPED, "hours", Window(19 * 60, 9 * 60))
    assert [d.change for d in diff(SHIPPED, shifted)] == [Change.LOOSENED]
    assert not only_tightens(SHIPPED, SHIPPED)


def _other_limit(draw: Random, clause: Clause) -> Clause:
    key, limit = clause.key, clause.limit
    if key is None or limit is None:
        return clause
    if isinstance(limit, Window):
        return replace(clause, limit=Window(draw.randrange(1140, 1260, 30), draw.randrange(480, 600, 30)))
    lowest, highest = key.bounds
    return replace(clause, limit=min(max(limit * draw.choice((0.5, 0.9, 1.1, 2.0)), lowest), highest))


def test_a_tightened_revision_admits_nobody_that_the_old_one_refused() -> None:
    """10^4 random revisions: one that only tightens, by the vocabulary, refuses all that was refused."""
    draw, tightening = Random(17), 0
    facts = facts_within(FULL)
    for _ in range(10_000):
        clauses = list(FULL.clauses)
        for _ in range(draw.choice((1, 1, 2))):
            at = draw.randrange(len(clauses))
            clauses[at] = _other_limit(draw, clauses[at])
        new = Bundle(2, tuple(clauses), FULL.title)
        if not only_tightens(FULL, new):
            continue
        tightening += 1
        changed = [c for c, old in zip(clauses, FULL.clauses, strict=True) if c != old and c.key is not None]
        moved = {
            c.key.fact: facts[c.key.fact] * draw.choice((0.4, 0.97, 1.03, 1.8)) for c in changed if c.key
        }
        lived = facts | moved | {"calibration_days": draw.choice((1.0, 3.0, 6.0))}
        places = {c.key.place for c in changed if c.key}
        for place in places:
            old = {finding.key.name for finding in judge(FULL, place, lived)}
            assert old <= {finding.key.name for finding in judge(new, place, lived)}
    assert tightening > 1000


# -- the course of a revision ----------------------------------------------------------------------------

T0 = 1_800_000_000.0
DRAFT = Course(8, "ida", T0)
BEGUN = (CourseEffect.BEGINS, CourseEffect.STANDS)
BOTH = frozenset({Role.CLINICIAN, Role.ADVOCATE})
ALL, ONE = BOTH | {Role.OPERATOR}, frozenset({Role.CLINICIAN})


def lived(course: Course, event: object, now_s: float) -> tuple[Course, tuple[CourseEffect, ...]]:
    """Return the step, which is no refusal."""
    after = step(course, event, now_s)  # type: ignore[arg-type]
    assert not isinstance(after, Refusal), after
    return after


def opened() -> Course:
    """Return the draft, open for comments since T0."""
    return lived(DRAFT, Opens("d1"), T0)[0]


def ratifies(person: str, role: Role, *, tightens: bool = False, roles: frozenset[Role] = BOTH) -> Ratifies:
    """Return the event of a person that holds both roles, or these."""
    return Ratifies(person, role, roles, tightens)


def test_two_people_in_two_roles_bring_a_revision_into_force() -> None:
    """After its week of comments a clinician and an advocate ratify; a repetition changes nothing."""
    late_s = T0 + COMMENTS_S
    one, none = lived(opened(), ratifies("cleo", Role.CLINICIAN), late_s)
    assert (one.state, none) == (CourseState.OPEN, ())
    assert lived(one, ratifies("cleo", Role.CLINICIAN), late_s)[0] == one
    assert lived(one, ratifies("carl", Role.CLINICIAN), late_s)[0] == one
    two, effects = lived(one, ratifies("ada", Role.ADVOCATE), late_s + 5.0)
    assert (two.state, two.in_force_s, effects) == (CourseState.IN_FORCE, late_s + 5.0, BEGUN)
    assert not two.provisional
    assert lived(two, Passes(), late_s + 100 * 86400.0) == (two, ())
    assert lived(two, Superseded(), late_s + 9.0)[0].state is CourseState.SUPERSEDED


@pytest.mark.parametrize("first", [Role.CLINICIAN, Role.ADVOCATE])
def test_one_person_with_both_roles_cannot_ratify_twice(first: Role) -> None:
    """The second role is refused to the person of the first, in either order, and to confirm as well."""
    second = next(iter(BOTH - {first}))
    one, _ = lived(opened(), ratifies("bo", first), T0 + COMMENTS_S)
    refused = step(one, ratifies("bo", second), T0 + COMMENTS_S)
    assert isinstance(refused, Refusal)
    assert refused.code is Code.SAME_PERSON
    provisional = replace(opened(), state=CourseState.IN_FORCE, in_force_s=T0, provisional=True)
    one, _ = lived(provisional, ratifies("bo", first), T0 + COMMENTS_S)
    refused = step(one, ratifies("bo", second), T0 + COMMENTS_S)
    assert isinstance(refused, Refusal)
    assert refused.code is Code.SAME_PERSON


@pytest.mark.parametrize(
    ("course", "event", "now_s", "code"),
    [
        (DRAFT, Opens(""), T0, Code.WRONG_STATE),
        (DRAFT, ratifies("cleo", Role.CLINICIAN), T0, Code.WRONG_STATE),
        (opened(), ratifies("cleo", Role.CLINICIAN), T0 + COMMENTS_S - 1.0, Code.TOO_EARLY),
        (opened(), ratifies("cleo", Role.OPERATOR, roles=ALL), T0 + COMMENTS_S, Code.WRONG_ROLE),
        (opened(), ratifies("cleo", Role.ADVOCATE, roles=ONE), T0 + COMMENTS_S, Code.WRONG_ROLE),
        (opened(), ratifies("cleo", Role.CLINICIAN), T0 + LAPSES_S, Code.WRONG_STATE),
        (opened(), Withdraws("mallory"), T0, Code.WRONG_ROLE),
        (replace(opened(), state=CourseState.IN_FORCE), Withdraws("ida"), T0, Code.WRONG_STATE),
        (replace(opened(), state=CourseState.WITHDRAWN), Opens("d"), T0, Code.WRONG_STATE),
    ],
)  # fmt: skip
def test_what_is_not_in_the_table_is_refused(course: Course, event: object, now_s: float, code: Code) -> None:
    """Too early, in a role that is not held, in a wrong state, by a person that did not propose it."""
    refused = step(course, event, now_s)  # type: ignore[arg-type]
    assert isinstance(refused, Refusal)
    assert refused.code is code


def test_a_tightening_holds_at_once_and_lapses_unless_confirmed() -> None:
    """Ratified within its week it is in force and provisional for 30 days; confirmed, it stays."""
    one, _ = lived(opened(), ratifies("cleo", Role.CLINICIAN, tightens=True), T0)
    now, effects = lived(one, ratifies("ada", Role.ADVOCATE, tightens=True), T0 + 1.0)
    assert (now.provisional, now.in_force_s, effects) == (True, T0 + 1.0, (CourseEffect.BEGINS,))
    gone, effects = lived(now, Passes(), T0 + 1.0 + CONFIRM_S)
    assert (gone.state, effects) == (CourseState.LAPSED, (CourseEffect.ENDS,))
    early = step(now, ratifies("cleo", Role.CLINICIAN, tightens=True), T0 + 2.0)
    assert isinstance(early, Refusal)
    assert early.code is Code.TOO_EARLY
    half, _ = lived(now, ratifies("cleo", Role.CLINICIAN), T0 + COMMENTS_S)
    kept, effects = lived(half, ratifies("ada", Role.ADVOCATE), T0 + COMMENTS_S)
    assert (kept.provisional, effects) == (False, (CourseEffect.STANDS,))
    assert lived(kept, Passes(), T0 + 2 * CONFIRM_S) == (kept, ())


def test_a_tightening_that_no_longer_tightens_waits_for_its_week() -> None:
    """Whether it tightens is judged at each ratification: the second is refused where force has moved on."""
    one, _ = lived(opened(), ratifies("cleo", Role.CLINICIAN, tightens=True), T0)
    refused = step(one, ratifies("ada", Role.ADVOCATE, tightens=False), T0 + 1.0)
    assert isinstance(refused, Refusal)
    assert refused.code is Code.TOO_EARLY


def test_a_revision_begins_at_its_instant() -> None:
    """Ratified for a later instant it is in force from then on, and may be withdrawn until then."""
    begins_s = T0 + COMMENTS_S + 1000.0
    course = replace(opened(), begins_s=begins_s)
    one, _ = lived(course, ratifies("cleo", Role.CLINICIAN), T0 + COMMENTS_S)
    two, effects = lived(one, ratifies("ada", Role.ADVOCATE), T0 + COMMENTS_S)
    assert (two.state, effects) == (CourseState.RATIFIED, ())
    assert lived(two, Passes(), begins_s)[1] == BEGUN
    assert lived(two, Withdraws("ida"), begins_s - 1.0)[0].state is CourseState.WITHDRAWN
