"""The numbers of `--json`."""

import json

import pytest

from dreamd.up.plan import Flags, plan
from dreamd.up.processes.pod_journal import Entry, parse
from dreamd.up.report.metrics_scrape import Counters, Totals, totals
from dreamd.up.report.run_report import Latencies
from dreamd.up.run_state import RunState
from up.stories import CEILING, T0_NS, at, dreaming, entry, sever


def test_a_sever_is_reported_in_the_pods_own_stamps() -> None:
    """Evidence to zero and onset to alone are differences of the pod's stamps; at_s counts from the start."""
    chronicle = dreaming()
    sever(chronicle, "bed-5", 25.0)
    (one,) = chronicle.account.as_json(Totals())["severed"]
    assert one == {
        "pod": "bed-5",
        "cause": "railed",
        "at_s": 25.0,
        "evidence_to_zero_ms": 12.0,
        "onset_to_alone_ms": 250.0,
    }


def test_unknown_stamps_are_null_and_not_zero() -> None:
    """A sever with an unknown onset has null, which cannot be taken for a fast one."""
    chronicle = dreaming()
    chronicle.on_journal_line(entry("bed-2", 21.0, "severed", cause="lease"))
    (one,) = chronicle.account.as_json(Totals())["severed"]
    assert one["evidence_to_zero_ms"] is None
    assert one["onset_to_alone_ms"] is None


def test_the_object_has_the_promised_keys() -> None:
    """The object has exactly the keys of the contract and is JSON."""
    found = dreaming().account.as_json(Totals(4, 1, 30, {"malformed": 2}))
    assert list(found) == [
        "sleepers",
        "ticks",
        "ticks_skipped",
        "frames_accepted",
        "frames_refused",
        "merged",
        "severed",
        "never_merged",
        "home",
        "latency_ms",
    ]
    assert json.loads(json.dumps(found))["latency_ms"] == {
        "capture_to_feedback": {"p50": 200.5, "p99": 200.5}
    }


def test_home_is_zero_confirmed_or_the_process_ended() -> None:
    """Home is a confirmed zero or an ended process; of eight dreaming none is."""
    chronicle = dreaming()
    assert chronicle.account.home == 0
    sever(chronicle, "bed-1", 21.0)
    chronicle.pods_ended(("bed-2",), at(22.0), "killed by SIGKILL")
    assert chronicle.account.home == 2
    assert not chronicle.account.everyone_home


def test_a_pod_coupled_again_is_not_home() -> None:
    """A pod that was alone and is coupled again is not home until it confirms zero once more."""
    chronicle = dreaming()
    sever(chronicle, "bed-1", 21.0)
    chronicle.on_journal_line(entry("bed-1", 40.0, "hop", applied=0.01, granted=0.15))
    assert not chronicle.account.is_home("bed-1")


def test_the_end_of_the_night_is_no_sever() -> None:
    """The zeros at the closing are the way home and not listed as severs."""
    chronicle = dreaming()
    chronicle.close(at(30.0))
    sever(chronicle, "bed-3", 30.2, cause="ended")
    assert chronicle.account.severed == ()
    assert chronicle.account.is_home("bed-3")


def test_merged_counts_every_pod_that_ever_was() -> None:
    """Merged stays merged after the zero; a pod that never was is not counted."""
    chronicle = dreaming(until_s=3.0)
    assert chronicle.account.merged == 8  # by their own report at 4 s
    sever(chronicle, "bed-1", 21.0)
    assert chronicle.account.merged == 8


def test_quantiles_come_from_the_histogram() -> None:
    """p50 and p99 are the upper edges of their half-millisecond bins; NaN is not counted."""
    latencies = Latencies()
    for ms in [*range(1, 101), float("nan"), -1.0]:
        latencies.add(ms)
    assert latencies.count == 100
    assert latencies.quantile_ms(0.5) == 50.5
    assert latencies.quantile_ms(0.99) == 99.5
    assert Latencies().quantile_ms(0.5) is None


PAGE = """# HELP dreamd_frames_accepted_total Frames taken in.
dreamd_frames_accepted_total 120.0
dreamd_frames_refused_total{reason="malformed"} 3.0
dreamd_frames_refused_total{reason="replayed"} 0.0
dreamd_ticks_skipped_total 1.0
dreamd_tick_seconds_bucket{le="0.001"} 12.0
dreamd_tick_seconds_count 40.0
"""


def test_the_daemons_counters_are_read_from_its_metrics() -> None:
    """Ticks, skipped ticks and frames come from the metrics page; a reason that never occurred is omitted."""
    assert totals(PAGE) == Totals(40, 1, 120, {"malformed": 3})


def test_a_killed_daemons_counters_are_added() -> None:
    """Of each incarnation exactly the last reading counts."""
    counters = Counters()
    counters.add_page(1, PAGE.replace("40.0", "10.0"))
    counters.add_page(1, PAGE)
    counters.add_page(2, PAGE)
    assert counters.sum == Totals(80, 2, 240, {"malformed": 6})


