"""The gathering of facts at the end: from the watch, the house's answers, and what was planted."""

import json
from collections.abc import Collection, Iterable
from math import nan
from re import escape, search
from typing import Any, Final

from dreamd.adapters.documents.pieces import verified_piece
from dreamd.adapters.documents.public_reports import verified_report
from dreamd.core.clinic.course import CaseState
from dreamd.core.clinic.kept_case import KeptCase
from dreamd.core.pieces.reading import PieceError
from dreamd.core.refusals import Refusal
from dreamd.festival.account.institutions import opens_case
from dreamd.festival.facts import (
    CaseTold,
    ClauseTold,
    Facts,
    Led,
    LetterTold,
    Pause,
    Piece,
    ReportCell,
    ReportTold,
    Round,
    Subject,
    Trip,
)
from dreamd.festival.play.cues import CAUSES
from dreamd.festival.play.evenings import Evenings
from dreamd.festival.play.house import CLINICIAN, OPERATOR, HouseOfFestival
from dreamd.festival.play.ward import Ward
from dreamd.festival.scenario.plan import PRESSED, Festival
from dreamd.ports.ledger.public_reports import PublishedReport, ReportMark
from dreamd.simulation.processes.daemons import PIECE_KEY

PIECES_MOST: Final = 1000
ALWAYS: Final = (
    *(Subject.HOME, Subject.DOSE, Subject.HOURS, Subject.CEILING, Subject.ACTS, Subject.RULES),
    *(Subject.REFUSALS, Subject.LETTERS),
)
"""Subjects that each festival plays."""


OPENING: Final = frozenset(
    {PRESSED, "actuator-stuck", "gain-runaway", "synchrony-runaway", "homogenise", "mass"}
)
"""Scenes that open a case; in the others a device fails, or a sleeper uses a right."""
HOLDING: Final = frozenset({PRESSED})
"""Scenes after which a person is held."""


def subjects_of(plan: Festival, trips: Iterable[Trip], cases: Collection[CaseTold]) -> tuple[Subject, ...]:
    """The lines that a scenario plays: those of its parts, and those of what has happened besides."""
    found, scenes = {*ALWAYS}, {cue.scene for cue in plan.failures}
    if any(act.artist for act in plan.acts):
        found |= {Subject.SLEW, Subject.PIECES}
    if scenes & CAUSES.keys():
        found |= {Subject.FOUND}
    if plan.round is not None:
        found |= {Subject.BERTHS, Subject.POOL}
    if plan.moratorium is not None:
        found |= {Subject.PAUSE}
    if plan.clinic is not None:
        found |= {Subject.REPORT}
        found |= {Subject.CASES} if scenes & OPENING or any(map(opens_case, trips)) else set()
        found |= {Subject.TRIAGE} if scenes & OPENING or cases else set()
        found |= {Subject.PULL} if scenes & HOLDING or any("held" in one.states for one in cases) else set()
    return tuple(subject for subject in Subject if subject in found)


def facts_of(
    house: HouseOfFestival,
    evenings: Evenings,
    ward: Ward | None,
    reports: tuple[ReportTold, ...],
    rounds: tuple[Round, ...],
) -> Facts:
    """Return everything that the account judges."""
    watch, plan = house.watch, house.plan
    cases = _cases(house, ward)
    return Facts(
        title=plan.title,
        seed=plan.seed,
        subjects=subjects_of(plan, watch.tripped, cases),
        acts=len(plan.acts),
        stays=tuple(house.stays),
        mergings=watch.mergings,
        allowed=tuple(evenings.allowed),
        led=_led(house),
        pauses=_pauses(house),
        checks=watch.checks,
        violations=tuple(map(str, watch.violations)),
        performed=tuple(house.performed),
        planted=tuple(house.planted),
        trips=tuple(watch.tripped),
        cases=cases,
        refusals=tuple(house.refusals),
        clauses=_clauses(house),
        letters=_letters(house),
        reports=reports,
        rounds=rounds,
        pieces=_pieces(house),
        played=tuple(one.act for one in house.performed if one.began and plan.acts[one.act - 1].artist),
    )


def _led(house: HouseOfFestival) -> tuple[Led, ...]:
    bundle = house.app.guidelines.in_force.bundle
    vector, share = bundle.number("artist_slew"), bundle.number("artist_share_slew")
    return tuple(
        Led(
            *(act, bed, found.ticks, found.vector_per_s, found.share_per_s, found.share_most),
            *(vector, share, house.plan.acts[act - 1].share),
        )
        for (act, bed), found in sorted(house.watch.led().items())
    )


def _pauses(house: HouseOfFestival) -> tuple[Pause, ...]:
    return tuple(
        Pause(one.id, one.site or "fleet", one.begins_s, one.until_s, one.clause)
        for one in house.app.moratoria.list_moratoria()
    )


def _clauses(house: HouseOfFestival) -> tuple[ClauseTold, ...]:
    return tuple(
        ClauseTold(
            clause.name, clause.key.name if clause.key else "", str(clause.limit), str(kept.bundle.revision)
        )
        for kept in house.app.guidelines.list_revisions()
        for clause in kept.bundle.clauses
    )


