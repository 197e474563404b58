"""The coupling: its table, its ramp, its fades."""

import itertools
from math import nan

import pytest

from dreamedge.core.merging.coupling import (
    LAPSE_FADE_NS,
    MOVES,
    PULSE_NS,
    SEVER_FADE_NS,
    Coupling,
    Fade,
    IllegalMoveError,
    Limits,
    Move,
    State,
)

S_NS = 1_000_000_000


def ramped(seconds: float = 5.0, top: float = 0.15, ramp_s: float = 10.0) -> tuple[Coupling, int]:
    """A coupling with its whole top granted for this long, and the time."""
    coupling = Coupling()
    coupling.limit(Limits(top, ramp_s))
    now_ns = S_NS
    coupling.grant(1.0, now_ns)
    for now_ns in range(S_NS, S_NS + round(seconds * S_NS) + 1, PULSE_NS):
        coupling.grant(1.0, now_ns)
        coupling.advance(now_ns)
    return coupling, now_ns


def in_state(state: State) -> Coupling:
    """A coupling brought to this state by legal moves."""
    if state is State.LATCHED:
        return Coupling(latched=True)
    if state is State.ALONE:
        coupling = Coupling()
        coupling.limit(Limits(0.15, 10.0))
        return coupling
    coupling, now_ns = ramped()
    if state is State.FADING:
        coupling.lapse(now_ns)
    if state is State.LATCHING:
        coupling.latch(now_ns)
    assert coupling.state is state
    return coupling


def test_the_table_is_what_the_drawing_says() -> None:
    """Only a grant merges, only from alone; only an unlatch leaves a latch; every fade ends at zero."""
    assert {before for (before, move), after in MOVES.items() if after is State.MERGED} == {
        State.ALONE,
        State.MERGED,
    }
    assert {move for (_, move), after in MOVES.items() if after is State.MERGED} == {Move.GRANT}
    latched = {State.LATCHING, State.LATCHED}
    assert {
        move for (before, move), after in MOVES.items() if before in latched and after not in latched
    } == {Move.UNLATCH}
    for state, move in itertools.product(State, (Move.SEVER, Move.LATCH)):
        assert (state, move) in MOVES, "to zero is always possible"


@pytest.mark.parametrize(("state", "move"), list(itertools.product(State, Move)))
def test_every_move_of_the_table_and_no_other(state: State, move: Move) -> None:
    """Of all thirty pairs the legal ones lead where the table shows; the others raise or are declined."""
    coupling = in_state(state)
    now_ns = 6 * S_NS
    after = MOVES.get((state, move))
    if move is Move.GRANT:
        assert coupling.grant(0.1, now_ns) is (after is not None)
        assert coupling.state is (after or state)
        return
    acts = {
        Move.LAPSE: lambda: coupling.lapse(now_ns),
        Move.SEVER: lambda: coupling.sever(now_ns),
        Move.LATCH: lambda: coupling.latch(now_ns),
        Move.UNLATCH: coupling.unlatch,
        Move.SILENT: lambda: coupling.advance(now_ns + S_NS),
    }
    if after is None and move is not Move.SILENT:
        with pytest.raises(IllegalMoveError):
            acts[move]()
        return
    acts[move]()
    assert coupling.state is (after or state)


def test_the_ramp_is_linear_and_reaches_the_ceiling_at_its_end() -> None:
    """Half the ramp is half the ceiling, the whole of it the ceiling, and nothing above."""
    coupling, now_ns = ramped(5.0)
    assert coupling.share_at(now_ns) == pytest.approx(0.075, abs=1e-9)
    coupling, now_ns = ramped(10.0)
    assert coupling.share_at(now_ns) == pytest.approx(0.15, abs=1e-9)
    coupling, now_ns = ramped(20.0)
    assert coupling.share_at(now_ns) <= 0.15


@pytest.mark.parametrize("ramp_s", [0.0, 1.0, 9.9])
def test_no_ramp_is_shorter_than_ten_seconds(ramp_s: float) -> None:
    """No ramp is shorter than ten seconds, even if an assign asks for it."""
    coupling, now_ns = ramped(5.0, ramp_s=ramp_s)
    assert coupling.share_at(now_ns) == pytest.approx(0.075, abs=1e-9)


def test_a_high_ceiling_is_approached_at_five_percent_a_second() -> None:
    """With a high ceiling the slew limit of .05 a second outlasts the ramp."""
    coupling, now_ns = ramped(10.0, top=1.0)
    assert coupling.share_at(now_ns) == pytest.approx(0.5, abs=1e-9)


