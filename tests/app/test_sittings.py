"""Sittings in the daemon: own days, the centre of the night, sittings, and the case that a pull opens."""

import json
from dataclasses import replace

import numpy as np
import pytest

from dreamd.app.clinic.sittings import SITTINGS
from dreamd.core.clinic.course import opened
from dreamd.core.clinic.kept_case import KeptCase, night_of
from dreamd.core.clinic.levels import Level
from dreamd.core.clinic.restoration import NOT_READ
from dreamd.core.dreamscapes.kinds import DreamscapeKind
from dreamd.core.dreamscapes.views import Plan
from dreamd.core.refusals import Refusal
from dreamwire.schema import BANDS6X2
from fakes.callers import OPERATOR
from fakes.stage import Stage

DAY_S = 24 * 3600.0
ONE = "sleeper-1"
GROUP = np.asarray(BANDS6X2.mu_db) + 2.0 * np.asarray(BANDS6X2.sigma_db)
OWN = np.asarray(BANDS6X2.mu_db) - 1.0 * np.asarray(BANDS6X2.sigma_db)


class House:
    """A stage over several days, with the cases that a test opens and those that a pull opens."""

    def __init__(self, *, hooked: bool = True) -> None:
        """hooked: a test's own cases; else the clinic's book."""
        self.stage = Stage(4)
        self.cases: dict[str, KeptCase] = {}
        self.pulled: list[tuple[str, Level, float]] = []
        self.sessions = 0
        for pod in self.stage.pods:
            pod.profile = GROUP.copy()
        self.stage.pod("bed-1").profile = OWN.copy()
        self.stage.appear()
        if hooked:
            self._hook()

    def _hook(self) -> None:
        sittings = self.stage.app._deps.sittings
        sittings.open_case = self.cases.get
        sittings.pulled = lambda who, level, _word, _words, pull: self.pulled.append((who, level, pull))

    @property
    def night(self) -> int:
        """The number of the present night."""
        return night_of(self.stage.clock.at_s, self.stage.app._deps.sittings.zone)

    def open(self, sleeper: str = ONE) -> None:
        """Open a case of this night, and tell the sittings as the clinic's book does."""
        case = opened(f"case-{sleeper}", sleeper, "here", Level.NOW, self.stage.clock.at_s)
        self.cases[sleeper] = KeptCase(case, self.night)
        self.stage.app._deps.sittings.case_changed(self.cases[sleeper])
        self.stage.hop(4)

    def tomorrow(self) -> None:
        """Let a day pass in which nothing happens; consents are renewed."""
        self.stage.clock.at_s += DAY_S
        self.stage.app.run_due()
        self.stage.appear()

    def session(self, plan: Plan, hops: int = 8) -> None:
        """Create, start, live and end a Dreamscape."""
        self.sessions += 1
        name = f"{plan.dreamscape}-{self.sessions}"
        app = self.stage.app.dreamscapes
        created = app.create(OPERATOR, replace(plan, dreamscape=name))
        assert not isinstance(created, Refusal), created
        self.stage.hop(4)
        started = app.start(OPERATOR, name)
        assert not isinstance(started, Refusal), started
        self.stage.hop(hops)
        app.end(OPERATOR, name, "over")
        self.stage.hop(12)

    def dream(self) -> None:
        """A night of all four."""
        self.session(Plan("night", 3, 4, ramp_s=10.0, ceiling=0.1))

    def sit(self, x: np.ndarray | None = None, ceiling: float = 0.0) -> None:
        """An anchor session, or sitting, of the first; x: the template of the day."""
        pod = self.stage.pod("bed-1")
        pod.profile = OWN.copy() if x is None else x
        pod.status()
        plan = Plan("alone", 1, 1, pods=("bed-1",), ceiling=ceiling, ramp_s=10.0, kind=DreamscapeKind.ANCHOR)
        self.session(plan)
        pod.profile = OWN.copy()

    def kept(self, sleeper: str = ONE) -> dict[str, dict[str, object]]:
        """The record of a sleeper in the ledger; there is one row at most."""
        rows = self.stage.ledger.personal(sleeper, SITTINGS)
        assert len(rows) <= 1
        return json.loads(rows[0].body) if rows else {"days": {}, "centres": {}, "sittings": {}}


def nights_of(house: House, many: int) -> None:
    """So many nights of all four, a day apart."""
    for at in range(many):
        if at:
            house.tomorrow()
        house.dream()


def test_a_night_leaves_a_day_of_the_own_mean_and_the_centre_of_the_group() -> None:
    """The template of a seated calibration and the mean collective of the merged time are kept, sealed."""
    house = House()
    house.dream()
    kept = house.kept()
    assert list(kept["days"]) == list(kept["centres"]) == [str(house.night)]
    assert kept["sittings"] == {}
    assert kept["days"][str(house.night)] == pytest.approx(OWN, abs=1e-4)
    centre_db, sigma_db = kept["centres"][str(house.night)]  # type: ignore[misc]
    far = (np.asarray(centre_db) - OWN) / np.asarray(sigma_db)
    assert np.linalg.norm(far) > np.linalg.norm((GROUP - np.asarray(centre_db)) / np.asarray(sigma_db))


def test_a_sleeper_that_was_never_merged_has_no_centre() -> None:
    """A slot that was granted nothing leaves the day alone, and no collective."""
    house = House()
    house.stage.pod("bed-1").quality = 0.1
    house.dream()
    assert house.kept()["centres"] == {}


