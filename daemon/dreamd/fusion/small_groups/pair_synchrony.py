"""Synchrony of small groups, many at once: the same numbers as `synchrony`, from pairs of people.

`synchrony` sums over pairs of instants, which costs T^2 a group whatever its size and keeps two T x T
matrices of it. Of n people, fewer than instants, the sum over pairs of people is the smaller one: with
P = Z Z^H, n x n,

  sum |G_tt'|^2 = sum |P_ij|^2                                 over all instants t, t'

and the same holds of presence, K and Q = M M^T. `synchrony` leaves out instants nearer than L, a band along
G's diagonal. It is computed from chunks of L instants, each with the 2 L that begin with it. Nothing is kept
from one second to the next but the phases themselves.

Phases are multiplied in complex64: PPC differs from that of `synchrony` by less than 1e-5 and z by less than
1e-3, counts by nothing.
"""

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from dreamd.fusion.row_slices import run_of, taken
from dreamd.fusion.synchrony import Doubles, Phasors, Synchrony
from dreamwire.messages import Floats


def synchrony_of_groups(z: Phasors, lags: tuple[int, ...], end: int = 0) -> list[Synchrony]:
    """Return the synchrony over all pairs of each of K groups.

    Args:
        z: complex64[B, K, n, T], unit phasors, zero where missing, at most 64 people; a ring.
        lags: L of each band, instants, 1 at least.
        end: the column just after the newest instant in the ring.
    """
    instants = z.shape[-1]
    course = _in_order(z, end, max(lags))
    there = ((course.real != 0.0) | (course.imag != 0.0)).astype(np.float32)
    whole, here = course[..., :instants], there[..., :instants]
    at_once = here.sum(axis=2, dtype=np.float64)
    agreed = _energy(whole @ whole.conj().swapaxes(-1, -2)) - (at_once**2).sum(axis=-1)
    shared = _energy(here @ here.swapaxes(-1, -2)) - (at_once**2).sum(axis=-1)
    each = (here.sum(axis=3, dtype=np.float64) ** 2).sum(axis=-1) - at_once.sum(axis=-1)
    lasting = np.zeros(agreed.shape)
    for lag in set(lags):
        bands = run_of(np.flatnonzero(np.asarray(lags) == lag))
        g, g_energy = _near(taken(course, bands), lag)
        k, k_energy = _near(taken(there, bands), lag)
        agreed[bands] -= 2.0 * g_energy.sum(axis=-1)
        shared[bands] -= 2.0 * k_energy.sum(axis=-1)
        each[bands] -= 2.0 * k.real.sum(axis=-1)
        n = np.maximum(k.real, 2.0)
        square = np.maximum(np.abs(g) ** 2 - n, 0.0) / (n * (n - 1.0))
        lasting[bands] = (square * (k_energy - k.real)).sum(axis=-1)
    above, below = agreed - each, shared - each
    pairs = at_once * (at_once - 1.0)
    told = (below > 0.0) & (4 * np.count_nonzero(pairs > 0.0, axis=-1) >= instants)
    lasts = 1.0 + 2.0 * lasting / np.maximum(pairs.sum(axis=-1), 1.0)
    ppc = np.divide(above, below, out=np.full(below.shape, np.nan), where=told)
    sharpness = np.sqrt(np.maximum(below, 0.0) / 2.0) / lasts
    dof = sharpness / np.sqrt(np.maximum(pairs.mean(axis=-1), 1.0) / 2.0)
    results = ppc.T, (ppc * sharpness).T, np.where(told, dof, np.nan).T
    return [Synchrony(*of_group) for of_group in zip(*map(np.ascontiguousarray, results), strict=True)]


def _in_order(z: Phasors, end: int, reach: int) -> Phasors:
    """Return the courses, oldest instant first, in whole chunks of `reach` and followed by one of zeros."""
    instants = z.shape[-1]
    course = np.zeros((*z.shape[:-1], -(-instants // reach) * reach + reach), dtype=np.complex64)
    course[..., : instants - end] = z[..., end:]
    course[..., instants - end : instants] = z[..., :end]
    return course


def _energy(products: NDArray[np.complex64] | Floats) -> Doubles:
    """Return the sum of |.|^2 over the last two axes."""
    flat = products.view(np.float32)
    return np.asarray(np.einsum("bkij,bkij->bk", flat, flat, dtype=np.float64))


def _near(course: Phasors | Floats, lag: int) -> tuple[Phasors | Floats, Floats]:
    """Return G at each distance 1 up to `lag` - 1, summed over instants, and the sum of its |.|^2.

    Args:
        course: [B, K, n, T'], instants in order, with `lag` zeros at the end.
        lag: instants, not more than the chunks of the course.

    Returns:
        [B, K, lag - 1] each.
    """
    bands, groups, n, instants = course.shape
    chunks = instants // lag - 1
    band, group, person, instant = course.strides
    ahead = as_strided(
        course,
        (bands, groups, chunks, n, 2 * lag),
        (band, group, lag * instant, person, instant),
        writeable=False,
    )
    g = ahead[..., :lag].conj().swapaxes(-1, -2) @ ahead
    by_distance = as_strided(
        g[..., 1:],
        (bands, groups, chunks, lag, lag - 1),
        (*g.strides[:3], g.strides[3] + g.strides[4], g.strides[4]),
        writeable=False,
    )
    energy = np.einsum("bkctd,bkctd->bkd", by_distance.real, by_distance.real)
    if np.iscomplexobj(course):
        energy += np.einsum("bkctd,bkctd->bkd", by_distance.imag, by_distance.imag)
    return np.einsum("bkctd->bkd", by_distance), energy
