"""Identity on three axes: closed forms, a slow reference, any split, joins and leaves, single sleepers."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamd.core.limits import (
    DISPERSION_HALVE,
    DISPERSION_SEVER,
    IDENTITY_HALVE,
    IDENTITY_SEVER,
    RANK_HALVE,
    RANK_SEVER,
)
from dreamd.fusion.identity import (
    BLOCK_HOPS,
    BLOCKS,
    IDENTIFIED_MOST,
    WINDOW_HOPS_MIN,
    Axes,
    Identity,
    axes,
    centred,
    dispersion,
    effective_rank,
    identified,
    merge,
    scatter,
    sums,
)
from fusion.people import Doubles, Floats

D = 12
WINDOW = BLOCKS * BLOCK_HOPS
START = 6_800_000_000 // WINDOW * WINDOW


def rank_of(rows: Doubles, *, about_mean: bool = False) -> float:
    """Effective rank of a matrix of rows, through its scatter."""
    if about_mean:
        return effective_rank(centred(scatter(rows.astype(np.float32), np.zeros(len(rows), np.float32))))
    return effective_rank(rows.T @ rows)


@pytest.mark.parametrize(
    ("diagonal", "rank"), [((3, 1), 1.754765), ((4, 2, 1, 1), 3.363586), ((5, 5, 5), 3.0)]
)
def test_effective_rank_closed_forms(diagonal: tuple[int, ...], rank: float) -> None:
    """Of diag(3,1) it is 1.754765, of diag(4,2,1,1) 3.363586, of k equal axes k (Roy & Vetterli 2007)."""
    assert rank_of(np.diag(diagonal).astype(float)) == pytest.approx(rank, abs=1e-6)


@pytest.mark.parametrize(
    ("n", "rank"),
    [(2, 1.00), (4, 2.91), (8, 6.47), (16, 12.23), (32, 14.70), (64, 15.42), (256, 15.87)],
)
def test_effective_rank_of_strangers(n: int, rank: float) -> None:
    """Independent sleepers in 16 features, about their mean: the null table."""
    rng = np.random.default_rng(n)
    found = [rank_of(rng.normal(size=(n, 16)), about_mean=True) for _ in range(200)]
    assert np.mean(found) == pytest.approx(rank, abs=0.06)


def test_effective_rank_of_nothing_is_unknown() -> None:
    """Zeros have no rank, and no sleepers no dispersion."""
    assert math.isnan(effective_rank(np.zeros((4, 4))))
    assert math.isnan(dispersion(scatter(np.zeros((0, D), np.float32), np.zeros(0, np.float32))))


# -- against a slow reference, split in any way -----------------------------------------------------


def crowd(n: int, seed: int) -> tuple[Floats, Floats, Floats, Floats]:
    """First and present 60 s means of n sleepers, and their noise."""
    rng = np.random.default_rng(seed)
    then = rng.normal(0.0, 1.05, (n, D))
    now = then + rng.normal(0.0, 0.2, (n, D))
    noise = rng.uniform(0.2, 0.6, (2, n))
    return (
        then.astype(np.float32),
        noise[0].astype(np.float32),
        now.astype(np.float32),
        noise[1].astype(np.float32),
    )


def slowly(then: Floats, then_noise: Floats, now: Floats, now_noise: Floats) -> Axes:
    """The axes, one sleeper and one feature at a time."""
    n = len(then)

    def spread(rows: Floats, noise: Floats) -> float:
        centre = [sum(float(row[k]) for row in rows) / n for k in range(D)]
        raw = sum(sum((float(row[k]) - centre[k]) ** 2 for k in range(D)) for row in rows) / n
        return raw - sum(map(float, noise)) / n * (n - 1) / n

    def rank(rows: Floats) -> float:
        wide = rows.astype(np.float64)
        s = np.linalg.svd(wide - wide.mean(axis=0), compute_uv=False)
        p = s / s.sum()
        return math.exp(-sum(q * math.log(q) for q in p if q > 0))

    def alike(a: Floats, b: Floats) -> float:
        return float(np.corrcoef(a.astype(np.float64), b.astype(np.float64))[0, 1])

    own = [alike(then[i], now[i]) for i in range(n)]
    other = [alike(then[i], now[j]) for i in range(n) for j in range(n) if i != j]
    return Axes(
        spread(now, now_noise) / spread(then, then_noise),
        rank(now) / rank(then),
        sum(own) / n,
        sum(other) / len(other),
        n=n,
    )


def close(a: Axes, b: Axes) -> None:
    """To a millionth."""
    for one, other in zip(
        (a.dispersion, a.rank, a.i_self, a.i_others),
        (b.dispersion, b.rank, b.i_self, b.i_others),
        strict=True,
    ):
        assert one == pytest.approx(other, rel=1e-6, abs=1e-6)
    assert a.n == b.n


@pytest.mark.parametrize("n", [8, 21, 60])
def test_the_axes_are_those_of_the_slow_reference(n: int) -> None:
    """Sums, scatter and unit vectors give the same as pairs and singular values, to a millionth."""
    people = crowd(n, n)
    close(axes(sums(*people)), slowly(*people))


@given(st.integers(8, 40), st.lists(st.integers(0, 3), min_size=40, max_size=40), st.integers(0, 99))
def test_any_split_gives_the_same_axes(n: int, places: list[int], seed: int) -> None:
    """Any split over four machines, merged in any order, gives the same axes."""
    people = crowd(n, seed)
    place = np.array(places[:n])
    parts = [sums(*(part[place == k] for part in people)) for k in range(4)]
    whole = axes(sums(*people))
    close(axes(merge(merge(parts[0], parts[1]), merge(parts[2], parts[3]))), whole)
    close(axes(merge(parts[3], merge(parts[2], merge(parts[1], parts[0])))), whole)


@pytest.mark.parametrize("n", [0, 1, 2, 7])
def test_a_few_say_nothing_as_a_group(n: int) -> None:
    """Fewer than eight sleepers have no axes, and are never halved for it."""
    found = axes(sums(*crowd(n, 1)))
    assert all(map(math.isnan, (found.dispersion, found.rank, found.i_diff)))


def test_first_windows_within_their_noise_have_no_ratio() -> None:
    """If the first windows differ only by their noise there is no ratio."""
    then, noise, now, now_noise = crowd(12, 3)
    found = axes(sums(then * 0.1, noise, now, now_noise))
    assert math.isnan(found.dispersion)


def test_identification_is_of_at_most_two_hundred() -> None:
    """Each is most like themselves; of many, evenly chosen 200; of none it is unknown."""
    then, _, now, _ = crowd(1000, 5)
    assert identified(then, now) > 0.95
    few = np.zeros_like(now)
    few[:: 1000 // IDENTIFIED_MOST] = now[:: 1000 // IDENTIFIED_MOST]
    assert identified(then, few) > 0.95
    assert identified(then[:50], now[1:51]) < 0.1
    assert math.isnan(identified(then[:0], now[:0]))


# -- each way of fading is found by an axis -------------------------------------------------------------


def shrunk(rows: Doubles, by: float, noise: float, rng: np.random.Generator) -> Doubles:
    """All drawn to the centre."""
    centre = rows.mean(axis=0)
    return centre + (1.0 - by) * (rows - centre) + rng.normal(0.0, noise, rows.shape)


def onto_one_axis(rows: Doubles, by: float, rng: np.random.Generator) -> Doubles:
    """All drawn onto one direction, keeping the distance."""
    centre = rows.mean(axis=0)
    axis = rng.normal(size=rows.shape[1])
    axis /= np.linalg.norm(axis)
    away = rows - centre
    size = np.linalg.norm(away, axis=1, keepdims=True)
    fallen = size * np.sign(away @ axis)[:, None] * axis
    return centre + (1.0 - by) * away + by * fallen


FADING = {
    "none": lambda rows, rng: rows + rng.normal(0.0, 0.1, rows.shape),
    "shrink .9, noise .05": lambda rows, rng: shrunk(rows, 0.9, 0.05, rng),
    "shrink .9, noise .5": lambda rows, rng: shrunk(rows, 0.9, 0.5, rng),
    "one axis .99": lambda rows, rng: onto_one_axis(rows, 0.99, rng),
}


@pytest.mark.parametrize("n", [20, 50])
@pytest.mark.parametrize("kind", FADING)
@pytest.mark.parametrize("seed", range(5))
def test_each_way_of_fading_trips_an_axis(kind: str, n: int, seed: int) -> None:
    """Shrinking, shrinking under noise, and one axis each trip a limit.

    It is the group's axes, or most sleepers' own likeness; for unchanged sleepers neither.
    """
    rng = np.random.default_rng(seed)
    then = rng.normal(0.0, 1.0, (n, D))
    then += rng.normal(0.0, 0.1, then.shape)
    now = FADING[kind](then, rng)
    quiet = np.full(n, 0.01 * D, dtype=np.float32)
    found = axes(sums(then.astype(np.float32), quiet, now.astype(np.float32), quiet))
    own = np.array([np.corrcoef(a, b)[0, 1] for a, b in zip(then, now, strict=True)])
    lost = float((own < IDENTITY_HALVE).mean())
    group = found.dispersion < DISPERSION_HALVE or found.rank < RANK_HALVE
    if kind == "none":
        assert not group
        assert lost == 0.0
        assert found.i_diff > 0.9
    else:
        assert group or lost > 0.5
    if kind == "shrink .9, noise .05":
        assert found.dispersion < DISPERSION_SEVER
    if kind == "shrink .9, noise .5":
        assert found.i_diff < 0.5
        assert float((own < IDENTITY_SEVER).mean()) > 0.2
    if kind == "one axis .99":
        assert found.rank < RANK_SEVER
        assert found.dispersion > 0.8


# -- windows --------------------------------------------------------------------------------------------


def drawn(n: int, seed: int, hops: int, base: Doubles | None = None, noise: float = 0.3) -> Floats:
    """This many hops of n sleepers about themselves, float32[hops, n, D]."""
    rng = np.random.default_rng(seed)
    own = rng.normal(0.0, 1.05, (n, D)) if base is None else base
    return (own + rng.normal(0.0, noise, (hops, n, D))).astype(np.float32)


def lived(windows: Identity, course: Floats, begin: int = START, who: np.ndarray | None = None) -> Identity:
    """Let these hops pass; `who` are the rows of the course's sleepers."""
    rows = np.arange(course.shape[1]) if who is None else who
    for hop, x in enumerate(course):
        windows.observe(rows, x, rows, begin + hop)
        windows.digest()
    return windows


