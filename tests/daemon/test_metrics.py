"""The Prometheus metrics: bounded, pre-created, no person in a label, and all in one table."""

import math
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

import dreamapi.v1
from dreamd.adapters.documents.shipped import shipped_bundle
from dreamd.adapters.metrics.catalogue import CATALOGUE
from dreamd.adapters.metrics.disk_space import Space
from dreamd.adapters.metrics.gauges import DREAMSCAPES, SITES, BuildInfo
from dreamd.adapters.metrics.prometheus import SERIES_MAX, PrometheusMetrics
from dreamd.composition import FRAME_REASONS
from dreamd.core.clinic.levels import Level
from dreamd.core.consent.course import ConsentState
from dreamd.core.dreamscapes.views import (
    BreakerState,
    CrowdView,
    DreamscapeState,
    IdentityView,
    RunawayView,
    SynchronyView,
)
from dreamd.core.refusals import CATALOGUE as CATALOGUE_OF_REFUSALS
from dreamd.core.refusals import Code, Kind, Refusal
from dreamd.core.safety.causes import Cause, Scope
from dreamd.core.surveillance.kinds import HarmKind
from dreamd.ports.call_metrics import ENDED_BY, Call, codes_of
from dreamd.ports.metrics import DreamscapeMetrics, FleetMetrics, PeopleMetrics, SiteMetrics, WatchMetrics
from dreamwire.schema import BANDS6X2
from fakes.stage import HandClock

API = [
    import_module(f"dreamapi.v1.{path.stem}")
    for path in sorted(Path(dreamapi.v1.__path__[0]).glob("*_pb2.py"))
]
"""Every file of the API, so that a service that is added counts here too."""
BANDS = [band.name for band in BANDS6X2.phase_bands]
FACTS = BuildInfo("0.1.0", "3.11.2", "1", "5e771965")
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def _meters(clock: HandClock | None = None, ledger: str = "") -> PrometheusMetrics:
    return PrometheusMetrics(
        reasons=("replayed", "frozen"),
        causes=("railed",),
        codes=("POD_OFFLINE",),
        bands=BANDS,
        clauses=("G-3.1",),
        facts=FACTS,
        ledger=lambda: ledger,
        disk=lambda: Space(3e9, 1e11),
        now_s=(clock or HandClock()).now_s,
    )


def _text(meters: PrometheusMetrics, accept: str = "") -> str:
    asked = {"REQUEST_METHOD": "GET", "PATH_INFO": "/metrics", "HTTP_ACCEPT": accept}
    return b"".join(meters.pages(asked, lambda *_told: lambda _bytes: None)).decode()


def _samples(meters: PrometheusMetrics) -> Samples:
    text = _text(meters)
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def _of(samples: Samples, name: str, **labels: str) -> float:
    return samples[name, tuple(sorted(labels.items()))]


def _crowd(**changes: float) -> CrowdView:
    synchrony = tuple(SynchronyView(band, ppc=0.01 * n, z=float(n)) for n, band in enumerate(BANDS))
    identity = IdentityView(
        dispersion_ratio=changes.get("dispersion", 0.9), rank_ratio=0.95, i_diff=changes.get("i_diff", 0.8)
    )
    runaway = RunawayView(energy=changes.get("energy", 0.5), energy_limit=1.2)
    return CrowdView(synchrony, identity, runaway, level=changes.get("level", 0.15))


def _dreamscape(merged: int = 2, crowd: CrowdView | None = None) -> DreamscapeMetrics:
    return DreamscapeMetrics(merged, 1, 1, 0, crowd or CrowdView())


def _fleet() -> FleetMetrics:
    return FleetMetrics(
        online=7,
        unheard=1,
        known=8,
        above_granted=1,
        unconfirmed=2,
        breakers={BreakerState.LOCKED: 3},
        locked={Scope.DEVICE: 3},
        wake_orders=1,
        dreamscapes={DreamscapeState.DREAMING: 2},
        beds_offline=4,
        wake_oldest_s=90.0,
        contradicted=5,
        credentials_ending=6,
    )


