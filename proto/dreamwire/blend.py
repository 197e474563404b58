"""The arithmetic that both ends compute alike: shared scale, weights, leave-one-out, feedback, bytes.

The daemon broadcasts sums over all sleepers, and each pod subtracts its own part. That works only if a pod's
state and weight are, bit for bit, the values that the daemon added. So both ends call this code on the same
float32 values, and no reduction here depends on the number of rows in the array.

Rules. States are float32 on the shared scale, clipped to +-6. A value that is not finite stays visible: a NaN
or an infinity becomes NaN, never the clip's edge, and the pod that meets one has no collective (None).
Every doubt is settled towards the sleeper: no sum, no share; no number, no coupling; bytes round down.
"""

from bisect import bisect_right
from math import sqrt
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from dreamwire.messages import Floats

X_LIMIT: Final = 6.0
"""Shared-scale states are clipped to +- this."""

EPS: Final = 1.0
"""Shared-scale distance below which a sleeper's weight grows no further (DESIGN 7.3)."""

REST_MIN: Final = 1e-3
"""Least share of the total weight the others must hold for a leave-one-out centre."""

SHARE_B_MAX: Final = 0.5
"""The artist's greatest share of the blend."""

ANCHOR_CEILING: Final = 0.10
"""The greatest coupling of an anchor session."""

_LIMIT: Final = np.float32(X_LIMIT)
_LEAST: Final = np.float32(-X_LIMIT)
_ONE: Final = np.float32(1.0)
_EPS: Final = np.float32(EPS)
_HULL: Final = X_LIMIT + 0.01
_BYTE_TOP: Final = 255
_U16: Final = 0xFFFF
_U32: Final = 0xFFFFFFFF
_LEVELS: Final = tuple(level / _BYTE_TOP for level in range(_BYTE_TOP + 1))
_LEVELS_ARRAY: Final = np.asarray(_LEVELS, dtype=np.float64)


def to_shared(db: ArrayLike, mu_db: ArrayLike, sigma_db: ArrayLike) -> Floats:
    """Bring features to the shared scale: x = (dB - mu) / sigma, clipped to +-6.

    Args:
        db: [D] or [N, D], dB re 1 uV^2.
        mu_db: [D], centre of the scale, dB.
        sigma_db: [D], spread of the scale, dB, above zero.

    Returns:
        float32 of the shape of `db`; NaN wherever the quotient is not finite.
    """
    features = np.asarray(db, dtype=np.float32)
    with np.errstate(all="ignore"):
        x = (features - np.asarray(mu_db, dtype=np.float32)) / np.asarray(sigma_db, dtype=np.float32)
        x = x + (x - x)  # leaves finite values unchanged; an infinity becomes NaN
    return np.minimum(np.maximum(x, _LEAST), _LIMIT)


def finite(*vectors: Floats) -> bool:
    """Whether every number of short vectors is finite: three times as fast as numpy for a dozen of them.

    Their sum is taken in float64, where no sum of float32 overflows.
    """
    total = 0.0
    for values in vectors:
        total += sum(values.tolist())
    return bool(total - total == 0.0)


def from_shared(x: ArrayLike, mu_db: ArrayLike, sigma_db: ArrayLike) -> Floats:
    """Take shared-scale states [D] or [N, D] back to dB re 1 uV^2, float32: x * sigma + mu."""
    mu = np.asarray(mu_db, dtype=np.float32)
    return np.asarray(np.asarray(x, dtype=np.float32) * np.asarray(sigma_db, dtype=np.float32) + mu)


def weights(x: ArrayLike, r: ArrayLike) -> Floats:
    """One Weiszfeld weight a row: w_i = 1 / max(|x_i - r|, EPS) (Weiszfeld 1937).

    Args:
        x: [N, D], shared scale.
        r: [D], the reference centre, shared scale.

    Returns:
        float32[N] in (0, 1]; NaN for a row that holds one.
    """
    return weights_at(distances(x, r))


def distances(x: ArrayLike, r: ArrayLike) -> Floats:
    """Return float32[N], how far each row of x, [N, D], is from r, [D]; shared scale."""
    away = np.ascontiguousarray(np.asarray(x, dtype=np.float32) - np.asarray(r, dtype=np.float32))
    return np.asarray(np.sqrt(np.add.reduce(away * away, axis=1)))


def weights_at(distance: Floats) -> Floats:
    """Return the weights of rows at these distances, float32[N]."""
    return np.asarray(_ONE / np.maximum(distance, _EPS))


def weight(x: ArrayLike, r: ArrayLike) -> float:
    """Return the weight of one state [D], the same number `weights` gives its row.

    The root and the quotient are taken in float64: rounded to float32 they are those of float32 itself.
    """
    away = np.asarray(x, dtype=np.float32) - np.asarray(r, dtype=np.float32)
    distance = float(np.float32(sqrt(np.add.reduce(away * away))))
    return float(np.float32(1.0 / max(distance, EPS)))  # a NaN stands first, and stays