def test_a_mean_is_of_sixty_seconds_and_its_noise_of_the_blocks() -> None:
    """After a block the window is the last full minute; white noise is measured as s^2 D / 240."""
    course = drawn(200, 1, WINDOW + BLOCK_HOPS + 4)
    windows = lived(Identity(D), course)
    assert windows._mean[:200] == pytest.approx(
        course[BLOCK_HOPS : WINDOW + BLOCK_HOPS].mean(axis=0), abs=1e-4
    )
    assert windows._noise[:200].mean() == pytest.approx(0.09 * D / WINDOW, rel=0.35)


def test_restlessness_that_lasts_is_seen_as_such() -> None:
    """A slow wander (10 s) makes 60 s means noisier than its blocks: estimated within a factor of 1.5."""
    rng = np.random.default_rng(4)
    n, hops = 300, WINDOW + 4
    keep = math.exp(-0.25 / 10.0)
    wander = np.zeros((hops, n, D))
    wander[0] = rng.normal(0.0, 0.5, (n, D))
    for k in range(1, hops):
        wander[k] = keep * wander[k - 1] + rng.normal(0.0, 0.5 * math.sqrt(1 - keep**2), (n, D))
    windows = Identity(D, 512)
    lived(windows, wander.astype(np.float32))
    truly = float((wander[:WINDOW].mean(axis=0) ** 2).sum(axis=1).mean())
    assert truly / 1.5 < float(windows._noise[:n].mean()) < truly * 1.5