def test_every_child_of_a_closed_set_is_there_from_the_start() -> None:
    """Every series of a closed set exists from the start, or increase() would miss its first count."""
    samples = _samples(_meters())
    assert _of(samples, "dreamd_frames_refused_total", reason="frozen") == 0
    assert _of(samples, "dreamd_severed_total", cause="railed") == 0
    assert _of(samples, "dreamd_refused_total", code="POD_OFFLINE") == 0
    assert _of(samples, "dreamd_link_dropped_total", what="collective") == 0
    assert _of(samples, "dreamd_mass_failures_total") == 0
    assert _of(samples, "dreamd_broker_connected") == 0
    assert _of(samples, "dreamd_breakers_locked", concerns="person") == 0


def test_every_counter_reaches_its_series() -> None:
    """Every counter and histogram of the port reaches its series."""
    meters = _meters()
    meters.frames_accepted(1, late=1)
    meters.frame_refused("frozen")
    meters.frames_lost(3)
    meters.frames_above_granted(2)
    meters.tick(0.004, 2)
    meters.tick_late(0.0005)
    meters.loop_late(0.3)
    meters.severed("railed")
    meters.evidence_to_zero(0.2)
    meters.confirmed(0.3)
    meters.mass_failure()
    meters.ledger_failed()
    meters.refused("POD_OFFLINE")
    meters.link(up=True)
    meters.link_dropped("frame")
    samples = _samples(meters)
    assert _of(samples, "dreamd_frames_accepted_total") == 1
    assert _of(samples, "dreamd_frames_refused_total", reason="frozen") == 1
    assert _of(samples, "dreamd_frames_late_total") == 1
    assert _of(samples, "dreamd_frames_lost_total") == 3
    assert _of(samples, "dreamd_frames_above_granted_total") == 2
    assert (_of(samples, "dreamd_tick_seconds_count"), _of(samples, "dreamd_ticks_skipped_total")) == (1, 2)
    assert _of(samples, "dreamd_tick_lateness_seconds_bucket", le="0.005") == 1
    assert _of(samples, "dreamd_loop_lag_seconds_bucket", le="0.25") == 0
    assert _of(samples, "dreamd_severed_total", cause="railed") == 1
    assert _of(samples, "dreamd_evidence_to_zero_seconds_sum") == 0.2
    assert _of(samples, "dreamd_sever_confirmed_seconds_sum") == 0.3
    assert _of(samples, "dreamd_mass_failures_total") == 1
    assert _of(samples, "dreamd_ledger_write_failures_total") == 1
    assert _of(samples, "dreamd_refused_total", code="POD_OFFLINE") == 1
    assert _of(samples, "dreamd_broker_connected") == 1
    assert _of(samples, "dreamd_broker_connections_total") == 1
    assert _of(samples, "dreamd_link_dropped_total", what="frame") == 1


def test_the_gauges_show_the_present_state() -> None:
    """The gauges show fleet, Dreamscape, site, build and whether the ledger writes."""
    meters = _meters(ledger="the disk is full")
    meters.fleet(_fleet())
    meters.dreamscape("night", _dreamscape(crowd=_crowd()))
    meters.site("north", SiteMetrics(4, 3200, 1, 2, 3000))
    samples = _samples(meters)
    assert (_of(samples, "dreamd_pods_online"), _of(samples, "dreamd_pods_known")) == (7, 8)
    assert _of(samples, "dreamd_coupled_above_granted") == 1
    assert _of(samples, "dreamd_unconfirmed_severs") == 2
    assert _of(samples, "dreamd_breakers", state="locked") == 3
    assert _of(samples, "dreamd_breakers_locked", concerns="device") == 3
    assert _of(samples, "dreamd_wake_orders") == 1
    assert _of(samples, "dreamd_wake_order_oldest_seconds") == 90.0
    assert _of(samples, "dreamd_beds_offline") == 4
    assert _of(samples, "dreamd_audit_contradicted") == 5
    assert _of(samples, "dreamd_credentials_ending") == 6
    assert (_of(samples, "dreamd_disk_free_bytes"), _of(samples, "dreamd_disk_size_bytes")) == (3e9, 1e11)
    assert _of(samples, "dreamd_dreamscapes", state="dreaming") == 2
    assert _of(samples, "dreamd_sleepers", dreamscape="night", state="merged") == 2
    assert _of(samples, "dreamd_coupling_level", dreamscape="night") == 0.15
    assert _of(samples, "dreamd_synchrony_z", dreamscape="night", band=BANDS[2]) == 2.0
    assert _of(samples, "dreamd_synchrony_ppc", dreamscape="night") == 0.01 * (len(BANDS) - 1)
    assert _of(samples, "dreamd_energy_limit", dreamscape="night") == 1.2
    assert _of(samples, "dreamd_site_quality", site="north") == 0.8
    assert _of(samples, "dreamd_site_clock_uncertainty_seconds", site="north") == 0.0015
    assert _of(samples, "dreamd_ledger_writable") == 0
    assert _of(samples, "dreamd_settings_info", settings="5e771965") == 1


