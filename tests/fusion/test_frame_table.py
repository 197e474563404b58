"""A cohort's frame table: frames that count, refusals, and losses."""

from dataclasses import replace

import numpy as np
import pytest

from dreamd.fusion.frame_table import FrameTable, FrameVerdict
from dreamwire.messages import Frame
from fusion.frames import BANDS, INSTANT, PLAIN, SCHEMA, after

EVERYONE = np.ones(256, dtype=np.bool_)


class Line:
    """One slot's frames on their way into the table, tick by tick."""

    def __init__(self, slot: int = 3) -> None:
        self.columns = FrameTable(SCHEMA)
        self.slot = slot
        self.last = PLAIN
        self.now = INSTANT
        self.columns.advance(INSTANT - 1)
        assert self.write(PLAIN) is FrameVerdict.ACCEPTED

    def write(self, frame: Frame) -> FrameVerdict:
        return self.columns.write(self.slot, frame, self.now)

    def next(self, hops: int = 1, **changes: object) -> FrameVerdict:
        """Let `hops` pass, then write the frame of that instant; hops - 1 frames are skipped."""
        for _ in range(hops):
            self.columns.advance(self.now)
            self.now += 1
        self.last = after(self.last, hops)
        return self.write(replace(self.last, **changes))

    def eligible(self, now: int | None = None) -> bool:
        mask = self.columns.eligible(self.now if now is None else now, EVERYONE)
        assert not np.delete(mask, self.slot).any(), "nobody else is there"
        return bool(mask[self.slot])


def test_a_frame_fills_its_row() -> None:
    """Every column holds the newest frame's value, and no other row is touched."""
    phasors = np.arange(2 * BANDS * 2, dtype=np.float32).reshape(2, BANDS, 2)
    line = Line()
    assert line.next(phasors=phasors, quality=0.75, applied=0.125, own_z=1.5) is FrameVerdict.ACCEPTED
    c = line.columns
    assert np.array_equal(c.db[3], line.last.features)
    assert np.array_equal(c.phasors[3], phasors[..., 0] + 1j * phasors[..., 1])
    assert (c.instant[3], c.seq[3]) == (line.last.instant, line.last.seq)
    assert (c.quality[3], c.applied[3], c.own_z[3]) == (0.75, 0.125, 1.5)
    assert c.present.sum() == 1
    assert not c.db[[2, 4]].any()


@pytest.mark.parametrize(("age", "fresh"), [(-2, False), (-1, True), (0, True), (2, True), (3, False)])
def test_fresh_is_no_older_than_two_hops(age: int, fresh: bool) -> None:
    """A frame is fresh from one hop ahead (clocks differ) to two hops old."""
    assert Line().eligible(INSTANT + age) is fresh


def test_stale_is_older_than_three_hops() -> None:
    """Three hops old is not stale, four is; a slot never heard is not stale."""
    columns = Line().columns
    assert np.flatnonzero(columns.recent(INSTANT + 3)).tolist() == [3]
    assert not columns.recent(INSTANT + 4).any()


def test_quality_has_a_hysteresis() -> None:
    """Quality goes in at .5, out below .4, and stays as it was between the two."""
    line = Line()
    seen = []
    for quality in (0.49, 0.5, 0.4, 0.39, 0.45, 0.49, 0.51, 0.41):
        line.next(quality=quality)
        seen.append(line.eligible())
    # The first is good before: PLAIN has quality 1, without an earlier verdict.
    assert seen == [False, True, True, False, False, False, True, True]


def test_a_forbidden_slot_is_not_eligible() -> None:
    """A slot that breakers or consent forbid is not eligible, whatever its frame."""
    line = Line()
    allowed = EVERYONE.copy()
    allowed[3] = False
    assert not line.columns.eligible(INSTANT, allowed).any()
    assert line.eligible()


NAN, INF = float("nan"), float("inf")
NONE_AT_ALL = [
    {"features": np.full(12, NAN, dtype=np.float32)},
    {"features": np.array([1.0] * 11 + [NAN], dtype=np.float32)},
    {"features": np.array([INF] + [1.0] * 11, dtype=np.float32)},
    {"features": np.array([INF, -INF] + [1.0] * 10, dtype=np.float32)},
    {"features": np.array([NAN, 1e6] + [1.0] * 10, dtype=np.float32)},
    {"quality": NAN},
    {"applied": INF},
    {"own_z": NAN},
]
BEYOND = [
    {"features": np.array([200.5] + [1.0] * 11, dtype=np.float32)},
    {"features": np.array([1.0] * 11 + [-200.5], dtype=np.float32)},
    {"features": np.array([200.5] + [1.0] * 11, dtype=np.float32), "quality": 0.0},
    {"quality": 1.5},
    {"applied": -0.5},
    {"applied": 1.5},
]
BROKEN = [
    *((change, FrameVerdict.NONFINITE) for change in NONE_AT_ALL),
    *((change, FrameVerdict.RANGE) for change in BEYOND),
]