def test_without_a_first_window_there_is_no_comparison() -> None:
    """Without a first window there is no comparison; with it every likeness is 1."""
    windows = Identity(D)
    lived(windows, drawn(10, 2, WINDOW - BLOCK_HOPS))
    assert math.isnan(windows.axes.dispersion)
    assert np.isnan(windows.likeness).all()
    base = np.random.default_rng(2).normal(0.0, 1.05, (10, D))
    windows = lived(Identity(D), drawn(10, 2, 2 * WINDOW, base))
    assert windows.likeness[:10] == pytest.approx(1.0, abs=0.05)
    assert windows.axes.dispersion == pytest.approx(1.0, abs=0.05)
    assert windows.axes.identified == 1.0


def test_a_window_with_holes_is_not_known() -> None:
    """Fifty seconds of a minute suffice, a hop fewer does not."""
    for heard, known in ((WINDOW_HOPS_MIN, True), (WINDOW_HOPS_MIN - 1, False)):
        windows = Identity(D)
        course = drawn(1, 3, WINDOW + 1)
        for hop, x in enumerate(course):
            rows = np.zeros(1 if hop < heard or hop == WINDOW else 0, dtype=np.int64)
            windows.observe(rows, x[: len(rows)], rows, START + hop)
        assert bool(windows._known[0]) is known