def _cases(house: HouseOfFestival, ward: Ward | None) -> tuple[CaseTold, ...]:
    listed = house.must("the list of cases", house.app.clinic.list_cases(CLINICIAN, tuple(CaseState)))
    return tuple(_case(house, ward, kept) for kept in sorted(listed, key=lambda one: one.case.id))


def _case(house: HouseOfFestival, ward: Ward | None, kept: KeptCase) -> CaseTold:
    case, course = kept.case, house.watch.courses.get(kept.case.id)
    planted = ward.planted.get(case.id, nan) if ward is not None else nan
    measured = ward.measured.get(case.id, nan) if ward is not None else nan
    return CaseTold(
        id=case.id,
        person=case.person,
        opened_as=course.opened_as if course is not None else int(case.level),
        level=int(case.level),
        opened_s=case.opened_s,
        answered_s=case.answered_s,
        climbed=case.climbed,
        ended_s=case.ended_s,
        states=tuple(course.states) if course is not None else (),
        causes=kept.causes,
        released=case.state is CaseState.RELEASED,
        planted_pull=planted,
        measured_pull=measured,
    )


def _letters(house: HouseOfFestival) -> tuple[LetterTold, ...]:
    found = []
    for sleeper in sorted({stay.sleeper for stay in house.stays}):
        letters = house.wait_for(f"the letters of {sleeper}", house.app.letters.letters_of(OPERATOR, sleeper))
        if isinstance(letters, Refusal):
            continue
        for letter in sorted(letters, key=lambda one: one.begin_s):
            facts: dict[str, Any] = json.loads(letter.facts)
            lived = facts.get("lived_min")
            found.append(
                LetterTold(
                    *(sleeper, letter.begin_s, letter.end_s, len(letter.text.split())),
                    nan if lived is None else float(lived),
                )
            )
    return tuple(found)


def _pieces(house: HouseOfFestival) -> tuple[Piece, ...]:
    """The pieces in the ledger, each verified, and its chain computed anew from what was broadcast."""
    daemon = house.world.daemon
    assert daemon is not None
    kept = daemon.ledger.read_pieces("", PIECES_MOST).value
    numbers = {act.dreamscape: act.number for act in house.plan.acts}
    found = []
    for one in sorted(kept, key=lambda one: one.ended_s):
        faults, title, ticks = list[str](), "", 0
        try:
            piece = verified_piece(one.text.encode(), PIECE_KEY.public)
        except PieceError as error:
            faults.append(str(error))
        else:
            title, ticks, chain = piece.credits.title, piece.ticks, piece.new_chain()
            for tick, vector, share in house.watch.broadcast.get(one.dreamscape, []):
                if piece.first_tick <= tick <= piece.last_tick:
                    chain.add_tick(tick, vector, share)
            if chain.value.hex() != piece.chain_sha256:
                faults.append("its chain is not that of what was broadcast")
        named = tuple(sorted({stay.sleeper for stay in house.stays if _names(one.text, stay.sleeper)}))
        found.append(Piece(one.id, numbers.get(one.dreamscape, 0), title, ticks, tuple(faults), named))
    return tuple(found)


def _names(text: str, sleeper: str) -> bool:
    return search(rf"\b{escape(sleeper)}\b", text) is not None


def _merged(house: HouseOfFestival) -> dict[tuple[str, str], set[str]]:
    """The people of each site whose device rendered anything there: counted at the beds."""
    found: dict[tuple[str, str], set[str]] = {}
    lived: dict[str, list[float]] = {}
    for one in house.watch.mergings:
        lived.setdefault(one.sleeper, []).append(one.begin_s)
    for stay in house.stays:
        if any(stay.begin_s <= at_s <= stay.end_s for at_s in lived.get(stay.sleeper, [])):
            found.setdefault((stay.site, "merged"), set()).add(stay.sleeper)
    return found


def report_told(
    house: HouseOfFestival, published: PublishedReport, marks: frozenset[ReportMark]
) -> ReportTold:
    """Return a published report with the truth beside it. marks: of its days, before they were removed."""
    told: dict[str, Any] = verified_report(published.text.encode(), house.key.public)
    people: dict[tuple[str, str], set[str]] = {}
    everyone: dict[str, set[str]] = {}
    for mark in marks:
        if published.first <= mark.day < published.end:
            people.setdefault((mark.site, mark.kind), set()).add(mark.sleeper)
    for stay in house.stays:
        everyone.setdefault(stay.site, set()).add(stay.sleeper)
    people |= _merged(house)
    cells = []
    for cell in told["cells"]:
        site, kind = cell["site"], cell["kind"]
        own = everyone.get(site, set()) if kind == "slept" else people.get((site, kind), set())
        rest = everyone.get(site, set()) - own
        cells.append(ReportCell(site, kind, cell["people"], len(own), len(rest)))
    sleepers = {stay.sleeper for stay in house.stays}
    named = tuple(sorted(sleeper for sleeper in sleepers if _names(published.text, sleeper)))
    listed = [one for one in house.app.reports.list_reports(OPERATOR) if one.first == published.first]
    return ReportTold(
        told["from"], int(told["people_least"]), tuple(cells), dict(told["totals"]), named, len(listed)
    )
