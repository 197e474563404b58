"""The session clock: within its own bound, never stepping back, accepting only requested answers."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dreamedge.core.clock import EVERY_NS, SessionClock, mask_phasors, phase_limits_us
from dreamwire.messages import ClockProbe
from dreamwire.schema import BANDS6X2

SESSION_US = 1_700_000_000_000_000
START_NS = 5_000_000_000_000


def exchange(
    clock: SessionClock, now_ns: int, offset_us: int, out_us: int = 300, back_us: int = 300, nonce: int = 0
) -> tuple[str | None, int]:
    """One probe through a network with these delays; returns the refusal and the moment of the answer."""
    probe = clock.probe(now_ns, nonce or now_ns)
    t1_us = probe.t0_us + out_us + offset_us
    answered = replace(probe, t1_us=t1_us, t2_us=t1_us + 50)
    then_ns = now_ns + (out_us + 50 + back_us) * 1000
    return clock.answer(answered, then_ns), then_ns


def synced(offset_us: int = SESSION_US) -> tuple[SessionClock, int]:
    """A clock after its first burst, and the time."""
    clock = SessionClock()
    now_ns = START_NS
    while clock.due(now_ns) and now_ns < START_NS + 10**9:
        exchange(clock, now_ns, offset_us)
        now_ns += 25_000_000
    return clock, now_ns


def test_eight_probes_at_once_then_one_in_two_seconds() -> None:
    """The first eight probes are due 25 ms apart, then one every 2 s; a new link bursts again."""
    clock = SessionClock()
    sent = []
    for now_ns in range(START_NS, START_NS + 7_000_000_000, 5_000_000):
        if clock.due(now_ns):
            clock.probe(now_ns, now_ns)
            sent.append((now_ns - START_NS) // 1_000_000)
    assert sent == [0, 25, 50, 75, 100, 125, 150, 175, 2175, 4175, 6175]
    clock.begin()
    assert clock.due(START_NS + 7_000_000_000)


def test_unsynced_says_so() -> None:
    """Before any answer there is no session time, and the uncertainty masks every band."""
    clock = SessionClock()
    assert clock.session_ms(START_NS) is None
    state = clock.state(START_NS)
    assert not state.synced
    phasors = np.ones((2, 5, 2), dtype=np.float32)
    assert np.isnan(mask_phasors(phasors, phase_limits_us(BANDS6X2), state.uncertainty_us)).all()
    with pytest.raises(ValueError, match="not known"):
        clock.monotonic_ns(1.0)


@settings(max_examples=60)
@given(delays=st.lists(st.tuples(st.integers(50, 40_000), st.integers(50, 40_000)), min_size=1, max_size=12))
def test_the_error_is_within_its_bound(delays: list[tuple[int, int]]) -> None:
    """For any asymmetry of delays the reading is within the stated uncertainty of the truth."""
    clock = SessionClock()
    now_ns = START_NS
    for out_us, back_us in delays:
        exchange(clock, now_ns, SESSION_US, out_us, back_us)
        now_ns += 2_000_000_000
        read_ms = clock.session_ms(now_ns)
        assert read_ms is not None
        error_us = abs(read_ms * 1000 - (now_ns / 1000 + SESSION_US))
        assert error_us <= clock.uncertainty_us(now_ns) + 2


def test_the_answer_with_the_least_error_bound_wins() -> None:
    """A quick answer outweighs slow, lopsided ones until its age or 64 newer answers outweigh it."""
    clock = SessionClock()
    exchange(clock, START_NS, SESSION_US, 200, 200)
    for k in range(1, 64):
        exchange(clock, START_NS + k * EVERY_NS, SESSION_US, 20_000, 200)
        assert clock.state(START_NS + k * EVERY_NS).round_trip_us == 400
    exchange(clock, START_NS + 64 * EVERY_NS, SESSION_US, 20_000, 200)
    assert clock.state(START_NS + 64 * EVERY_NS).round_trip_us == 20_200
    old_ns = START_NS + 64 * EVERY_NS + 10 * 60 * 10**9
    exchange(clock, old_ns, SESSION_US, 20_000, 10_000)
    assert clock.state(old_ns).round_trip_us == 30_000, "ten minutes of drift are worse than 15 ms"


def test_the_first_answers_step_the_clock_later_ones_slew_it() -> None:
    """A lopsided first answer is corrected at once by a better one; after eight the clock only slews."""
    clock = SessionClock()
    exchange(clock, START_NS, SESSION_US, 150_000, 1_000)
    exchange(clock, START_NS + 10**9, SESSION_US, 200, 200)
    now_ns = START_NS + 10**9
    assert clock.offset_us(now_ns) == pytest.approx(SESSION_US, abs=2)
    for k in range(2, 8):
        exchange(clock, START_NS + k * 10**9, SESSION_US, 300, 300)
    now_ns = START_NS + 8 * 10**9
    exchange(clock, now_ns, SESSION_US + 100_000, 50, 50)
    assert clock.offset_us(now_ns) == pytest.approx(SESSION_US, abs=200)


def test_uncertainty_grows_with_age() -> None:
    """Without answers the uncertainty grows by 50 us a second."""
    clock, now_ns = synced()
    grown = clock.uncertainty_us(now_ns + 100_000_000_000) - clock.uncertainty_us(now_ns)
    assert grown == pytest.approx(5000, abs=2)


def test_unrequested_answers_are_refused() -> None:
    """Unknown, repeated, old and impossible answers are refused by name and change nothing."""
    clock, now_ns = synced()
    before = clock.state(now_ns)
    probe = clock.probe(now_ns, 77)
    good = replace(probe, t1_us=probe.t0_us + 300 + SESSION_US, t2_us=probe.t0_us + 350 + SESSION_US)
    assert clock.answer(replace(good, nonce=78), now_ns + 10**6) == "nonce"
    assert clock.answer(good, now_ns + 10**6) is None
    assert clock.answer(good, now_ns + 10**6) == "nonce"
    for k, (bad, late_ns, why) in enumerate(
        [
            (replace(good, t1_us=0, t2_us=0), 10**6, "stamp"),
            (replace(good, t1_us=good.t2_us + 1), 10**6, "stamp"),
            (replace(good, t2_us=good.t2_us + 10**7), 10**6, "stamp"),
            (replace(good, t0_us=good.t0_us - 1), 10**6, "stamp"),
            (replace(good, t0_us=good.t0_us + 10**7), 10**6, "stamp"),
            (good, 3 * 10**9, "old"),
        ]
    ):
        clock.probe(now_ns, 100 + k)
        assert clock.answer(replace(bad, nonce=100 + k), now_ns + late_ns) == why
    assert clock.state(now_ns).offset_us == before.offset_us


def test_t0_may_be_stamped_late() -> None:
    """An answer counts though the shell stamped t0 slightly after the probe was made."""
    clock = SessionClock()
    probe = clock.probe(START_NS, 5)
    t0_us = probe.t0_us + 900
    answer = ClockProbe(5, t0_us, t0_us + 300 + SESSION_US, t0_us + 300 + SESSION_US)
    assert clock.answer(answer, START_NS + 1_500_000) is None
    assert clock.state(START_NS).offset_us == SESSION_US


@settings(max_examples=40)
@given(changes=st.lists(st.integers(-900_000, 900_000), min_size=1, max_size=12))
def test_grid_instants_strictly_increase(changes: list[int]) -> None:
    """Changes below 1 s are slewed: session time and grid instants only grow, by about their spacing."""
    clock, now_ns = synced()
    read = clock.session_ms(now_ns)
    assert read is not None
    instant = int(read / 250) + 1
    last_ns = clock.monotonic_ns(instant * 0.25)
    target_us = SESSION_US
    for change_us in changes:
        reading_us = (clock.offset_us(now_ns) or 0.0) + change_us
        target_us = round(reading_us)
        exchange(clock, now_ns, target_us)
        now_ns += EVERY_NS
        later = clock.session_ms(now_ns)
        assert later is not None
        assert later > read
        read = later
        while instant * 250 < read:
            instant += 1
            at_ns = clock.monotonic_ns(instant * 0.25)
            assert 200_000_000 < at_ns - last_ns < 300_000_000
            last_ns = at_ns
    assert not clock.jumped


def test_there_and_back() -> None:
    """monotonic_ns undoes session_ms to a microsecond, also in the middle of a slew."""
    clock, now_ns = synced()
    for k in range(8):
        exchange(clock, now_ns + k * 10**6, SESSION_US + 40_000)
    now_ns += 1_500_000_000
    read_ms = clock.session_ms(now_ns)
    assert read_ms is not None
    assert abs(clock.monotonic_ns(read_ms / 1000) - now_ns) < 1000


def test_after_a_jump_it_learns_anew() -> None:
    """After a jump found by an answer 1.8 s late, a burst of good answers sets the right time."""
    clock, now_ns = synced()
    exchange(clock, now_ns, SESSION_US + 5_000_000, out_us=1_800_000, back_us=100, nonce=900)
    assert clock.jumped
    assert abs(clock.state(now_ns).offset_us - (SESSION_US + 5_000_000)) > 800_000
    clock.settle()
    now_ns += 2_000_000_000
    for k in range(4):
        assert clock.due(now_ns), "asked again at once, in a burst"
        exchange(clock, now_ns, SESSION_US + 5_000_000, nonce=1000 + k)
        now_ns += 25_000_000
    assert clock.state(now_ns).offset_us == pytest.approx(SESSION_US + 5_000_000, abs=300)


def test_the_quickest_way_there_and_the_quickest_way_back_need_not_be_one_answer() -> None:
    """Two lopsided answers of 100 ms, one each way, give the time to the millisecond."""
    clock = SessionClock()
    exchange(clock, START_NS, SESSION_US, 500, 100_000)
    exchange(clock, START_NS + EVERY_NS, SESSION_US, 100_000, 500)
    state = clock.state(START_NS + EVERY_NS)
    assert state.offset_us == pytest.approx(SESSION_US, abs=200)
    assert (state.round_trip_us, state.uncertainty_us < 1_000) == (1_000, True)


def test_a_drifting_clock_is_reported_in_valid_numbers() -> None:
    """With a drift of 50 ppm over minutes, round trip and uncertainty stay at least 0."""
    clock = SessionClock()
    for k in range(120):
        exchange(clock, START_NS + k * EVERY_NS, SESSION_US + 100 * k, 100, 100)
        for ago_ns in (0, 2 * EVERY_NS):
            state = clock.state(START_NS + k * EVERY_NS - ago_ns)
            assert min(state.round_trip_us, state.uncertainty_us) >= 0


def test_answers_that_contradict_one_another_leave_the_newest() -> None:
    """A session clock set by half a second, below a jump, is followed within a few answers."""
    clock, now_ns = synced()
    for k in range(3):
        exchange(clock, now_ns + k * EVERY_NS, SESSION_US + 500_000, nonce=700 + k)
    assert not clock.jumped
    assert clock.state(now_ns + 60 * EVERY_NS).offset_us == pytest.approx(SESSION_US + 500_000, abs=300)


def test_a_jump_is_reported_and_taken() -> None:
    """A change of 1.5 s is a jump, reported until settled, with the new time at once; 0.9 s is none."""
    clock, now_ns = synced()
    for k in range(8):
        exchange(clock, now_ns, SESSION_US + 900_000, nonce=900 + k)
    assert not clock.jumped
    clock, now_ns = synced()
    _, then_ns = exchange(clock, now_ns, SESSION_US + 1_500_000, 900, 900)
    assert clock.jumped
    for later_ns in (then_ns, then_ns + 5_000_000_000):
        assert clock.state(later_ns).offset_us == pytest.approx(SESSION_US + 1_500_000, abs=2)
    clock.settle()
    assert not clock.jumped


@settings(max_examples=60)
@given(
    lopsided_us=st.lists(st.tuples(st.integers(0, 1_990_000), st.booleans()), min_size=1, max_size=40),
    ahead_us=st.integers(-50_000, 50_000),
)
@example(lopsided_us=[(1_990_000, True)], ahead_us=-50_000)
@example(lopsided_us=[(1_990_000, False)], ahead_us=50_000)
def test_no_lopsided_way_is_a_jump(lopsided_us: list[tuple[int, bool]], ahead_us: int) -> None:
    """Answers of up to 2 s, all of it one way, never make the clock jump."""
    clock, now_ns = synced(SESSION_US + ahead_us)
    for way_us, there in lopsided_us:
        now_ns += EVERY_NS
        out_us, back_us = (way_us, 0) if there else (0, way_us)
        assert exchange(clock, now_ns, SESSION_US, out_us, back_us)[0] is None
        assert not clock.jumped


def test_a_jump_is_reported_once_the_delay_cannot_explain_it() -> None:
    """1.5 s with 1.2 s on the way back may be the way, and is slewed; 2.5 s may not, and is a jump."""
    clock, now_ns = synced()
    exchange(clock, now_ns, SESSION_US + 1_500_000, 0, 1_200_000)
    assert not clock.jumped
    exchange(clock, now_ns + EVERY_NS, SESSION_US + 2_500_000, 0, 1_200_000)
    assert clock.jumped


def test_a_way_that_is_lopsided_for_minutes_does_not_move_the_clock() -> None:
    """After nine minutes of 1.8 s there and 0 back the time is right to 60 ms; after ten it is not."""
    clock, now_ns = synced()
    worst_us = 0.0
    for k in range(1, 270):
        exchange(clock, now_ns + k * EVERY_NS, SESSION_US, 1_800_000, 0)
        read_us = clock.offset_us(now_ns + k * EVERY_NS + EVERY_NS // 2)
        worst_us = max(worst_us, abs(read_us - SESSION_US) if read_us is not None else 1e12)
    assert worst_us < 60_000
    for k in range(270, 600):
        exchange(clock, now_ns + k * EVERY_NS, SESSION_US, 1_800_000, 0)
    assert clock.uncertainty_us(now_ns + 600 * EVERY_NS) > 800_000


def test_masking_by_uncertainty() -> None:
    """A band of centre f is omitted above 1 / (36 f): at 2 ms beta and sigma's neighbour limits hold."""
    phasors = np.ones((2, 5, 2), dtype=np.float32)
    kept = {
        uncertainty_us: [
            band.name
            for at, band in enumerate(BANDS6X2.phase_bands)
            if np.isfinite(mask_phasors(phasors, phase_limits_us(BANDS6X2), uncertainty_us)[:, at]).all()
        ]
        for uncertainty_us in (1000, 1900, 2500, 4000, 12_000, 13_000)
    }
    assert kept[1000] == ["delta", "theta", "alpha", "sigma", "beta"]
    assert kept[1900] == ["delta", "theta", "alpha", "sigma"]
    assert kept[2500] == ["delta", "theta", "alpha"]
    assert kept[4000] == ["delta", "theta"]
    assert kept[12_000] == ["delta"]
    assert kept[13_000] == []
    assert np.isfinite(phasors).all()
    assert np.isnan(mask_phasors(phasors, phase_limits_us(BANDS6X2), float("nan"))).all()
