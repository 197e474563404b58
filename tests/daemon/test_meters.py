"""The Prometheus meters: bounded, pre-created, nobody in a label."""

from prometheus_client.parser import text_string_to_metric_families

from dreamd.adapters.metrics.prometheus import DREAMSCAPES, SERIES_MAX, PrometheusMeters
from dreamd.ports.call_meters import CODES, Call


def _meters() -> PrometheusMeters:
    return PrometheusMeters(reasons=("replayed", "frozen"), causes=("railed",), codes=("POD_OFFLINE",))


def _samples(meters: PrometheusMeters) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    text = meters.render()[1].decode()
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_every_known_label_is_there_before_it_first_happens() -> None:
    """A counter born at 1 would be missed by increase()."""
    samples = _samples(_meters())
    for name, label, value in (
        ("dreamd_frames_refused_total", "reason", "frozen"),
        ("dreamd_severed_total", "cause", "railed"),
        ("dreamd_refused_total", "code", "POD_OFFLINE"),
        ("dreamd_link_dropped_total", "what", "command"),
    ):
        assert samples[name, ((label, value),)] == 0.0


def test_what_is_counted_is_shown() -> None:
    """Each method moves its own series."""
    meters = _meters()
    meters.frame_accepted()
    meters.frame_refused("frozen")
    meters.frame_late()
    meters.frames_lost(3)
    meters.tick(0.004, 2)
    meters.tick_late(0.0005)
    meters.severed("railed")
    meters.evidence_to_zero(0.2)
    meters.fleet(7, 8)
    meters.refused("POD_OFFLINE")
    meters.link(up=True)
    meters.link_dropped("frame")
    samples = _samples(meters)
    assert samples["dreamd_frames_accepted_total", ()] == 1
    assert samples["dreamd_frames_refused_total", (("reason", "frozen"),)] == 1
    assert samples["dreamd_frames_late_total", ()] == 1
    assert samples["dreamd_frames_lost_total", ()] == 3
    assert samples["dreamd_tick_seconds_count", ()] == 1
    assert samples["dreamd_ticks_skipped_total", ()] == 2
    assert samples["dreamd_tick_lateness_seconds_bucket", (("le", "0.001"),)] == 1
    assert samples["dreamd_severed_total", (("cause", "railed"),)] == 1
    assert samples["dreamd_evidence_to_zero_seconds_sum", ()] == 0.2
    assert (samples["dreamd_pods_online", ()], samples["dreamd_pods_known", ()]) == (7, 8)
    assert samples["dreamd_refused_total", (("code", "POD_OFFLINE"),)] == 1
    assert samples["dreamd_broker_connected", ()] == 1
    assert samples["dreamd_link_dropped_total", (("what", "frame"),)] == 1


def test_a_value_outside_its_set_is_other() -> None:
    """What a stranger sends never makes a series."""
    meters = _meters()
    before = len(_samples(meters))
    meters.frame_refused("bed-1 said so")
    meters.severed("never heard of")
    assert _samples(meters)["dreamd_frames_refused_total", (("reason", "other"),)] == 1
    assert len(_samples(meters)) == before


def test_dreamscapes_have_a_bounded_number_of_labels() -> None:
    """The first have one each, the rest are summed; one that ends gives its place to another."""
    meters = _meters()
    for number in range(DREAMSCAPES + 10):
        meters.dreamscape(f"d-{number}", 3, 2, 1)
    samples = _samples(meters)
    assert samples["dreamd_dreamscape_seats", (("dreamscape", "d-0"), ("state", "merged"))] == 2
    assert samples["dreamd_dreamscape_seats", (("dreamscape", "other"), ("state", "assigned"))] == 30
    meters.dreamscape_gone("d-0")
    meters.dreamscape_gone("d-0")
    meters.dreamscape(f"d-{DREAMSCAPES}", 3, 2, 1)
    samples = _samples(meters)
    assert ("dreamd_dreamscape_seats", (("dreamscape", "d-0"), ("state", "merged"))) not in samples
    named = (("dreamscape", f"d-{DREAMSCAPES}"), ("state", "merged"))
    assert samples["dreamd_dreamscape_seats", named] == 2
    meters.dreamscape_gone(f"d-{DREAMSCAPES + 1}")
    samples = _samples(meters)
    assert samples["dreamd_dreamscape_seats", (("dreamscape", "other"), ("state", "assigned"))] == 24


def test_calls_have_the_names_dashboards_know() -> None:
    """go-grpc-prometheus's names and labels; a watch is counted and not timed."""
    meters = _meters()
    get = Call("unary", "dreamapi.v1.Pods", "Get")
    watch = Call("server_stream", "dreamapi.v1.Pods", "Watch")
    for call in (get, watch):
        meters.calls.expect(call)
        meters.calls.started(call)
    labels = (("grpc_method", "Get"), ("grpc_service", "dreamapi.v1.Pods"), ("grpc_type", "unary"))
    ended = tuple(sorted((*labels, ("grpc_code", "NotFound"))))
    assert _samples(meters)["grpc_server_handled_total", ended] == 0
    meters.calls.handled(get, "NotFound", 0.002)
    meters.calls.handled(watch, "Cancelled", 3600.0)
    samples = _samples(meters)
    assert samples["grpc_server_started_total", labels] == 1
    assert samples["grpc_server_handled_total", ended] == 1
    assert samples["grpc_server_handling_seconds_count", labels] == 1
    assert not any(name.endswith("_seconds_count") and "Watch" in str(of) for name, of in samples)


def test_a_full_house_stays_below_a_thousand_series() -> None:
    """Every label there can be, twenty methods called: no more than the bound."""
    meters = PrometheusMeters(
        reasons=[f"reason-{n}" for n in range(16)],
        causes=[f"cause-{n}" for n in range(40)],
        codes=[f"code-{n}" for n in range(40)],
    )
    for number in range(200):
        meters.dreamscape(f"d-{number}", 1, 1, 0)
    for method in range(20):
        call = Call("unary", "dreamapi.v1.Dreamscapes", f"Method{method}")
        meters.calls.expect(call)
        for code in CODES:
            meters.calls.handled(call, code, 0.1)
    assert len(_samples(meters)) <= SERIES_MAX
