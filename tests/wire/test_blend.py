"""The arithmetic of both ends: a pod subtracts exactly what the daemon added, and doubt means alone."""

from dataclasses import replace
from math import inf, nan

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dreamwire import blend, codec
from dreamwire.messages import Collective, Floats
from wire.specimens import COLLECTIVE, FRAME

MU = np.linspace(2.0, 20.0, 12, dtype=np.float32)
SIGMA = np.linspace(1.0, 4.5, 12, dtype=np.float32)
STATE = st.floats(-6, 6, width=32)
states = arrays(np.float32, 12, elements=STATE)


def crowds(least: int) -> st.SearchStrategy[Floats]:
    """Draw the features of `least` to 12 sleepers, float32[N, 12] dB."""
    db = st.floats(-60, 60, width=32)
    return st.integers(least, 12).flatmap(lambda n: arrays(np.float32, (n, 12), elements=db))


def broadcast(db: Floats, r: Floats) -> Collective:
    """Do as the daemon does: frames in, sums in float32 out, by way of the wire."""
    payload = codec.encode(tuple(replace(FRAME, features=row) for row in db))
    heard = np.stack([frame.features for frame in codec.decode_frames(payload)])
    x = blend.to_shared(heard, MU, SIGMA)
    w = blend.weights(x, r).astype(np.float64)
    total = (w[:, np.newaxis] * x).sum(axis=0).astype(np.float32)
    collective = replace(COLLECTIVE, r=r, m=r, sum=total, weight=float(w.sum()))
    return codec.decode_collective(codec.encode(collective))


@settings(deadline=None, max_examples=150)
@given(crowds(2), states)
def test_leaving_oneself_out_gives_the_mean_of_the_others(db: Floats, r: Floats) -> None:
    """From a float32 broadcast, each pod gets the weighted mean of the others to 1e-4."""
    heard = broadcast(db, r)
    x = blend.to_shared(db, MU, SIGMA)
    w = 1.0 / np.maximum(np.linalg.norm(x.astype(np.float64) - r, axis=1), blend.EPS)
    for i in range(len(db)):
        own = blend.to_shared(db[i], MU, SIGMA)
        centre = blend.leave_one_out(heard.sum, heard.weight, own, blend.weight(own, heard.r))
        others = np.arange(len(db)) != i
        direct = (w[others, np.newaxis] * x[others]).sum(axis=0) / w[others].sum()
        assert centre is not None
        assert centre.dtype == np.float32
        assert np.abs(centre - direct).max() <= 1e-4


@settings(deadline=None, max_examples=50)
@given(crowds(2), states, st.sampled_from([nan, inf, -inf]), st.data())
def test_one_nan_sleeper_gives_no_collective(db: Floats, r: Floats, bad: float, data: st.DataObject) -> None:
    """A NaN or an infinity in the sums leaves every pod without a collective."""
    sick = db.copy()
    sick[data.draw(st.integers(0, len(db) - 1)), data.draw(st.integers(0, 11))] = bad
    heard = broadcast(sick, r)
    for row in sick:
        own = blend.to_shared(row, MU, SIGMA)
        assert blend.leave_one_out(heard.sum, heard.weight, own, blend.weight(own, heard.r)) is None


def test_without_others_there_is_no_collective() -> None:
    """Alone in the sums, or with others of almost no weight, there is no mean of the others."""
    x = np.ones(12, np.float32)
    assert blend.leave_one_out(x, 1.0, x, 1.0) is None
    assert blend.leave_one_out(x * 1.001, 1.001, x, 1.0) is None
    assert blend.leave_one_out(x * 1.01, 1.01, x, 1.0) is not None
    assert blend.leave_one_out(x * 0, 0.0, x, 0.0) is None


@pytest.mark.parametrize(
    ("weight_total", "w_own"),
    [(nan, 1.0), (5.0, nan), (inf, 1.0), (5.0, -1.0), (-5.0, -9.0), (1.0, 2.0), (inf, inf)],
)
def test_weights_that_cannot_be_give_no_collective(weight_total: float, w_own: float) -> None:
    """A weight that is negative, not finite, or more than the whole leaves the pod alone."""
    x = np.ones(12, np.float32)
    assert blend.leave_one_out(x, weight_total, x, w_own) is None