@pytest.mark.parametrize("joiners", [0.3, 1.5])
def test_joining_and_leaving_move_no_ratio_by_themselves(joiners: float) -> None:
    """If half leave and as many join, both sides of a ratio are of the same sleepers; about 1."""
    base = np.random.default_rng(8).normal(0.0, 1.05, (40, D))
    base[20:] *= joiners  # far more alike, or less
    windows = Identity(D)
    course = drawn(40, 8, 6 * WINDOW, base)
    seen = []
    for hop, x in enumerate(course):
        rows = np.arange(20) if hop < 2 * WINDOW else np.arange(10, 30)
        if hop == 2 * WINDOW:
            for row in range(10):
                windows.clear(row)
        windows.observe(rows, x[rows], rows, START + hop)
        windows.digest()
        seen.append(windows.axes.dispersion)
    assert np.nanmin(seen) > 0.9
    assert np.nanmax(seen) < 1.1
    assert windows.axes.n == 20


def test_a_leavers_every_trace_is_gone() -> None:
    """A cleared row holds nothing, and the axes are as without that sleeper."""
    course = drawn(13, 9, 3 * WINDOW, np.random.default_rng(9).normal(0.0, 1.05, (13, D)))
    met, never = Identity(D), Identity(D)
    lived(met, course[:WINDOW])
    met.clear(12)
    lived(met, course[WINDOW:, :12], START + WINDOW)
    lived(never, course[:, :12])
    assert met.axes == never.axes
    assert not any(
        np.nan_to_num(part[..., 12, :] if part.ndim > 1 and part.shape[-1] == D else part[..., 12]).any()
        for part in (met._sums, met._counts, met._mean, met._first, met._block_mean, met.likeness, met._known)
    )


def test_a_sleeper_with_anothers_profile_falls_in_likeness() -> None:
    """A sleeper who takes on another's profile falls in likeness alone; the others stay at 1."""
    base = np.random.default_rng(11).normal(0.0, 1.05, (10, D))
    course = np.concatenate(
        [drawn(10, 11, WINDOW, base), drawn(10, 12, 2 * WINDOW, np.vstack([base[:9], base[:1]]))]
    )
    windows = lived(Identity(D), course)
    assert windows.likeness[9] + windows.chance[9] < IDENTITY_HALVE
    assert windows.likeness[:9] == pytest.approx(1.0, abs=0.1)
    assert windows.axes.identified == pytest.approx(0.9)


def test_a_first_minute_within_its_noise_has_no_likeness() -> None:
    """A first minute within its own noise gives no likeness."""
    base = np.random.default_rng(13).normal(0.0, 1.05, (10, D))
    base[4] = 0.0
    windows = lived(Identity(D), drawn(10, 13, 3 * WINDOW, base, noise=1.0))
    assert math.isnan(windows.likeness[4])
    assert np.isfinite(windows.likeness[[0, 1, 2, 3]]).all()


def test_a_restart_forgets_the_window_and_keeps_the_beginning() -> None:
    """A severed sleeper is judged by later windows against the same first minute."""
    base = np.random.default_rng(14).normal(0.0, 1.05, (8, D))
    windows = lived(Identity(D), drawn(8, 14, 2 * WINDOW, base))
    windows.restart(3)
    assert math.isnan(windows.likeness[3])
    lived(windows, drawn(8, 15, WINDOW // 2, base), START + 2 * WINDOW)
    assert math.isnan(windows.likeness[3])
    lived(windows, drawn(8, 16, WINDOW, base), START + 2 * WINDOW + WINDOW // 2)
    assert windows.likeness[3] == pytest.approx(1.0, abs=0.1)


def test_room_is_made_without_forgetting() -> None:
    """Adding rows keeps the earlier ones."""
    course = drawn(8, 17, 2 * WINDOW, np.random.default_rng(17).normal(0.0, 1.05, (8, D)))
    small, grown = Identity(D, 8), Identity(D, 8)
    lived(small, course)
    lived(grown, course[:WINDOW])
    grown.reserve(300)
    lived(grown, course[WINDOW:], START + WINDOW)
    assert grown.axes == small.axes
    assert len(grown.likeness) == 300


def test_a_pause_of_the_daemon_begins_the_window_anew() -> None:
    """Skipped ticks longer than a block leave no stale block in the minute."""
    windows = lived(Identity(D), drawn(8, 18, WINDOW + BLOCK_HOPS))
    later = START + WINDOW + 4 * BLOCK_HOPS
    lived(windows, drawn(8, 19, BLOCK_HOPS + 1), later)
    assert not windows._known.any()


def test_memory_is_bounded() -> None:
    """At most 900 bytes a sleeper."""
    assert Identity(D, 10_240).nbytes / 10_240 <= 900