def test_a_pod_that_says_it_has_no_signal_is_excluded_and_not_accused() -> None:
    """Quality 0 with missing features is accepted and never eligible; the next sound frame is."""
    line = Line()
    missing = np.full(SCHEMA.size, NAN, dtype=np.float32)
    assert line.next(features=missing, quality=0.0) is FrameVerdict.ACCEPTED
    assert not line.eligible()
    assert line.next(features=missing, quality=0.1) is FrameVerdict.NONFINITE
    assert line.next(features=SCHEMA.shipped_mu() + np.float32(1.0), quality=1.0) is FrameVerdict.ACCEPTED
    assert line.eligible()


@pytest.mark.parametrize(("change", "told"), BROKEN)
def test_a_number_that_is_none_is_out_at_once(change: dict[str, object], told: FrameVerdict) -> None:
    """NaN and out-of-range numbers are distinguished, not eligible, and enter no array."""
    line = Line()
    assert line.eligible()
    assert line.next(**change) is told
    assert not line.eligible()
    assert np.isfinite(line.columns.db).all()
    assert line.next() is FrameVerdict.ACCEPTED
    assert line.eligible()


def test_omitted_phasors_are_no_fault() -> None:
    """NaN phasors mean `omitted`: the frame is accepted."""
    assert Line().next(phasors=np.full((2, BANDS, 2), NAN, dtype=np.float32)) is FrameVerdict.ACCEPTED


def test_the_same_features_three_times_are_frozen() -> None:
    """The same features twice are accepted, three times frozen and ineligible; one change thaws."""
    line = Line()
    still = PLAIN.features
    assert line.next(features=still) is FrameVerdict.ACCEPTED
    assert line.next(features=still) is FrameVerdict.FROZEN
    assert not line.eligible()
    assert line.next(features=still) is FrameVerdict.FROZEN
    assert line.next() is FrameVerdict.ACCEPTED
    assert line.eligible()


@pytest.mark.parametrize(
    ("again", "written"),
    [
        (lambda f: f, FrameVerdict.COPIED),
        (lambda f: replace(f, seq=f.seq - 5, instant=f.instant - 5), FrameVerdict.COPIED),
        (lambda f: replace(f, instant=f.instant + 1), FrameVerdict.REPLAYED),
        (lambda f: replace(f, seq=f.seq - 5, instant=f.instant + 1), FrameVerdict.REPLAYED),
        (lambda f: replace(f, seq=f.seq + 1), FrameVerdict.REPLAYED),
        (lambda f: replace(f, seq=f.seq + 1, instant=f.instant - 1), FrameVerdict.REPLAYED),
        (lambda f: replace(f, seq=(f.seq + 2**31) % 2**32, instant=f.instant + 1), FrameVerdict.REPLAYED),
    ],
)
def test_a_number_or_instant_that_goes_back_is_refused(again: object, written: FrameVerdict) -> None:
    """The same frame, an older number, or an older instant is refused; the row stays."""
    line = Line()
    for _ in range(10):
        line.next()
    kept = (line.columns.seq[3], line.columns.instant[3], line.columns.db[3].copy())
    assert line.write(again(line.last)) is written  # type: ignore[operator]
    assert (line.columns.seq[3], line.columns.instant[3]) == kept[:2]
    assert np.array_equal(line.columns.db[3], kept[2])


def test_a_frame_overtaken_by_a_slots_first_is_no_replay_once() -> None:
    """A frame overtaken by its slot's first is late; a second one is a copy."""
    line = Line()
    line.next()
    overtaken = replace(line.last, seq=line.last.seq - 2, instant=line.last.instant - 2)
    assert line.write(overtaken) is FrameVerdict.FILLED
    assert line.write(overtaken) is FrameVerdict.COPIED
    assert line.columns.lost == 0


def test_numbers_wrap_and_skip_what_pods_skip() -> None:
    """Past 2^32, and over a number with low 16 bits 0, the next frame is no gap."""
    for seq in (2**32 - 1, 0x0001FFFF):
        line = Line()
        line.last = replace(line.last, seq=seq)
        line.columns.clear_slot(3)
        assert line.write(line.last) is FrameVerdict.ACCEPTED
        assert line.next() is FrameVerdict.ACCEPTED
        for _ in range(12):
            line.next()
        assert line.columns.lost == 0


