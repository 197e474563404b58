"""The lines about the institutions: exchange, clinic, guidelines, public report, pieces.

The rules are the account's own, from the design's tables: it does not ask the code that it judges.
"""

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import Final, cast

from dreamd.festival.account.line import Line, line
from dreamd.festival.facts import CaseTold, Facts, RefusalTold, ReportTold, Round, Subject, Trip

LEVEL_OF: Final[Mapping[str, int]] = {
    "distress": 1,
    "identity": 1,
    "homogenise": 1,
    "arousal": 3,
    "wake": 3,
    "actuator": 3,
}
"""The level of the case that a trip opens in its first night, by its cause.

A fault of a device opens none, nor does the end of a dose at its limit.
"""
PARENTS: Final = frozenset({"gain-runaway", "synchrony-runaway", "homogenise", "mass"})
"""Causes that sever a whole Dreamscape: a parent case of no person is opened."""
WITHIN_S: Final[Mapping[int, float]] = {1: 900.0, 2: 4 * 3600.0, 3: 24 * 3600.0, 4: 7 * 86400.0}
"""The time in which a case of a level is answered; one of level 4 closes by itself."""
NOTE: Final = 4
CASE_WITHIN_S: Final = 60.0
"""From a trip to its case: a pod that has no network tells its trip when it is back."""
PULL_LEAST: Final = 0.5
"""From this pull on a person is not released."""
CITED: Final = frozenset({"GUIDELINE_REFUSED", "EXPOSURE_REACHED"})
"""Refusals by a limit: they cite clause, revision, limit and value."""
NAMED: Final[Mapping[str, tuple[str, ...]]] = {
    "MORATORIUM": ("moratorium", "clause"),
    "ON_HOLD": ("case",),
    "CONSENT_MISSING": ("scope", "field", "clause"),
}
"""Refusals that name one of these, by code."""
ROUNDED_TO: Final = 5


# -- exchange ----------------------------------------------------------------------------------------------


def berths(facts: Facts) -> Line:
    """Each berth that is held in the end was slept in by its holder; the file of each round verifies."""
    slept = {(stay.sleeper, stay.site, stay.night) for stay in facts.stays}
    held = [(one, ask, offer) for one in facts.rounds for ask, offer in sorted(_held(one).items())]

    def faults() -> Iterator[str]:
        for one in facts.rounds:
            yield from (f"round {one.id}: {fault}" for fault in one.faults)
            if not _held(one):
                yield f"round {one.id} has placed no ask"
        for one, ask, offer in held:
            site, night = _place(one, offer)
            sleeper = one.holders.get(ask, "")
            if not sleeper:
                yield f"round {one.id}: berth {offer} is held by ask {ask} of no sleeper"
            elif (sleeper, site, night) not in slept:
                yield f"round {one.id}: berth {offer} of {sleeper} stood empty in the night of {night}"

    return line(Subject.BERTHS, "each berth was used or given on", "berth", len(held), faults())


def _held(one: Round) -> dict[str, str]:
    return cast("dict[str, str]", one.document.get("held", {}))


def _place(one: Round, offer: str) -> tuple[str, str]:
    book = cast("dict[str, list[dict[str, str]]]", one.document["book"])
    found = next((other for other in book["offers"] if other["id"] == offer), None)
    return ("", "") if found is None else (found["site"], found["night"])


def pool(facts: Facts) -> Line:
    """The money of each round is balanced to the cent, and each round begins where the last one ended."""
    charged = [(one, row) for one in facts.rounds for row in one.told_rows[1:]]

    def faults() -> Iterator[str]:
        before: Round | None = None
        for one in facts.rounds:
            yield from _money(one)
            if before is not None and one.pool_before != before.pool_after:
                yield f"round {one.id} begins with {one.pool_before} cents, {before.pool_after} were left"
            before = one

    return line(Subject.POOL, "the pool is right to the cent", "berth that is paid", len(charged), faults())


