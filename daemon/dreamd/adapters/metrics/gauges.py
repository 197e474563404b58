"""Gauges, written at the scrape from the newest readings.

A tick stores a reading and goes on; the scrape does labels, sums over the rest and NaNs, on its own thread.
Dictionaries are copied in one step before they are read.

Dreamscapes and sites come and go, and pods choose the names of sites, so their labels are bounded: the
longest known DREAMSCAPES and SITES have one each, the rest are `other`. The rest of the sites are added up.
The rest of the Dreamscapes add up their sleepers and show the worst of every other value, because a mean
would hide it.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isnan, nan
from typing import Final, TypeVar

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from dreamd.adapters.metrics.catalogue import BY_NAME
from dreamd.adapters.metrics.disk_space import Space
from dreamd.adapters.metrics.instruments import OTHER
from dreamd.core.clinic.levels import Level
from dreamd.core.consent.course import ConsentState
from dreamd.core.dreamscapes.views import BreakerState, DreamscapeState
from dreamd.core.safety.causes import Scope
from dreamd.core.surveillance.watch import THRESHOLD
from dreamd.ports.metrics import DreamscapeMetrics, FleetMetrics, PeopleMetrics, SiteMetrics, WatchMetrics

DREAMSCAPES: Final = 8
SITES: Final = 8
NOBODY: Final = FleetMetrics(0, 0, 0, nan, 0, {}, {}, 0, {})

_K = TypeVar("_K")
Row = tuple[Sequence[str], float]


@dataclass(frozen=True, slots=True)
class BuildInfo:
    """Facts that stay while the process lives. settings: a digest of those in force."""

    version: str
    python: str
    wire: str
    settings: str


def _family(name: str, rows: Iterable[Row]) -> GaugeMetricFamily:
    metric = BY_NAME[name]
    family = GaugeMetricFamily(name, metric.meaning, labels=metric.labels)
    for labels, value in rows:
        family.add_metric(labels, value)
    return family


def _one(name: str, value: float) -> GaugeMetricFamily:
    return _family(name, [((), value)])


def _worst(values: Iterable[float], choose: Callable[[Iterable[float]], float]) -> float:
    known = [value for value in values if not isnan(value)]
    return choose(known) if known else nan


class Now(Collector):
    """The newest readings; `collect` may run on another thread."""

    def __init__(
        self,
        facts: BuildInfo,
        bands: Sequence[str],
        ledger: Callable[[], str],
        disk: Callable[[], Space],
        now_s: Callable[[], float],
        lease: Callable[[], float],
    ) -> None:
        """Start with nothing known.

        Args:
            facts: shown as they are.
            bands: those with compared phases.
            ledger: why the ledger refuses writes, empty while it accepts them.
            disk: the newest measurement of the state directory's disk; never waits for it.
            now_s: a clock that never goes back and may be read from any thread.
            lease: seconds that are left of the house's lease; NaN: its ledger is a file.
        """
        self._lease = lease
        self._facts, self._bands, self._now_s = facts, bands, now_s
        self._ledger, self._disk = ledger, disk
        self.fleet = NOBODY
        self.people = PeopleMetrics()
        self.watches: tuple[WatchMetrics, ...] = ()
        self.rounds = 0
        self.dreamscapes: dict[str, DreamscapeMetrics] = {}
        self.sites: dict[str, SiteMetrics] = {}
        self.broker = False
        self.oldest_write_s = 0.0
        self.certificate_end_s = nan
        self.ticked_s = now_s()

    def on_tick(self) -> None:
        """A tick is over."""
        self.ticked_s = self._now_s()

    def collect(self) -> Iterator[Metric]:
        """Every gauge."""
        yield from self._of_process()
        yield from self._of_fleet(self.fleet)
        yield from _of_people(self.people)
        yield from _of_watches(self.watches)
        yield _one("dreamd_rounds", self.rounds)
        yield from self._of_dreamscapes(tuple(self.dreamscapes.items()))
        yield from _of_sites(tuple(self.sites.items()))

    def _of_process(self) -> Iterator[Metric]:
        facts = self._facts
        yield _family("dreamd_build_info", [((facts.version, facts.python, facts.wire), 1.0)])
        yield _family("dreamd_settings_info", [((facts.settings,), 1.0)])
        yield _one("dreamd_tick_age_seconds", max(0.0, self._now_s() - self.ticked_s))
        yield _one("dreamd_broker_connected", float(self.broker))
        yield _one("dreamd_ledger_writable", float(not self._ledger()))
        yield _one("dreamd_ledger_oldest_write_seconds", self.oldest_write_s)
        yield _one("dreamd_house_lease_seconds", self._lease())
        yield _one("dreamd_certificate_end_seconds", self.certificate_end_s)
        space = self._disk()
        yield _one("dreamd_disk_free_bytes", space.free_bytes)
        yield _one("dreamd_disk_size_bytes", space.size_bytes)

    def _of_fleet(self, fleet: FleetMetrics) -> Iterator[Metric]:
        yield _one("dreamd_coupled_above_granted", fleet.above_granted)
        yield _one("dreamd_unconfirmed_severs", fleet.unconfirmed)
        yield _one("dreamd_wake_orders", fleet.wake_orders)
        yield _one("dreamd_wake_order_oldest_seconds", fleet.wake_oldest_s)
        yield _one("dreamd_pods_online", fleet.online)
        yield _one("dreamd_pods_unheard", fleet.unheard)
        yield _one("dreamd_pods_known", fleet.known)
        yield _one("dreamd_beds_offline", fleet.beds_offline)
        yield _one("dreamd_audit_contradicted", fleet.contradicted)
        yield _one("dreamd_pods_off_gateway", fleet.off_gateway)
        yield _one("dreamd_credentials_ending", fleet.credentials_ending)
        yield _family("dreamd_breakers", _by(fleet.breakers, {state: state.value for state in BreakerState}))
        yield _family("dreamd_breakers_locked", _by(fleet.locked, {scope: scope.value for scope in Scope}))
        ended = DreamscapeState.ENDED
        states: dict[DreamscapeState, str] = {s: s.value for s in DreamscapeState if s is not ended}
        yield _family("dreamd_dreamscapes", _by(fleet.dreamscapes, states))

    def _of_dreamscapes(self, known: Sequence[tuple[str, DreamscapeMetrics]]) -> Iterator[Metric]:
        groups = [(name, [reading]) for name, reading in known[:DREAMSCAPES]]
        if len(known) > DREAMSCAPES:
            groups.append((OTHER, [reading for _, reading in known[DREAMSCAPES:]]))
        yield _family("dreamd_sleepers", [row for name, of in groups for row in _sleepers(name, of)])
        yield _family("dreamd_synchrony_z", [row for name, of in groups for row in self._z(name, of)])
        for metric, read, choose in _WORST:
            rows = [((name,), _worst(map(read, of), choose)) for name, of in groups]
            yield _family(metric, rows)
        runaway = [(name, max(of, key=_nearness).crowd.runaway) for name, of in groups]
        yield _family("dreamd_energy", [((name,), worst.energy) for name, worst in runaway])
        yield _family("dreamd_energy_limit", [((name,), worst.energy_limit) for name, worst in runaway])

    def _z(self, name: str, of: Sequence[DreamscapeMetrics]) -> Iterator[Row]:
        said = [one for reading in of for one in reading.crowd.synchrony]
        for band in self._bands:
            yield (name, band), _worst((one.z for one in said if one.band == band), max)


def _everyone_alone(of: DreamscapeMetrics) -> bool:
    """Whether it dreams, slots are held, and no pod renders a share."""
    held = of.alone + of.severed + of.unreachable
    return of.dreaming and held > 0 and of.merged == 0


_Read = Callable[[DreamscapeMetrics], float]
_WORST: Final[tuple[tuple[str, _Read, Callable[[Iterable[float]], float]], ...]] = (
    ("dreamd_alone_while_dreaming", lambda of: float(_everyone_alone(of)), max),
    ("dreamd_unreachable_while_dreaming", lambda of: float(of.unreachable * of.dreaming), max),
    ("dreamd_start_overdue_seconds", lambda of: of.overdue_s, max),
    ("dreamd_coupling_level", lambda of: of.crowd.level, max),
    ("dreamd_halved", lambda of: float(bool(of.crowd.halved_cause)), max),
    ("dreamd_synchrony_ppc", lambda of: _worst((one.ppc for one in of.crowd.synchrony), max), max),
    ("dreamd_dispersion_ratio", lambda of: of.crowd.identity.dispersion_ratio, min),
    ("dreamd_rank_ratio", lambda of: of.crowd.identity.rank_ratio, min),
    ("dreamd_identifiability", lambda of: of.crowd.identity.i_diff, min),
)
"""The gauges of a Dreamscape, and the choice of the worst of several."""


def _nearness(of: DreamscapeMetrics) -> float:
    """How near the energy is to its limit; an unknown value is far."""
    runaway = of.crowd.runaway
    share = runaway.energy / runaway.energy_limit if runaway.energy_limit else nan
    return -1.0 if isnan(share) else share


def _sleepers(name: str, of: Sequence[DreamscapeMetrics]) -> Iterator[Row]:
    for state in ("merged", "alone", "severed", "unreachable"):
        yield (name, state), float(sum(getattr(reading, state) for reading in of))


def _by(counts: Mapping[_K, int], words: Mapping[_K, str]) -> list[Row]:
    return [((word,), float(counts.get(key, 0))) for key, word in words.items()]


def _of_people(people: PeopleMetrics) -> Iterator[Metric]:
    yield _family("dreamd_consents", _by(people.consents, {state: state.value for state in ConsentState}))
    yield _one("dreamd_consents_unwritten", people.unwritten)
    yield _one("dreamd_doses_near_limit", people.near)
    yield _one("dreamd_doses_at_limit", people.over)
    yield _one("dreamd_letters_waiting", people.letters)
    yield _family("dreamd_cases", _by(people.cases, {level: str(int(level)) for level in Level}))
    yield _one("dreamd_cases_unanswered", people.unanswered)
    yield _one("dreamd_guidelines_revision", people.revision)
    yield _one("dreamd_guidelines_lapse_seconds", people.lapses_in_s)
    acting = (("called",), float(people.called)), (("standing",), float(people.standing))
    yield _family("dreamd_moratoria", list(acting))
    yield _one("dreamd_moratorium_lapse_seconds", people.unseconded_s)


def _of_watches(watches: Sequence[WatchMetrics]) -> Iterator[Metric]:
    yield _one("dreamd_surveillance_threshold", THRESHOLD)
    for name, read in _WATCH:
        yield _family(name, [((one.kind,), read(one)) for one in watches])


_WATCH: Final[tuple[tuple[str, Callable[[WatchMetrics], float]], ...]] = (
    ("dreamd_surveillance_evidence", lambda one: one.evidence),
    ("dreamd_surveillance_rate", lambda one: one.rate),
    ("dreamd_surveillance_blind", lambda one: float(isnan(one.rate))),
    ("dreamd_surveillance_alarm", lambda one: float(one.alarm)),
    ("dreamd_surveillance_above_clause", lambda one: float(one.above_clause)),
    ("dreamd_surveillance_sleeper_nights", lambda one: one.gathered),
)


def _of_sites(known: Sequence[tuple[str, SiteMetrics]]) -> Iterator[Metric]:
    shown = dict(known[:SITES])
    for _, reading in known[SITES:]:
        shown[OTHER] = shown.get(OTHER, SiteMetrics()) + reading
    for metric, read in _SITE:
        yield _family(metric, [((site,), read(reading)) for site, reading in shown.items()])


_SITE: Final[tuple[tuple[str, Callable[[SiteMetrics], float]], ...]] = (
    ("dreamd_site_pods", lambda site: site.pods),
    ("dreamd_site_quality", lambda site: site.quality),
    ("dreamd_site_quality_low", lambda site: site.low),
    ("dreamd_site_clock_unsynced", lambda site: site.unsynced),
    ("dreamd_site_clock_uncertainty_seconds", lambda site: site.uncertainty_s),
)