def test_unknown_values_are_nan_and_not_absent() -> None:
    """Unknown values are NaN: a group without figures and a site without pods keep their series."""
    meters = _meters()
    meters.dreamscape("night", _dreamscape())
    meters.site("north", SiteMetrics())
    samples = _samples(meters)
    for name in ("dreamd_dispersion_ratio", "dreamd_identifiability", "dreamd_energy"):
        assert math.isnan(_of(samples, name, dreamscape="night"))
    assert math.isnan(_of(samples, "dreamd_synchrony_z", dreamscape="night", band=BANDS[0]))
    assert math.isnan(_of(samples, "dreamd_site_quality", site="north"))


def test_the_age_of_the_tick_is_reported_at_the_scrape() -> None:
    """The age of the tick is computed at the scrape: it grows from the start, and a tick resets it."""
    clock = HandClock()
    meters = _meters(clock)
    clock.at_s += 4.0
    assert _of(_samples(meters), "dreamd_tick_age_seconds") == 4.0
    meters.tick(0.001, 0)
    clock.at_s += 0.5
    assert _of(_samples(meters), "dreamd_tick_age_seconds") == 0.5


def test_consents_and_doses_are_counts_without_a_sleeper() -> None:
    """Consents, their changes, doses near and at a limit, cases by level, refusals by clause: no name."""
    meters = _meters()
    counted = {Level.NOW: 2, Level.NOTE: 7}
    meters.people(
        PeopleMetrics({ConsentState.GIVEN: 3, ConsentState.WITHDRAWN: 1}, 2, 5, 4, 6, 8, 99.0, counted, 1)
    )
    for change in ("given", "given", "withdrawn"):
        meters.consent_changed(change)
    no = Refusal(Code.GUIDELINE_REFUSED, "", {"clause": "G-3.1"})
    for refusal in (
        no,
        Refusal(Code.GUIDELINE_REFUSED, "", {"clause": "G-77.1"}),
        Refusal(Code.POD_OFFLINE, ""),
    ):
        meters.call_refused(refusal)
    samples = _samples(meters)
    by_state = {state: _of(samples, "dreamd_consents", state=state.value) for state in ConsentState}
    assert by_state == {**dict.fromkeys(ConsentState, 0), ConsentState.GIVEN: 3, ConsentState.WITHDRAWN: 1}
    assert _of(samples, "dreamd_consents_unwritten") == 2
    assert _of(samples, "dreamd_consent_changes_total", change="given") == 2
    assert _of(samples, "dreamd_consent_changes_total", change="expired") == 0
    assert _of(samples, "dreamd_doses_near_limit") == 5
    assert _of(samples, "dreamd_doses_at_limit") == 4
    assert _of(samples, "dreamd_letters_waiting") == 6
    assert [_of(samples, "dreamd_cases", level=level) for level in "1234"] == [2, 0, 0, 7]
    assert _of(samples, "dreamd_cases_unanswered") == 1
    assert _of(samples, "dreamd_guidelines_revision") == 8
    assert _of(samples, "dreamd_guidelines_lapse_seconds") == 99
    meters.people(PeopleMetrics())
    assert math.isnan(_of(_samples(meters), "dreamd_guidelines_lapse_seconds"))
    clauses = [_of(samples, "dreamd_guideline_refusals_total", clause=one) for one in ("G-3.1", "other")]
    assert clauses == [1, 1]