@pytest.mark.parametrize(
    "line", ["", "hello", "{", "[]", '{"t_ns": "x", "pod": "a", "kind": "b"}', '{"pod": "a"}']
)
def test_chatter_is_no_entry(line: str) -> None:
    """A line that is no journal entry is dropped."""
    assert parse(line) is None


def test_null_and_absent_read_as_nan() -> None:
    """A value that is not a number is NaN, which passes no comparison."""
    found = parse(f'{{"t_ns": {T0_NS}, "pod": "bed-1", "kind": "hop", "quality": null, "applied": "NaN"}}')
    assert found is not None
    for name in ("quality", "applied", "granted"):
        assert not found.number(name) >= 0


def test_a_slow_machine_loses_nothing_of_the_night() -> None:
    """The duration counts from the begin of the run; gathering beyond 15 s is added to it."""
    chronicle = dreaming()
    chronicle.begins(at(12.0))
    assert chronicle.until_ns(20.0) == at(20.0)
    chronicle.begins(at(21.0))
    assert chronicle.until_ns(20.0) == at(26.0)
    assert chronicle.until_ns(None) is None


def test_a_recording_that_is_over_is_no_sever() -> None:
    """A pod with an ended recording goes to zero and home; it is not a sever."""
    chronicle = dreaming()
    sever(chronicle, "bed-4", 25.0, cause="recording-over")
    assert chronicle.account.severed == ()
    assert chronicle.account.is_home("bed-4")


def bad(pod: str, seconds: float, cause: str, quality: float = 0.0) -> Entry:
    """A hop without good signal."""
    return entry(pod, seconds, "hop", applied=0.0, granted=0.0, quality=quality, cause=cause)


def gathering() -> RunState:
    """Two beds: one with a good signal from 2 s on, one without contact throughout."""
    chronicle = RunState.begin(plan(Flags(sleepers=2)).sleepers, T0_NS, CEILING)
    for hop in range(4, 60):
        chronicle.on_journal_line(
            bad("bed-1", hop / 4, "", 0.9) if hop >= 8 else bad("bed-1", hop / 4, "filling")
        )
        chronicle.on_journal_line(bad("bed-2", hop / 4, "contact" if hop != 20 else "flat"))
    return chronicle


def test_a_pod_that_never_merged_is_named_with_its_cause() -> None:
    """A pod that never merged is listed with its most frequent cause, in the numbers and in the line."""
    chronicle = gathering()
    chronicle.on_journal_line(entry("bed-1", 16.0, "merged"))
    chronicle.account.outside("bed-2", "NOT_CALIBRATED")
    assert chronicle.account.as_json(Totals())["never_merged"] == [{"pod": "bed-2", "cause": "contact"}]
    assert "bed-2 (birch) never merged: contact" in chronicle.account_words


def test_with_good_signal_the_daemons_reason_counts() -> None:
    """A pod without a cause of its own was refused by the daemon; one without any hop was silent."""
    chronicle = RunState.begin(plan(Flags(sleepers=3)).sleepers, T0_NS, CEILING)
    chronicle.on_journal_line(bad("bed-1", 2.0, "", 0.9))
    chronicle.account.outside("bed-1", "BREAKER_LOCKED")
    assert [chronicle.account.cause(f"bed-{n}") for n in (1, 2)] == ["BREAKER_LOCKED", "silence"]


def test_many_pods_that_never_merged_are_counted_by_cause() -> None:
    """From three on they are a number with their causes, the most frequent first."""
    chronicle = RunState.begin(plan(Flags(sleepers=5)).sleepers, T0_NS, CEILING)
    chronicle.on_journal_line(entry("bed-1", 4.0, "merged"))
    for pod, cause in (("bed-2", "flat"), ("bed-3", "contact"), ("bed-4", "contact"), ("bed-5", "contact")):
        chronicle.on_journal_line(bad(pod, 5.0, cause))
    assert "four never merged: 3 contact, 1 flat" in chronicle.account_words


def test_signal_that_was_never_good_is_given_up_after_eight_seconds() -> None:
    """Eight seconds after the first good hop, and not before, a pod without one is no longer waited for."""
    account = gathering().account
    assert [account.hopeless("bed-2", at(second)) for second in (9.9, 10.1)] == [False, True]
    assert not account.hopeless("bed-1", at(16.0))


def test_without_any_good_signal_all_are_waited_for() -> None:
    """Without any good signal all are waited for, as the recordings may not have begun."""
    chronicle = RunState.begin(plan(Flags(sleepers=2)).sleepers, T0_NS, CEILING)
    for hop in range(200):
        chronicle.on_journal_line(bad("bed-1", hop / 4, "filling"))
    assert not chronicle.account.hopeless("bed-1", at(50.0))