def test_a_gap_still_open_after_two_seconds_is_lost() -> None:
    """Two missing frames count as lost once, after eight hops, not before."""
    line = Line()
    assert line.next(hops=3) is FrameVerdict.ACCEPTED
    found = [line.columns.advance(line.now + hop) for hop in range(12)]
    assert found == [0] * 8 + [2] + [0] * 3
    assert line.columns.lost == 2


def test_a_late_frame_fills_its_gap_and_is_not_used() -> None:
    """A missing frame that comes within 2 s closes the gap; a second one is a copy."""
    line = Line()
    missed = after(PLAIN)
    line.next(hops=2)
    assert line.write(missed) is FrameVerdict.FILLED
    assert line.columns.seq[3] == line.last.seq
    assert line.write(missed) is FrameVerdict.COPIED
    assert sum(line.columns.advance(line.now + hop) for hop in range(12)) == 0


def test_a_frame_that_was_given_up_for_lost_and_comes_after_all_is_no_replay() -> None:
    """A frame 2.5 s late, already counted as lost, is neither a replay nor used."""
    line = Line()
    missed = after(PLAIN)
    line.next(hops=2)
    newest = line.columns.seq[3]
    for hop in range(10):
        line.columns.advance(line.now + hop)
    line.now += 9
    assert line.write(missed) is FrameVerdict.FILLED
    assert (line.columns.seq[3], line.columns.lost) == (newest, 1)


@pytest.mark.parametrize("delay_hops", [1, 8, 14, 39])
def test_frames_in_any_order_are_no_replay(delay_hops: int) -> None:
    """Each frame once, in any order, up to 10 s late: all are accepted or late, none is a replay."""
    rng = np.random.default_rng(delay_hops)
    sent = [replace(after(PLAIN, k), features=PLAIN.features + k / 1000) for k in range(1, 400)]
    due = sorted((k + int(rng.integers(0, delay_hops + 1)), k) for k in range(len(sent)))
    columns = FrameTable(SCHEMA, 4)
    found = set()
    for hop, k in due:
        columns.advance(INSTANT + hop - 1)
        found.add(columns.write(0, sent[k], INSTANT + hop))
    assert found <= {FrameVerdict.ACCEPTED, FrameVerdict.LATE, FrameVerdict.FILLED}


@pytest.mark.parametrize(
    ("back", "later", "written"),
    [
        (0, 10, FrameVerdict.COPIED),
        (0, 11, FrameVerdict.OUTDATED),
        (10, 0, FrameVerdict.COPIED),
        (11, 0, FrameVerdict.OUTDATED),
        (9, 1, FrameVerdict.COPIED),
        (1, 10, FrameVerdict.OUTDATED),
    ],
)
def test_a_copy_is_of_the_sender_while_it_is_young(back: int, later: int, written: FrameVerdict) -> None:
    """A copy up to 2.5 s after its instant is its sender's; later it is the uplink's."""
    line = Line()
    sent = [line.last]
    for _ in range(20):
        line.next()
        sent.append(line.last)
    line.now += later
    assert line.write(sent[-1 - back]) is written
    assert line.columns.seq[3] == sent[-1].seq


@pytest.mark.parametrize(
    "contradicts",
    [
        lambda f: replace(f, seq=f.seq - 30),
        lambda f: replace(f, instant=f.instant - 15),
        lambda f: replace(f, seq=f.seq + 1, instant=f.instant - 15),
    ],
)
def test_a_frame_that_contradicts_an_earlier_one_is_a_replay_at_any_age(contradicts: object) -> None:
    """An older number at the newest instant, one number at two instants, a newer number at an older one."""
    line = Line()
    for _ in range(10):
        line.next()
    line.now += 15
    assert line.write(contradicts(line.last)) is FrameVerdict.REPLAYED  # type: ignore[operator]


def test_late_is_after_the_tick_of_its_instant_and_is_used() -> None:
    """A frame after the close of its tick is late and counts in the next tick."""
    line = Line()
    line.columns.advance(INSTANT + 1)
    assert line.write(after(PLAIN)) is FrameVerdict.LATE
    assert line.eligible(INSTANT + 2)


def test_a_gap_left_by_our_own_way_is_never_lost_and_its_frame_no_replay() -> None:
    """A gap open at an uplink failure is no loss, and is still filled five seconds later."""
    columns = FrameTable(SCHEMA, 4)
    columns.write(0, PLAIN, INSTANT)
    overtaken, newest = after(PLAIN, 1), after(PLAIN, 2)
    columns.write(0, newest, INSTANT + 2)
    columns.forgive(INSTANT + 5)
    assert columns.advance(INSTANT + 20) == 0
    assert columns.write(0, overtaken, INSTANT + 22) is FrameVerdict.FILLED
    assert columns.write(0, overtaken, INSTANT + 22) is FrameVerdict.OUTDATED, "an old copy is of the way"