def test_the_watches_over_harm_are_numbers_by_kind_and_blind_is_no_zero() -> None:
    """A blind watch has NaN for evidence and rate and says that it is blind; an alarm is 1."""
    meters = _meters()
    blind = WatchMetrics("identity", math.nan, math.nan, alarm=False, above_clause=False, gathered=12)
    meters.watches_told((WatchMetrics("distress", 12_345.0, 0.0106, True, True, 504), blind))
    samples = _samples(meters)
    assert _of(samples, "dreamd_surveillance_threshold") == 10_950
    found = {
        name: [_of(samples, f"dreamd_surveillance_{name}", kind=kind) for kind in ("distress", "identity")]
        for name in ("alarm", "blind", "above_clause", "sleeper_nights")
    }
    assert found == {"alarm": [1, 0], "blind": [0, 1], "above_clause": [1, 0], "sleeper_nights": [504, 12]}
    assert _of(samples, "dreamd_surveillance_evidence", kind="distress") == 12_345
    assert _of(samples, "dreamd_surveillance_rate", kind="distress") == 0.0106
    for name in ("evidence", "rate"):
        assert math.isnan(_of(samples, f"dreamd_surveillance_{name}", kind="identity"))


def test_a_value_outside_its_set_is_other() -> None:
    """A value outside its set is counted as `other`: foreign input makes no series."""
    meters = _meters()
    before = len(_samples(meters))
    meters.frame_refused("bed-1 said so")
    meters.severed("never heard of")
    assert _of(_samples(meters), "dreamd_frames_refused_total", reason="other") == 1
    assert len(_samples(meters)) == before


def test_dreamscapes_have_a_bounded_number_of_labels() -> None:
    """The longest known Dreamscapes have a label each, the rest share one; an ended one's is reused."""
    meters = _meters()
    for number in range(DREAMSCAPES + 10):
        meters.dreamscape(f"d-{number}", _dreamscape(merged=3))
    samples = _samples(meters)
    assert _of(samples, "dreamd_sleepers", dreamscape="d-0", state="merged") == 3
    assert _of(samples, "dreamd_sleepers", dreamscape="other", state="merged") == 30
    meters.dreamscape_gone("d-0")
    meters.dreamscape_gone("d-0")
    samples = _samples(meters)
    assert ("dreamd_sleepers", (("dreamscape", "d-0"), ("state", "merged"))) not in samples
    assert _of(samples, "dreamd_sleepers", dreamscape=f"d-{DREAMSCAPES}", state="merged") == 3
    assert _of(samples, "dreamd_sleepers", dreamscape="other", state="merged") == 27


def test_of_the_rest_the_worst_is_shown() -> None:
    """The shared label shows the worst, as a mean would hide a runaway."""
    meters = _meters()
    for number in range(DREAMSCAPES):
        meters.dreamscape(f"d-{number}", _dreamscape())
    meters.dreamscape("well", _dreamscape(crowd=_crowd()))
    meters.dreamscape("unknown", _dreamscape())
    meters.dreamscape("ill", _dreamscape(crowd=_crowd(dispersion=0.1, i_diff=0.2, energy=1.1, level=0.01)))
    samples = _samples(meters)
    assert _of(samples, "dreamd_dispersion_ratio", dreamscape="other") == 0.1
    assert _of(samples, "dreamd_identifiability", dreamscape="other") == 0.2
    assert _of(samples, "dreamd_energy", dreamscape="other") == 1.1
    assert _of(samples, "dreamd_coupling_level", dreamscape="other") == 0.15