@pytest.mark.parametrize("bad", [nan, inf, -inf])
def test_one_number_that_is_none_gives_no_collective(bad: float) -> None:
    """One value of S or of the own state that is not finite leaves the pod alone, whatever the weights."""
    x = np.ones(12, np.float32)
    sick = x.copy()
    sick[7] = bad
    assert blend.leave_one_out(5 * x, 5.0, x, 1.0) is not None
    assert blend.leave_one_out(5 * sick, 5.0, x, 1.0) is None
    assert blend.leave_one_out(5 * x, 5.0, sick, 1.0) is None


def test_a_sum_that_is_not_of_clipped_states_gives_no_collective() -> None:
    """A centre beyond the clip shows wrong sums and leaves the pod alone."""
    x = np.zeros(12, np.float32)
    total = np.zeros(12, np.float32)
    total[4] = 4 * 6.5
    assert blend.leave_one_out(total, 5.0, x, 1.0) is None
    total[4] = 4 * 6.0
    assert blend.leave_one_out(total, 5.0, x, 1.0) is not None


@settings(deadline=None)
@given(crowds(1), states)
def test_a_row_and_a_matrix_are_computed_alike(db: Floats, r: Floats) -> None:
    """A pod's state and weight are, bit for bit, those of its row at the daemon, in any memory layout."""
    for layout in (db, np.asfortranarray(db), np.repeat(db, 2, axis=0)[::2]):
        x = blend.to_shared(layout, MU, SIGMA)
        w = blend.weights(np.asarray(x, order="F"), r)
        for i, row in enumerate(db):
            own = blend.to_shared(row.copy(), MU, SIGMA)
            assert own.tobytes() == x[i].tobytes()
            assert blend.weight(own, r) == w[i]


@given(arrays(np.float32, 12, elements=st.floats(width=32)))
def test_the_shared_scale_is_within_the_clip_or_nan(db: Floats) -> None:
    """Finite features land within +-6; a NaN or an infinity is NaN, never the clip's edge."""
    x = blend.to_shared(db, MU, SIGMA)
    assert x.dtype == np.float32
    assert np.array_equal(np.isnan(x), ~np.isfinite(db))
    assert not (np.abs(x) > blend.X_LIMIT).any()


@given(states)
def test_the_shared_scale_goes_back_to_db(x: Floats) -> None:
    """From the shared scale to dB and back is the same state to 1e-4."""
    again = blend.to_shared(blend.from_shared(x, MU, SIGMA), MU, SIGMA)
    assert np.abs(again - x).max() <= 1e-4


def test_weights_fall_with_distance_and_stop_rising_at_eps() -> None:
    """A weight is one over the distance, one within EPS, and NaN for a row with NaN."""
    r = np.zeros(3, np.float32)
    x = np.array([[0, 0, 0], [0, 1, 0], [3, 4, 0], [np.nan, 0, 0]], np.float32)
    w = blend.weights(x, r)
    assert w[:3] == pytest.approx([1.0, 1.0, 0.2])
    assert np.isnan(w[3])
    assert w.dtype == np.float32


@settings(deadline=None)
@given(
    states,
    states,
    st.floats(0, 1, width=32),
    arrays(np.float32, 12, elements=st.floats(-50, 50, width=32)),
    st.floats(0, 0.5, width=32),
)
def test_feedback_is_the_designed_blend(x: Floats, c: Floats, a: float, lead: Floats, b: float) -> None:
    """F = (1 - a) x + a [(1 - b) c + b A] with A clipped, to float32's precision, and within the clip."""
    f = blend.feedback(x, c, a, lead, b)
    direct = (1 - a) * x.astype(np.float64) + a * ((1 - b) * c + b * np.clip(lead, -6, 6).astype(np.float64))
    assert f.dtype == np.float32
    assert np.abs(f - direct).max() <= 1e-5
    assert np.abs(f).max() <= blend.X_LIMIT + 1e-5


@pytest.mark.parametrize("share_a", [0.0, -0.5, 1.01, nan, inf])
def test_a_share_that_cannot_be_leaves_the_sleeper_alone(share_a: float) -> None:
    """Without a share within 0..1 the feedback is exactly the own state."""
    x = np.linspace(-3, 3, 12, dtype=np.float32)
    f = blend.feedback(x, x + 1, share_a, None, 0.0)
    assert f.tobytes() == x.tobytes()
    assert f is not x