def test_while_a_case_is_open_neither_days_nor_nights_move() -> None:
    """With a case of an earlier night no later calibration and no later collective changes the record."""
    house = House()
    nights_of(house, 3)
    house.open()
    before = house.kept()
    house.tomorrow()
    house.dream()
    assert house.kept() == before
    assert len(house.kept("sleeper-2")["days"]) == 4


def test_the_pull_of_sittings_is_measured_against_the_night_of_the_case() -> None:
    """Three sittings at oneself after three nights restore; the record is read when the case opens."""
    house = House()
    nights_of(house, 3)
    house.open()
    sittings = house.stage.app._deps.sittings
    assert sittings.pull_of(ONE).restored is False
    for _ in range(3):
        house.tomorrow()
        house.sit()
    found = sittings.pull_of(ONE)
    assert [one.pull for one in found.sittings] == pytest.approx([0.0] * 3, abs=0.01)
    assert found.restored is True
    assert house.pulled == []


def test_a_sitting_half_of_the_way_opens_a_case_of_level_1() -> None:
    """A sleeper without a case is pulled by .6 in a sitting on the next day: evidence of level 1, once."""
    house = House()
    nights_of(house, 3)
    house.tomorrow()
    house.sit(OWN + 0.6 * (GROUP - OWN))
    assert [(who, level) for who, level, _ in house.pulled] == [(ONE, Level.NOW)]
    assert 0.5 <= house.pulled[0][2] < 1.2
    house.tomorrow()
    house.sit()
    assert len(house.pulled) == 1


def test_the_sitting_after_an_anchor_session_is_told_apart() -> None:
    """Each sitting shows whether a session with a coupling followed the one before."""
    house = House()
    nights_of(house, 3)
    house.open()
    for ceiling in (0.1, 0.0, 0.0):
        house.tomorrow()
        house.sit(ceiling=ceiling)
    assert [one.anchored for one in house.stage.app._deps.sittings.of_case(ONE)] == [False, True, False]


def test_a_record_outlives_the_daemon_and_is_read_again_for_an_open_case() -> None:
    """After a restart the sleeper is not restored until the record is read, and then as before."""
    house = House()
    nights_of(house, 3)
    house.open()
    for _ in range(3):
        house.tomorrow()
        house.sit()
    house.stage.restart()
    house._hook()
    sittings = house.stage.app._deps.sittings
    assert sittings.pull_of(ONE) == NOT_READ
    assert sittings.restored(ONE) is False
    sittings.case_changed(house.cases[ONE])
    house.stage.hop(4)
    assert sittings.restored(ONE) is True


def test_nothing_is_written_of_a_sleeper_that_is_erased_meanwhile() -> None:
    """An erasure between the calibration and the write leaves no row, and no record in memory."""
    house = House()
    sittings = house.stage.app._deps.sittings
    sittings.calibrated("gone", tuple(OWN.tolist()), alone=False, coupled=True)
    sittings.drop_record("gone")
    house.stage.hop(4)
    assert house.stage.ledger.personal("gone", SITTINGS) == ()


def test_a_ledger_that_cannot_be_read_loses_no_sitting() -> None:
    """A read that fails is asked again with what has come since."""
    house = House()
    sittings, ledger = house.stage.app._deps.sittings, house.stage.ledger
    ledger.broken = "the disk is gone"
    sittings.calibrated(ONE, tuple(OWN.tolist()), alone=True, coupled=False)
    house.stage.hop(2)
    ledger.broken = ""
    house.stage.hop(4)
    assert list(house.kept()["sittings"]) == [str(house.night)]


def test_a_template_that_is_no_number_is_no_calibration() -> None:
    """A template with a NaN is kept neither as a day nor as a sitting."""
    house = House()
    sittings = house.stage.app._deps.sittings
    for alone in (False, True):
        sittings.calibrated(ONE, (float("nan"), *OWN[1:].tolist()), alone=alone, coupled=False)
    house.stage.hop(4)
    assert house.kept() == {"days": {}, "centres": {}, "sittings": {}}


def test_the_clinics_book_is_told_of_a_pull_and_asks_the_sittings() -> None:
    """A sitting opens a case in the book; three sittings short of the way leave its person not restored.

    The case that a clinician reads has its sittings, their pull and why, and the days that the lot offers.
    """
    house = House(hooked=False)
    nights_of(house, 3)
    house.tomorrow()
    house.sit(OWN + 0.8 * (GROUP - OWN))
    book = house.stage.app._deps.clinic
    kept = book.case_of(ONE)
    assert kept is not None
    assert (kept.case.level, kept.causes, kept.case.held) == (Level.NOW, ("pull",), True)
    for _ in range(2):
        house.tomorrow()
        house.sit(OWN + 0.3 * (GROUP - OWN))
    assert book.restored(ONE) is False
    shown = house.stage.app.clinic.case_of(OPERATOR, kept.case.id)
    assert isinstance(shown, KeptCase)
    assert shown.pull is not None
    assert (len(shown.sittings), shown.pull.restored) == (3, False)
    assert shown.pull.upper > 0.3
    assert set(shown.pull.offered) <= set(range(kept.night, house.night + 1))
    for _ in range(3):
        house.tomorrow()
        house.sit()
    assert book.restored(ONE) is True