def test_sites_have_a_bounded_number_of_labels() -> None:
    """Site names come from pods: beyond the bound their pods are added up."""
    meters = _meters()
    for number in range(SITES + 5):
        meters.site(f"site-{number}", SiteMetrics(2, 1000 + 200 * number, 0, 0, 0))
    samples = _samples(meters)
    assert _of(samples, "dreamd_site_pods", site="other") == 10
    assert _of(samples, "dreamd_site_quality", site="site-1") == 0.6
    assert sum(name == "dreamd_site_pods" for name, _ in samples) == SITES + 1


def test_calls_have_the_names_dashboards_know() -> None:
    """Calls have go-grpc-prometheus's names; ends are counted by service, and a watch is not timed."""
    meters = _meters()
    get = Call("unary", "dreamapi.v1.Pods", "Get")
    watch = Call("server_stream", "dreamapi.v1.Pods", "Watch")
    for call in (get, watch):
        meters.calls.expect(call)
        meters.calls.started(call)
    labels = {"grpc_service": "dreamapi.v1.Pods", "grpc_type": "unary"}
    assert _of(_samples(meters), "grpc_server_handled_total", grpc_code="NotFound", **labels) == 0
    meters.calls.handled(get, "NotFound", 0.002)
    meters.calls.handled(watch, "Cancelled", 3600.0)
    samples = _samples(meters)
    assert _of(samples, "grpc_server_started_total", grpc_method="Get", **labels) == 1
    assert _of(samples, "grpc_server_handled_total", grpc_code="NotFound", **labels) == 1
    assert _of(samples, "grpc_server_handling_seconds_count", grpc_type="unary") == 1
    assert not any(name.endswith("_seconds_count") and "server_stream" in str(of) for name, of in samples)


def _calls() -> list[Call]:
    """Every method of the API, as the server announces it."""
    services = [of for file in API for of in file.DESCRIPTOR.services_by_name.values()]
    kinds = {(False, False): "unary", (False, True): "server_stream", (True, False): "client_stream"}
    return [
        Call(kinds[method.client_streaming, method.server_streaming], service.full_name, method.name)  # type: ignore[arg-type]
        for service in services
        for method in service.methods
    ]


def test_only_a_method_that_takes_a_name_an_etag_or_a_cursor_can_end_by_it() -> None:
    """Aborted is a stale etag, AlreadyExists a taken name, OutOfRange a cursor: of the methods with one."""
    assert {code for code, entry in CATALOGUE_OF_REFUSALS.items() if entry.kind is Kind.ABORTED} == {
        Code.STALE_ETAG
    }
    taken = {code for code, entry in CATALOGUE_OF_REFUSALS.items() if entry.kind is Kind.EXISTS}
    assert taken == {Code.DREAMSCAPE_EXISTS, Code.PRINCIPAL_EXISTS}
    asked = {
        method.name
        for file in API
        for service in file.DESCRIPTOR.services_by_name.values()
        for method in service.methods
        if "etag" in method.input_type.fields_by_name or method.name.startswith("Update")
    }
    placed = {code for code, entry in CATALOGUE_OF_REFUSALS.items() if entry.kind is Kind.OUT_OF_RANGE}
    assert placed == {Code.CURSOR_TOO_OLD, Code.CURSOR_AHEAD}
    assert {
        "Aborted": asked,
        "AlreadyExists": {"CreateDreamscape", "EnrolPrincipal", "EnrolSleeper"},
        "OutOfRange": {"WatchEvents", "WatchCases"},
    } == ENDED_BY