def _money(one: Round) -> Iterator[str]:
    columns, rows = (one.told_rows[0], one.told_rows[1:]) if one.told_rows else ((), ())
    sums = dict.fromkeys(("paid", "from_pool", "levy", "to_site"), 0)
    for row in rows:
        cells = dict(zip(columns, row, strict=True))
        money = {name: _cents(cells[name]) for name in sums}
        for name, cents in money.items():
            sums[name] += cents
        if money["paid"] + money["from_pool"] != money["to_site"] + money["levy"]:
            yield f"round {one.id}, berth {cells['offer']} of {cells['ask']}: the money is not balanced"
        if min(money.values()) < 0:
            yield f"round {one.id}, berth {cells['offer']} of {cells['ask']}: a sum is below zero"
    after = one.pool_before + sums["levy"] - sums["from_pool"]
    if after != one.pool_after:
        yield f"round {one.id}: the pool holds {one.pool_after} cents, {after} follow from its account"
    if not one.pool_after >= 0:
        yield f"round {one.id}: the pool holds {one.pool_after} cents"
    held = _held(one)
    if len(rows) != len(held):
        yield f"round {one.id}: {len(rows)} berths are paid, {len(held)} are held"


def _cents(money: str) -> int:
    """Whole cents of a text such as 12.50."""
    whole, _, rest = money.partition(".")
    sign = -1 if whole.startswith("-") else 1
    return sign * (abs(int(whole)) * 100 + int(rest))


# -- clinic ------------------------------------------------------------------------------------------------


def cases(facts: Facts) -> Line:
    """Each trip that concerns the person has a case, and each whole Dreamscape that failed a parent."""
    due = [trip for trip in facts.trips if opens_case(trip)]

    def faults() -> Iterator[str]:
        for trip in due:
            if not any(_is_of(case, trip) for case in facts.cases):
                where = f" in {trip.dreamscape}" if trip.dreamscape else ""
                yield f"{trip.sleeper or 'the group'} was severed for {trip.cause}{where}, and has no case"

    return line(Subject.CASES, "each trip has a case", "trip that opens one", len(due), faults())


def opens_case(trip: Trip) -> bool:
    """Return whether a trip opens a case in its first night, of its person or of the group."""
    return trip.cause in LEVEL_OF or trip.cause in PARENTS


def _is_of(case: CaseTold, trip: Trip) -> bool:
    """Whether a case is that of a trip: opened for it, or joined by it while it had not ended."""
    if case.person != trip.sleeper or trip.cause not in case.causes:
        return False
    ended_s = case.ended_s if isfinite(case.ended_s) and case.ended_s > 0.0 else float("inf")
    known = LEVEL_OF.get(trip.cause)
    grave = known is None or case.level <= known or case.opened_as <= known
    return grave and case.opened_s <= trip.at_s + CASE_WITHIN_S and trip.at_s <= ended_s


def triage(facts: Facts) -> Line:
    """Each case was answered within the time of its level, and none climbed for want of an answer."""

    def faults() -> Iterator[str]:
        for case in facts.cases:
            if case.opened_as == NOTE and case.ended_s > 0.0:
                continue
            within_s = WITHIN_S[case.opened_as]
            if not case.answered_s > 0.0:
                yield f"case {case.id} of level {case.opened_as} was never answered"
            elif not case.answered_s - case.opened_s <= within_s:
                late_s = case.answered_s - case.opened_s
                yield f"case {case.id} of level {case.opened_as} was answered after {late_s / 60.0:.1f} min"
            if case.climbed:
                yield f"case {case.id} climbed {case.climbed} levels for want of an answer"

    return line(Subject.TRIAGE, "each case was answered in time", "case", len(facts.cases), faults())


def pull(facts: Facts) -> Line:
    """No person was released whom the group still pulls half of the way; a held one is not let go unseen."""
    held = [case for case in facts.cases if case.person and ("held" in case.states or case.released)]

    def faults() -> Iterator[str]:
        for case in held:
            if not case.released:
                continue
            for found, of in ((case.planted_pull, "planted"), (case.measured_pull, "measured")):
                if isfinite(found) and not found < PULL_LEAST:
                    yield f"case {case.id} was released at a {of} pull of {found:.2f}"
            if not isfinite(case.planted_pull):
                yield f"case {case.id} was released and nothing tells the pull of its person"
            if "returning" not in case.states:
                yield f"case {case.id} was released without the steps of a return"

    promise = "no person at a pull of 0.5 was released"
    return line(Subject.PULL, promise, "person that was held", len(held), faults())