@pytest.mark.parametrize(("lose", "lossy"), [(8, False), (9, True)])
def test_more_than_a_fifth_lost_in_ten_seconds_is_lossy(lose: int, lossy: bool) -> None:
    """8 of 40 frames lost is not lossy, 9 is; ten seconds later it is forgotten."""
    line = Line()
    for k in range(38):
        if k >= 2 * lose or k % 2:
            line.now += 1
            line.last = after(line.last)
            line.write(line.last)
        else:
            line.now += 1
            line.last = after(line.last)
        line.columns.advance(line.now)
    for _ in range(8):
        line.next()
    assert line.columns.lost == lose
    assert bool(line.columns.lossy()[3]) is lossy
    for _ in range(40):
        line.next()
    assert not line.columns.lossy().any()


def test_a_long_outage_is_counted_at_once_and_bounded() -> None:
    """A gap of a million frames is lossy at once and takes little memory."""
    line = Line()
    line.now += 1
    assert line.write(replace(after(PLAIN), seq=PLAIN.seq + 1_000_000)) is FrameVerdict.ACCEPTED
    assert line.columns.lossy()[3]
    line.columns.advance(line.now)
    assert line.columns.lossy()[3], "still, when the tick of that frame closes"
    assert len(line.columns._gaps) == 8
    for hop in range(12):
        line.columns.advance(line.now + hop)
    assert (len(line.columns._gaps), len(line.columns._due)) == (0, 0)
    assert line.columns.lost == 48


def test_a_storm_of_frames_is_bounded() -> None:
    """Of any number of frames of a pod in a hop only as many as near instants are accepted."""
    line = Line()
    taken = 0
    for k in range(1, 5000):
        frame = replace(
            PLAIN, seq=PLAIN.seq + 9 * k, instant=INSTANT - 4000 + k, features=PLAIN.features + k / 100
        )
        taken += line.write(frame).sound
    assert taken <= 45
    assert len(line.columns._due) <= 8 * 45


@pytest.mark.parametrize(
    ("ahead", "written"), [(4, FrameVerdict.ACCEPTED), (5, FrameVerdict.CLOCK), (-41, FrameVerdict.OUTDATED)]
)
def test_a_frame_of_another_time_is_refused(ahead: int, written: FrameVerdict) -> None:
    """More than 1 s ahead (a clock), or 10 s behind (the uplink), is refused and leaves the row."""
    line = Line()
    assert line.write(replace(after(PLAIN), instant=INSTANT + ahead)) is written
    assert line.columns.seq[3] == PLAIN.seq + (ahead == 4)


@pytest.mark.parametrize(
    "change",
    [
        {"schema": 7},
        {"features": np.zeros(11, dtype=np.float32)},
        {"features": np.zeros((1, 12), dtype=np.float32)},
        {"phasors": np.zeros((2, BANDS + 1, 2), dtype=np.float32)},
        {"phasors": np.zeros(0, dtype=np.float32)},
    ],
)
def test_another_schema_or_shape_does_not_fit(change: dict[str, object]) -> None:
    """A frame of another schema, or with other array shapes, is refused."""
    assert Line().next(**change) is FrameVerdict.MISFIT


def test_a_cleared_slot_remembers_nothing() -> None:
    """A cleared slot is as new: absent, without gaps, and an old number is no replay."""
    line = Line()
    line.next(hops=3)
    line.now += 1
    line.write(replace(after(line.last), seq=line.last.seq + 100))
    line.columns.advance(line.now)
    assert line.columns.lossy()[3]
    line.columns.clear_slot(3)
    assert not line.columns.lossy()[3]
    fresh = FrameTable(SCHEMA)
    for name in ("db", "instant", "seq", "quality", "applied", "own_z", "present", "finite", "frozen"):
        assert np.array_equal(getattr(line.columns, name), getattr(fresh, name)), name
    assert np.isnan(line.columns.phasors).all()
    assert not line.eligible()
    assert sum(line.columns.advance(line.now + hop) for hop in range(12)) == 0
    line.now = INSTANT
    assert line.write(PLAIN).sound


def test_answered_names_the_low_bits_of_those_included_alone() -> None:
    """The broadcast has 16 bits of the used seq, and 0 for every slot that is not included."""
    line = Line()
    line.columns.write(5, replace(PLAIN, seq=0x0003_0001), INSTANT)
    included = EVERYONE.copy()
    included[3] = False
    answered = line.columns.answered(included)
    assert answered.dtype == np.uint16
    assert answered[5] == 1
    assert np.flatnonzero(answered).tolist() == [5]
