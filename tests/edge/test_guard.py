"""The pod's own limits."""

from dataclasses import replace
from math import nan

from dreamedge.core.merging.guard import SILENT_NS, Guard
from dreamedge.core.signal.features import Hop
from fakes.edge import START_NS, FeatureSource


def hop(quality: float = 1.0, **changes: object) -> Hop:
    """A hop of this quality."""
    source = FeatureSource()
    source.quality = quality
    made = source.hop(START_NS)
    assert made is not None
    return replace(made, **changes)  # type: ignore[arg-type]


def steady() -> Guard:
    """A guard that has seen a good hop."""
    guard = Guard()
    guard.sampled(START_NS)
    guard.hop(hop())
    assert guard.allows
    return guard


def test_nothing_is_allowed_before_the_first_good_hop() -> None:
    """Nothing is allowed before the first good hop."""
    assert not Guard().allows
    guard = Guard()
    assert guard.hop(hop(0.45)) is None
    assert not guard.allows


def test_quality_goes_out_below_point_four_and_in_again_at_point_five() -> None:
    """Quality goes out below .4 and in again at .5; between the two the guard stays as it was."""
    guard = steady()
    assert guard.hop(hop(0.4)) is None
    assert guard.allows
    fault = guard.hop(hop(0.39, cause="railed", evidence_ns=17))
    assert fault is not None
    assert (fault.cause, fault.evidence_ns) == ("railed", 17)
    assert guard.hop(hop(0.45)) is None
    assert not guard.allows
    guard.hop(hop(0.5))
    assert guard.allows


def test_a_quality_that_is_no_number_is_out() -> None:
    """A NaN quality is out."""
    guard = steady()
    assert guard.hop(hop(nan)) is not None
    guard.hop(hop(nan))
    assert not guard.allows


def test_a_hard_cause_and_a_missing_region_are_out_at_any_quality() -> None:
    """One non-finite sample, or a region without a channel, is out at any quality."""
    fault = steady().hop(hop(1.0, hard="nonfinite"))
    assert fault is not None
    assert fault.cause == "nonfinite"
    assert steady().hop(hop(1.0, eligible=False)) is not None


def test_a_device_that_renders_on_while_it_sends_no_samples_is_found() -> None:
    """Without samples the pod's own timer judges the device once a hop."""
    guard = steady()
    guard.granted(0.1, START_NS + 100)
    guard.rendered(0.1)
    silent_ns = START_NS + SILENT_NS + 20
    fault = guard.silence(silent_ns)
    assert fault is not None
    guard.zeroed()
    found = [guard.silence(silent_ns + pulse * 50_000_000) for pulse in range(1, 12)]
    told = [(pulse, fault.cause) for pulse, fault in enumerate(found, 1) if fault is not None]
    assert told == [(6, "actuator")]


def test_a_fault_is_reported_once() -> None:
    """A lasting fault is reported once."""
    guard = steady()
    assert guard.hop(hop(0.0)) is not None
    assert guard.hop(hop(0.0)) is None
    assert guard.jumped(START_NS) is None


def test_half_a_second_without_samples_is_silence() -> None:
    """Half a second without samples is silence; its evidence is the moment the half second was over."""
    guard = steady()
    assert guard.silence(START_NS + SILENT_NS) is None
    fault = guard.silence(START_NS + SILENT_NS + 20)
    assert fault is not None
    assert (fault.cause, fault.evidence_ns) == ("silence", START_NS + SILENT_NS)


def test_a_device_that_renders_more_than_was_granted_is_out_after_two_frames() -> None:
    """Two frames above the grant are a fault, one is not; only a new assignment clears it."""
    guard = steady()
    guard.granted(0.10, START_NS)
    guard.rendered(0.12)
    assert guard.frame(0.10, START_NS) is None
    fault = guard.frame(0.10, START_NS + 1)
    assert fault is not None
    assert fault.cause == "actuator"
    guard.hop(hop())
    assert not guard.allows
    guard.renew()
    assert guard.allows


def test_a_grant_excuses_until_its_lease_and_fade_are_over() -> None:
    """A grant allows rendering until its lease and fade are over."""
    guard = steady()
    guard.granted(0.10, START_NS)
    assert guard.frame(0.10, START_NS + 499_999_999) is None
    assert guard.frame(0.10, START_NS + 499_999_999) is None
    assert guard.frame(0.10, START_NS + 500_000_000) is None
    assert guard.frame(0.10, START_NS + 500_000_000) is not None


def test_after_a_zero_no_earlier_grant_excuses_anything() -> None:
    """After a zero no earlier grant counts: a device that plays on is found at the second frame."""
    guard = steady()
    guard.granted(0.10, START_NS)
    guard.zeroed()
    guard.rendered(0.10)
    assert guard.frame(0.0, START_NS) is None
    assert guard.frame(0.0, START_NS + 1) is not None


def test_a_failed_renderer_is_a_fault_once_a_failure() -> None:
    """A failure is a fault once, whatever its reason becomes; a second failure is a second fault."""
    guard = steady()
    found = []
    for at, failed in enumerate(("", "gone", "gone", "still gone", "", "gone")):
        guard.rendered(0.0, failed)
        fault = guard.renderer_fault(START_NS + at)
        found.append(None if fault is None else (fault.cause, fault.evidence_ns, fault.detail))
        assert guard.allows is (failed == "")
    assert found == [
        *(None, ("renderer", START_NS + 1, "gone"), None, None, None, ("renderer", START_NS + 5, "gone")),
    ]


def test_a_share_that_is_no_number_is_disobedience() -> None:
    """A NaN share from a renderer is within no grant."""
    guard = steady()
    guard.granted(0.10, START_NS)
    guard.rendered(nan)
    guard.frame(0.0, START_NS)
    assert guard.frame(0.0, START_NS) is not None