def test_down_is_immediate_and_back_up_is_slow() -> None:
    """A halved grant takes effect at the next step; after a doubling the share rises slowly."""
    coupling, now_ns = ramped(20.0)
    coupling.grant(0.05, now_ns)
    coupling.advance(now_ns)
    assert coupling.share_at(now_ns) == 0.05
    coupling.grant(0.15, now_ns)
    coupling.advance(now_ns + S_NS)
    assert coupling.share_at(now_ns + S_NS) == pytest.approx(0.065, abs=1e-9)


@pytest.mark.parametrize(
    "limits", [Limits(nan, 10.0), Limits(0.15, nan), Limits(1.5, 10.0), Limits(-0.1, 10.0)]
)
def test_limits_that_are_no_numbers_in_range_allow_nothing(limits: Limits) -> None:
    """NaN and out-of-range bounds allow no coupling."""
    coupling = Coupling()
    coupling.limit(limits)
    assert not coupling.grant(0.1, S_NS)
    assert coupling.state is State.ALONE


@pytest.mark.parametrize("granted", [nan, 0.0, -0.1, 1.1])
def test_a_grant_out_of_range_is_no_grant(granted: float) -> None:
    """Only 0 < granted <= 1 is a grant."""
    coupling = in_state(State.ALONE)
    assert not coupling.grant(granted, S_NS)
    assert coupling.state is State.ALONE


def test_a_lapse_is_zero_half_a_second_after_the_lease_however_late_it_is_seen() -> None:
    """A lapse reaches zero half a second after the lease, however late it is seen."""
    coupling, now_ns = ramped(10.0)
    seen_ns = now_ns + 40_000_000
    coupling.lapse(now_ns)
    shares = []
    for step_ns in range(seen_ns, now_ns + LAPSE_FADE_NS, PULSE_NS):
        coupling.advance(step_ns)
        shares.append(coupling.share_at(step_ns))
    assert shares == sorted(shares, reverse=True)
    assert shares[0] < 0.15
    assert shares[-1] == 0.0
    assert coupling.state is State.ALONE


def test_a_sever_is_a_raised_cosine_of_fifty_milliseconds() -> None:
    """A sever is at one half half-way, at zero at its end, with one report of the moment of zero."""
    coupling, now_ns = ramped(10.0)
    coupling.sever(now_ns)
    assert coupling.hastened
    assert coupling.share_at(now_ns) == pytest.approx(0.15)
    assert coupling.share_at(now_ns + 25_000_000) == pytest.approx(0.075)
    assert coupling.share_at(now_ns + SEVER_FADE_NS) == 0.0
    assert coupling.advance(now_ns + 70_000_000) == now_ns + SEVER_FADE_NS
    assert coupling.advance(now_ns + 80_000_000) is None


def test_a_sever_hastens_a_lapse_and_nothing_slows_a_sever() -> None:
    """A sever speeds up a lapse; a second sever does not restart the cosine."""
    coupling, now_ns = ramped(10.0)
    coupling.lapse(now_ns)
    coupling.advance(now_ns)
    coupling.sever(now_ns + PULSE_NS)
    coupling.sever(now_ns + 2 * PULSE_NS - 1)
    assert coupling.share_at(now_ns + PULSE_NS + SEVER_FADE_NS) == 0.0


def test_the_ramp_starts_at_zero_after_any_instant_at_zero() -> None:
    """After any instant at zero the ramp starts at zero."""
    coupling, now_ns = ramped(10.0)
    coupling.sever(now_ns)
    later_ns = now_ns + 2 * SEVER_FADE_NS
    coupling.advance(later_ns)
    coupling.grant(0.15, later_ns)
    coupling.advance(later_ns)
    assert coupling.share_at(later_ns) == 0.0
    coupling.advance(later_ns + S_NS)
    assert coupling.share_at(later_ns + S_NS) == pytest.approx(0.015, abs=1e-9)


def test_a_grant_during_a_fade_raises_nothing() -> None:
    """A grant during a fade raises nothing."""
    coupling, now_ns = ramped(10.0)
    coupling.lapse(now_ns)
    assert not coupling.grant(0.15, now_ns + PULSE_NS)
    coupling.advance(now_ns + 10 * PULSE_NS)
    assert coupling.state is State.ALONE


def test_a_sever_before_anything_was_rendered_is_at_zero_at_once() -> None:
    """With a share of zero a sever has no fade."""
    coupling = in_state(State.ALONE)
    coupling.grant(0.15, S_NS)
    coupling.sever(S_NS)
    assert coupling.state is State.ALONE


def test_a_fade_never_exceeds_where_it_began() -> None:
    """Before, during and after it a fade stays within 0 and its start."""
    for cosine in (True, False):
        fade = Fade(0.2, 100, 50, cosine=cosine)
        values = [fade.at(t) for t in range(0, 300, 5)]
        assert max(values) == 0.2
        assert min(values) == 0.0