# -- guidelines --------------------------------------------------------------------------------------------


def refusals(facts: Facts) -> Line:
    """Each refusal has a sentence, a next step, and the clause, moratorium or case that it is for."""
    clauses = {(one.name, one.revision): one for one in facts.clauses}

    def faults() -> Iterator[str]:
        for one in facts.refusals:
            where = f"{one.call}: {one.code}"
            if not one.sentence.strip():
                yield f"{where} has no sentence"
            if not one.next_step.strip():
                yield f"{where} has no next step"
            yield from (f"{where} {fault}" for fault in _uncited(one))
            name = one.metadata.get("clause", "")
            if name and one.code != "MORATORIUM" and (name, one.metadata.get("revision", "")) not in clauses:
                yield f"{where} cites clause {name}, which was in force at no time"
            if name and not name.startswith("G-"):
                yield f"{where} cites {name!r}, which is no clause"

    promise = "each refusal names its clause and the next step"
    return line(Subject.REFUSALS, promise, "refusal", len(facts.refusals), faults())


def _uncited(one: RefusalTold) -> Iterator[str]:
    if one.code in CITED:
        missing = [name for name in ("clause", "revision", "limit", "value") if not one.metadata.get(name)]
        if missing:
            yield f"does not tell {', '.join(missing)}"
    names = NAMED.get(one.code, ())
    if names and not any(one.metadata.get(name) for name in names):
        yield f"names neither of {', '.join(names)}"


# -- public report -----------------------------------------------------------------------------------------


def report(facts: Facts) -> Line:
    """The published report shows no cell from which a person could be told, and names no sleeper."""
    cells = sum(len(one.cells) for one in facts.reports)
    return line(
        *(Subject.REPORT, "the public report leaks nothing", "cell", cells),
        (fault for one in facts.reports for fault in _leaks(one)),
    )


def _leaks(one: ReportTold) -> Iterator[str]:
    if one.times != 1:
        yield f"the report from {one.first} was published {one.times} times"
    yield from (f"the report from {one.first} names {sleeper}" for sleeper in one.named)
    shown_of: dict[str, int] = {}
    for cell in one.cells:
        where = f"{cell.site}, {cell.kind}"
        rest = cell.rest if cell.kind != "slept" else one.least
        if cell.shown is None:
            if cell.people >= one.least and rest >= one.least:
                yield f"{where}: {cell.people} people are hidden without need"
            continue
        shown_of[cell.kind] = shown_of.get(cell.kind, 0) + cell.shown
        if not (cell.people >= one.least and rest >= one.least):
            yield f"{where}: shown, with {cell.people} people and {cell.rest} others of that site"
        if cell.shown % ROUNDED_TO or not abs(cell.shown - cell.people) <= ROUNDED_TO / 2.0:
            yield f"{where}: shows {cell.shown} for {cell.people} people"
    for kind, total in sorted(one.totals.items()):
        if total != shown_of.get(kind, 0):
            yield f"the total of {kind} is {total}, of what is shown {shown_of.get(kind, 0)}"


# -- stage -------------------------------------------------------------------------------------------------


def pieces(facts: Facts) -> Line:
    """Each act that an artist led has a piece that verifies, and that names no sleeper."""

    def faults() -> Iterator[str]:
        found = {one.act for one in facts.pieces}
        yield from (
            f"act {act} was led by an artist and has no piece" for act in facts.played if act not in found
        )
        for one in facts.pieces:
            yield from (f"piece {one.id}: {fault}" for fault in one.faults)
            yield from (f"piece {one.id} names {sleeper}" for sleeper in one.named)
            if not one.ticks > 0:
                yield f"piece {one.id} has no tick that was led"

    return line(Subject.PIECES, "each piece verifies", "piece", len(facts.pieces), faults())