def leave_one_out(sum_: ArrayLike, weight_total: float, x_own: ArrayLike, w_own: float) -> Floats | None:
    """Return the centre of the others, c = (S - w x) / (W - w), or None.

    None if the others hold too little weight (W - w <= 1e-3 W), if anything is not finite, and if the result
    lies outside the clip: then it is not a mean of clipped states, and S does not belong to W.

    Args:
        sum_: [D], S = sum of w_i x_i, shared scale.
        weight_total: W = sum of w_i.
        x_own: [D], the own state in the frame the daemon used.
        w_own: the own weight, by `weight`.

    Returns:
        float32[D], shared scale, or None.
    """
    total, own = float(weight_total), float(w_own)
    rest = total - own
    ok = own >= 0.0 and rest > REST_MIN * total > 0.0 and rest < np.inf
    if not ok:
        return None
    sums, states = np.asarray(sum_).tolist(), np.asarray(x_own).tolist()
    # Python's floats: for a dozen numbers a third of numpy's cost, and the same float64 arithmetic.
    centre = [(s - own * x) / rest for s, x in zip(sums, states, strict=True)]
    beyond = sum(centre)  # min and max of a list may miss a NaN
    within = min(centre) >= -_HULL and max(centre) <= _HULL and beyond - beyond == 0.0
    return np.array(centre, dtype=np.float32) if within else None


def feedback(
    x: ArrayLike, c_minus: ArrayLike | None, share_a: float, artist: ArrayLike | None, share_b: float
) -> Floats:
    """Return a sleeper's feedback: f = (1 - a) x + a [(1 - b) c_minus + b A].

    A share that is not a number in its range counts as zero. A collective that is missing or not finite
    leaves the sleeper with x. An artist's vector that is missing or not finite has no share.

    Args:
        x: [D], the own state, shared scale.
        c_minus: [D], the centre of the others, or None.
        share_a: the rendered share of the others, 0..1.
        artist: [D], clipped here to +-6; None or empty if no artist leads.
        share_b: the artist's share of the blend, 0..0.5.

    Returns:
        float32[D], shared scale.
    """
    own = np.asarray(x, dtype=np.float32)
    ok = c_minus is not None and 0.0 < share_a <= 1.0
    if not ok:
        return own.copy()
    others = np.asarray(c_minus, dtype=np.float32)
    if others.shape != own.shape or not finite(others):
        return own.copy()
    lead = others if artist is None else _led(others, artist, share_b)
    a = np.float32(share_a)
    blended: Floats = (_ONE - a) * own + a * lead
    return blended


def _led(others: Floats, artist: ArrayLike, share_b: float) -> Floats:
    ok = 0.0 < share_b <= SHARE_B_MAX
    if not ok:
        return others
    vector = np.asarray(artist, dtype=np.float32)
    if vector.shape != others.shape or not finite(vector):
        return others
    b = np.float32(share_b)
    return np.asarray((_ONE - b) * others + b * np.clip(vector, -X_LIMIT, X_LIMIT))


def coupling_to_byte(coupling: float) -> int:
    """Return the greatest byte that grants no more than `coupling`; 0 for a value outside 0..1."""
    ok = 0.0 <= coupling <= 1.0
    return bisect_right(_LEVELS, coupling) - 1 if ok else 0


def couplings_to_bytes(couplings: ArrayLike) -> NDArray[np.uint8]:
    """`coupling_to_byte` of each: uint8 of the same shape."""
    granted = np.asarray(couplings, dtype=np.float64)
    ok = (granted >= 0.0) & (granted <= 1.0)
    levels = np.searchsorted(_LEVELS_ARRAY, granted, side="right") - 1
    return np.where(ok, levels, 0).astype(np.uint8)


def byte_to_coupling(byte: int) -> float:
    """Return the coupling a broadcast's byte grants: byte / 255, 0..1.

    Raises:
        IndexError: `byte` is above 255.
    """
    return _LEVELS[byte] if byte >= 0 else 0.0


def bytes_to_couplings(levels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """`byte_to_coupling` of each: float64 of the same shape."""
    return np.asarray(_LEVELS_ARRAY[levels])


def seq_low(seq: int) -> int:
    """Return the low 16 bits of a frame's seq, as a Collective answers it; never 0 for a seq made here."""
    return seq & _U16


def first_seq(draw: int) -> int:
    """Make a random u32 draw into a first seq: 0 in the low 16 bits means `none`, so it is skipped."""
    seq = draw & _U32
    return seq if seq & _U16 else seq + 1


def next_seq(seq: int) -> int:
    """Return the seq after `seq`: u32, wrapping, values whose low 16 bits are 0 skipped."""
    return first_seq(seq + 1)