def test_no_collective_leaves_the_sleeper_alone() -> None:
    """Without a finite centre of the others the feedback is the own state."""
    x = np.linspace(-3, 3, 12, dtype=np.float32)
    broken = x.copy()
    broken[5] = np.nan
    for c_minus in (None, broken, x[:4]):
        assert blend.feedback(x, c_minus, 0.15, None, 0.0).tobytes() == x.tobytes()


@pytest.mark.parametrize("share_b", [0.51, -0.1, nan, inf])
def test_an_artists_share_that_cannot_be_is_none(share_b: float) -> None:
    """An artist's share above a half, below zero or not a number counts as zero."""
    x, c = np.zeros(12, np.float32), np.ones(12, np.float32)
    f = blend.feedback(x, c, 0.1, 3 * c, share_b)
    assert f.tobytes() == blend.feedback(x, c, 0.1, None, 0.0).tobytes()


@pytest.mark.parametrize(
    "artist", [np.zeros(0, np.float32), np.ones(3, np.float32), np.full(12, nan, np.float32)]
)
def test_an_artists_vector_that_cannot_be_has_no_share(artist: Floats) -> None:
    """An artist's vector that is empty, of another size or not finite has no share in the blend."""
    x, c = np.zeros(12, np.float32), np.ones(12, np.float32)
    f = blend.feedback(x, c, 0.1, artist, 0.5)
    assert f.tobytes() == blend.feedback(x, c, 0.1, None, 0.0).tobytes()


@given(st.floats(0, 1))
@example(0.15)
@example(np.nextafter(38 / 255, 0))
@example(np.nextafter(1.0, 0))
def test_a_coupling_byte_never_grants_more(a: float) -> None:
    """A coupling's byte grants no more than the coupling, and the next byte would."""
    byte = blend.coupling_to_byte(a)
    assert blend.byte_to_coupling(byte) <= a
    assert byte == 255 or blend.byte_to_coupling(byte + 1) > a


@pytest.mark.parametrize("a", [nan, inf, -inf, -0.1, -0.0, 0.0, 1.0001])
def test_a_coupling_that_cannot_be_grants_nothing(a: float) -> None:
    """NaN, a negative or anything above one is byte 0: alone."""
    assert blend.coupling_to_byte(a) == 0
    assert blend.couplings_to_bytes(np.array([a]))[0] == 0


@given(st.lists(st.floats(width=32), max_size=30))
def test_many_couplings_are_rounded_like_one(values: list[float]) -> None:
    """An array's couplings are the bytes each would get alone, in float32 as in float64."""
    expected = [blend.coupling_to_byte(value) for value in values]
    assert blend.couplings_to_bytes(np.array(values, np.float64)).tolist() == expected
    assert blend.couplings_to_bytes(np.array(values, np.float32)).tolist() == expected


def test_every_byte_comes_back() -> None:
    """Byte to coupling to byte is the same byte, for each of the 256, one by one or all at once."""
    every = np.arange(256, dtype=np.uint8)
    assert [blend.coupling_to_byte(blend.byte_to_coupling(int(byte))) for byte in every] == every.tolist()
    assert blend.couplings_to_bytes(blend.bytes_to_couplings(every)).tolist() == every.tolist()


@given(st.integers(0, 2**32 - 1))
@example(0xFFFF_FFFF)
@example(0x0001_FFFF)
def test_seqs_wrap_and_never_answer_none(draw: int) -> None:
    """A seq is a u32 with low 16 bits that are never 0, and the next one is one or two further."""
    first = blend.first_seq(draw)
    following = blend.next_seq(first)
    for seq in (first, following):
        assert 0 < seq < 2**32
        assert blend.seq_low(seq) != 0
    assert (following - first) % 2**32 in (1, 2)


@given(arrays(np.float32, 12, elements=st.floats(width=32, allow_nan=True, allow_infinity=True)))
@example(np.full(12, np.finfo(np.float32).max, dtype=np.float32))
@example(np.array([inf, -inf], dtype=np.float32))
def test_finite_is_what_numpy_calls_finite(values: Floats) -> None:
    """One NaN or infinity is enough, opposite infinities do not cancel, and no sum overflows."""
    assert blend.finite(values) is bool(np.isfinite(values).all())