def _full_house(calls: list[Call]) -> PrometheusMetrics:
    """Metrics with every possible label and very many Dreamscapes, sites and pods."""
    meters = PrometheusMetrics(
        reasons=FRAME_REASONS,
        causes=[cause.value for cause in Cause],
        codes=[code.value for code in Code],
        bands=BANDS,
        clauses=[clause.name for clause in shipped_bundle().clauses],
        facts=FACTS,
        ledger=lambda: "",
    )
    for number in range(200):
        meters.dreamscape(f"d-{number}", _dreamscape(crowd=_crowd()))
        meters.site(f"site-{number}", SiteMetrics(100, 50_000, 1, 1, 1000))
    meters.fleet(_fleet())
    meters.people(PeopleMetrics({ConsentState.GIVEN: 3}, 1, 2, 4))
    watch = WatchMetrics("distress", 1.0, 0.005, alarm=False, above_clause=False, gathered=500)
    meters.watches_told([replace(watch, kind=kind.value) for kind in HarmKind])
    for call in calls:
        meters.calls.expect(call)
        for code in codes_of(call):
            meters.calls.handled(call, code, 0.1)
    return meters


def test_a_full_house_stays_below_a_thousand_series() -> None:
    """With every label and each method of every service called, there are at most a thousand series."""
    calls = _calls()
    assert len(calls) >= 42
    assert len(_samples(_full_house(calls))) <= SERIES_MAX == 1000


def test_the_catalogue_is_what_is_shown() -> None:
    """The page and the catalogue list the same metrics with types and labels."""
    families = list(text_string_to_metric_families(_text(_full_house(_calls()[:1]))))
    shown = {}
    for family in families:
        name = family.name + ("_total" if family.type == "counter" else "")
        labels = {label for sample in family.samples for label in sample.labels} - {"le"}
        shown[name] = (family.type, labels)
    assert shown == {metric.name: (metric.kind, set(metric.labels)) for metric in CATALOGUE}


def test_no_label_could_name_anybody() -> None:
    """No metric has a label for a pod, a sleeper, a seat or an assignment."""
    labels = {label for metric in CATALOGUE for label in metric.labels}
    assert not labels & {"pod", "sleeper", "seat", "slot", "bed", "assignment", "incarnation"}


def test_a_dreamscape_that_dreams_without_one_merged_is_shown() -> None:
    """1 where it dreams, slots are held and no pod renders; 0 where one renders or no slot is held."""
    meters = _meters()
    meters.dreamscape("alone", DreamscapeMetrics(0, 2, 0, 1, CrowdView(), dreaming=True))
    meters.dreamscape("merged", DreamscapeMetrics(1, 2, 0, 1, CrowdView(), dreaming=True))
    meters.dreamscape("empty", DreamscapeMetrics(0, 0, 0, 0, CrowdView(), dreaming=True))
    meters.dreamscape("late", DreamscapeMetrics(0, 0, 3, 2, CrowdView(), overdue_s=400.0))
    samples = _samples(meters)
    alone = {
        name: _of(samples, "dreamd_alone_while_dreaming", dreamscape=name) for name in meters._now.dreamscapes
    }
    gone = {name: _of(samples, "dreamd_unreachable_while_dreaming", dreamscape=name) for name in alone}
    assert alone == {"alone": 1, "merged": 0, "empty": 0, "late": 0}
    assert gone == {"alone": 1, "merged": 1, "empty": 0, "late": 0}
    assert _of(samples, "dreamd_start_overdue_seconds", dreamscape="late") == 400.0


def test_the_rest_of_the_dreamscapes_hides_none_that_is_alone() -> None:
    """Among those without a label of their own, one that is alone and one that is late are seen."""
    meters = _meters()
    for number in range(DREAMSCAPES):
        meters.dreamscape(f"d-{number}", _dreamscape())
    meters.dreamscape("well", DreamscapeMetrics(5, 0, 0, 0, CrowdView(), dreaming=True))
    meters.dreamscape("alone", DreamscapeMetrics(0, 0, 0, 4, CrowdView(), dreaming=True))
    meters.dreamscape("late", DreamscapeMetrics(0, 0, 0, 0, CrowdView(), overdue_s=400.0))
    samples = _samples(meters)
    assert _of(samples, "dreamd_alone_while_dreaming", dreamscape="other") == 1
    assert _of(samples, "dreamd_unreachable_while_dreaming", dreamscape="other") == 4
    assert _of(samples, "dreamd_start_overdue_seconds", dreamscape="other") == 400.0
