"""The tether against its model: both agree on the permission after any sequence of inputs.

The model is DESIGN 6 taken literally: a dictionary of frames, a dictionary of marks, one grant. Where that
section is silent it follows the rules at the tether's head: a malformed message ends a permission at once, an
unanswered frame leaves the lease to run out. Every choice comes from bytes, twelve a step, so that a failing
night shrinks to few steps and small numbers.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from depth import examples
from dreamedge.core.merging.tether import Granted, Reason, Refused, Tether, Zeroed
from dreamwire.messages import Assign, Collective, Floats
from dreamwire.schema import WIRE_REVISION
from fakes.edge import KEY_NUMBER, SCHEMA, START_NS, TERM, assignment, hidden, opens

STEPS = 250 * examples(80)
MS = 1_000_000
T = TypeVar("T")
Grant = tuple[float, int, int, int, int]
"""Coupling, seq, captured, term, tick."""
PLACES = (("night", 0), ("night", 0), ("night", 1), ("noon", 0))
NAN, INF = float("nan"), float("inf")


class Model:
    """The permission of one pod."""

    def __init__(self) -> None:
        self.heard: dict[tuple[str, int], tuple[int, int]] = {}
        self.mine: Assign | None = None
        self.frames: dict[int, tuple[int, int, Floats]] = {}  # low bits -> seq, captured, x
        self.grant: Grant | None = None
        self.others = np.zeros(0)

    def assign(self, assign: Assign) -> bool:
        place = (assign.dreamscape, assign.cohort)
        highest = self.heard.get(place, (0, 0))
        if assign.term < highest[0]:
            return False
        self.release()
        self.mine = assign
        self.heard[place] = max(highest, (assign.term, 0))
        return True

    def release(self) -> None:
        self.mine, self.grant, self.frames = None, None, {}

    def sent(self, seq: int, captured_ns: int, now_ns: int, x: Floats) -> None:
        if np.isfinite(x).all():
            self.frames[seq % 65536] = (seq, min(captured_ns, now_ns), x)

    def hear(self, said: Collective, now_ns: int, way: str) -> str:
        mine, place, at = self.mine, (said.dreamscape, said.cohort), (said.term, said.tick)
        if mine is None or place != (mine.dreamscape, mine.cohort) or at <= self.heard[place]:
            return "refused"
        self.heard[place] = at
        if said.term != mine.term:
            return "refused"  # a slot belongs to a term
        if way == "no-key":
            return "refused"  # the lease runs on
        if mine.slot < len(said.coupling) and said.coupling[mine.slot] == 0:
            self.grant = None
            return "zero"
        sound = way == "key" and whole(said, mine)
        return self.answer(said, mine.slot, now_ns) if sound else self.over()

    def answer(self, said: Collective, slot: int, now_ns: int) -> str:
        frame = self.frames.get(int(said.answered[slot]))
        if frame is None or now_ns - frame[1] >= 1000 * MS:
            return "refused"
        seq, captured_ns, x = frame
        own = 1.0 / max(float(np.linalg.norm(x - said.r)), 1.0)
        rest = said.weight - own
        others = (said.sum - own * x) / (rest or 1.0)
        if not (rest > 0.001 * said.weight and np.abs(others).max() <= 6.01):
            return self.over()
        self.grant = (int(said.coupling[slot]) / 255, seq, captured_ns, said.term, said.tick)
        self.others = others
        return "granted"

    def over(self) -> str:
        self.grant = None
        return "refused"

    def living(self, now_ns: int) -> Grant | None:
        return self.grant if self.grant and now_ns - self.grant[2] < 1000 * MS else None


def whole(said: Collective, mine: Assign) -> bool:
    """Whether this pod can read it, its slot exists, and every number is finite."""
    vectors = (said.r, said.m, said.sum, *([said.artist] if said.artist.size else []))
    return (
        said.min_reader <= WIRE_REVISION
        and mine.slot < len(said.coupling) == len(said.answered)
        and all(v.shape == (SCHEMA.size,) and np.isfinite(v).all() for v in vectors)
        and 0.0 < said.weight < INF
        and 0.0 <= said.share <= 0.5
    )


class Draws:
    """Choices out of one step's bytes."""

    def __init__(self, step: bytes) -> None:
        self._bytes = iter(step)

    def one(self, options: Sequence[T]) -> T:
        return options[next(self._bytes) % len(options)]


def vector(level: float) -> Floats:
    """A state or a sum with one value everywhere."""
    return np.full(SCHEMA.size, level, dtype=np.float32)


def spoilt(level: float) -> Floats:
    """A state with this value in one place."""
    values = vector(0.5)
    values[7] = level
    return values


MARS: list[dict[str, object]] = [
    {},
    {"min_reader": WIRE_REVISION + 1},
    {"min_reader": 0},
    {"sum": spoilt(NAN)},
    {"sum": spoilt(INF)},
    {"sum": vector(900.0)},
    {"sum": np.zeros(3, dtype=np.float32)},
    {"r": spoilt(NAN)},
    {"m": spoilt(-INF)},
    {"artist": spoilt(NAN), "share": 0.2},
    {"artist": vector(1.0), "share": 0.5},
    {"artist": np.zeros(2, dtype=np.float32)},
    {"share": NAN},
    {"share": 0.51},
    {"share": -0.1},
    {"weight": NAN},
    {"weight": INF},
    {"weight": 0.0},
    {"weight": -3.0},
    {"weight": 1e-3},
    {"coupling": np.full(2, 38, dtype=np.uint8), "answered": np.zeros(2, dtype=np.uint16)},
    {"coupling": np.full(8, 38, dtype=np.uint8), "answered": np.zeros(2, dtype=np.uint16)},
    {"coupling": np.zeros(8, dtype=np.uint8), "answered": np.zeros(2, dtype=np.uint16)},
    {"coupling": np.zeros(8, dtype=np.uint8), "weight": NAN, "min_reader": 9},
]


class Night:
    """One tether and its model, driven by the same bytes."""

    def __init__(self) -> None:
        self.tether, self.model = Tether(opens), Model()
        self.now_ns, self.assignment = START_NS, 0
        self.mine = assignment()
        assert self.tether.accept(self.mine) == self.model.assign(self.mine)
        self.frames: list[tuple[int, Floats]] = [(9999, vector(0.0))]
        self.seen: Counter[object] = Counter()

    def live(self, step: bytes) -> None:
        """One step, then compare the visible state."""
        draws = Draws(step)
        often = [self.it_speaks] * 7 + [self.it_sends] * 6
        draws.one([self.it_waits, *often, self.it_is_assigned, self.it_is_assigned])(draws)
        held, expected = self.tether.living(self.now_ns), self.model.living(self.now_ns)
        if held is None or expected is None:
            assert held is expected
        else:
            assert (held.coupling, held.seq, held.captured_ns, held.term, held.tick) == expected
            assert np.allclose(held.c_minus, self.model.others, atol=1e-4)
            self.seen["living"] += 1
        place = (self.mine.dreamscape, self.mine.cohort)
        assert self.tether.heard(*place) == self.model.heard.get(place, (0, 0))
        assert self.tether.assigned is self.model.mine

    def it_waits(self, draws: Draws) -> None:
        """Let time pass, to the edge of a lease and over it; now and then sever or release."""
        self.now_ns += draws.one([0, 1, 100 * MS, 500 * MS, 1000 * MS - 1, 1000 * MS, 3000 * MS])
        living = self.model.living(self.now_ns)
        if living and draws.one([True, False]):
            self.now_ns = living[2] + 1000 * MS - draws.one([0, 1])
        match draws.one(["", "", "", "", "", "", "revoke", "release"]):
            case "revoke":
                self.tether.revoke()
                self.model.grant = None
            case "release":
                self.tether.release()
                self.model.release()

    def it_is_assigned(self, draws: Draws) -> None:
        """Assign, mostly for the known cohort and term; also elsewhere, before it and after it."""
        dreamscape, cohort = draws.one(PLACES)
        term = (self.model.heard.get((dreamscape, cohort), (TERM, 0)))[0] + draws.one([0, 0, 0, 0, 0, 1, -1])
        self.assignment += 1
        order = assignment(
            dreamscape=dreamscape,
            cohort=cohort,
            term=term,
            slot=draws.one([3, 0, 7]),
            assignment=self.assignment,
        )
        took = self.tether.accept(order)
        assert took == self.model.assign(order)
        self.mine = order if took else self.mine
        self.seen["assigned", took] += 1

    def it_sends(self, draws: Draws) -> None:
        """Send a frame: captured long before, ahead of its time, not finite, or with a used number."""
        self.now_ns += draws.one([250, 250, 130, 150]) * MS
        captured_ns = self.now_ns - draws.one([0, 0, 20, 20, 100, 250, 700, 999, 1000, -40]) * MS
        x = draws.one([vector(0.5), vector(-2.0), vector(4.0), spoilt(3.0)] * 2 + [spoilt(NAN), spoilt(INF)])
        seq = draws.one([0, 65536, 7 << 16]) + draws.one(range(1, 30))
        self.frames.append((seq, x))
        for end in (self.tether, self.model):
            end.sent(seq, captured_ns, self.now_ns, x)

    def it_speaks(self, draws: Draws) -> None:
        """Broadcast: half of them sound, the rest with one fault or several."""
        self.now_ns += draws.one([0, 1, 20, 150]) * MS
        fair = draws.one([True, False])
        term, tick = self.model.heard.get((self.mine.dreamscape, self.mine.cohort), (TERM, 0))
        seq, x = self.frames[-1 if fair else draws.one([-1, -1, -1, -2, -3, -6, 0]) % len(self.frames)]
        said = broadcast(draws, self.mine, seq, x, fair=fair)
        said = replace(said, term=term, tick=tick + 1)
        if not fair:
            dreamscape, cohort = draws.one([(self.mine.dreamscape, self.mine.cohort)] * 6 + [*PLACES])
            said = replace(
                said,
                dreamscape=dreamscape,
                cohort=cohort,
                term=term + draws.one([0] * 13 + [1, -1]),
                tick=max(0, tick + draws.one([1, 1, 1, 1, 3, 0, -1, -9])),
                **draws.one([{}] * len(MARS) + MARS),  # type: ignore[arg-type]
            )
        way = "key" if fair else draws.one([*["key"] * 10, "no-key", "clear"])
        sent = {"key": hidden(said), "no-key": hidden(said, KEY_NUMBER + 1), "clear": said}[way]
        verdict = self.tether.judge(sent, self.now_ns)
        kind = {Granted: "granted", Zeroed: "zero", Refused: "refused"}[type(verdict)]
        assert kind == self.model.hear(said, self.now_ns, way), (verdict, way, said)
        self.seen[verdict.reason if isinstance(verdict, Refused) else kind] += 1


def broadcast(draws: Draws, mine: Assign, seq: int, x: Floats, *, fair: bool) -> Collective:
    """A broadcast with sound numbers; the others' weight and this slot's grant are drawn."""
    r = vector(0.0)
    own = 1.0 / max(float(np.linalg.norm(x - r)), 1.0) if np.isfinite(x).all() else 0.0
    rest = draws.one([2.0, 40.0, 0.5] if fair else [2.0, 2.0, 40.0, 0.5, 0.0, own * 5e-4])
    centre = vector(draws.one([1.0, -3.0, 5.9] if fair else [1.0, 1.0, -3.0, 6.1]))
    total = rest * centre + (np.float32(own) * x if own else 0.0)
    coupling, answered = np.full(8, 200, dtype=np.uint8), np.full(8, 77, dtype=np.uint16)
    coupling[mine.slot] = draws.one([38, 1, 255] if fair else [38, 38, 1, 255, 0])
    answered[mine.slot] = draws.one([seq % 65536] * 6 + [0, 78] * (not fair))
    return Collective(
        dreamscape=mine.dreamscape,
        cohort=mine.cohort,
        tick=1,
        instant=0,
        term=mine.term,
        min_reader=WIRE_REVISION,
        r=r,
        m=centre,
        sum=np.asarray(total, dtype=np.float32),
        weight=own + rest,
        coupling=coupling,
        answered=answered,
    )


def test_tether_and_model_agree() -> None:
    """After each of 20,000 steps both judge alike and hold the same permission; each refusal occurs."""
    steps, seen = 0, Counter[object]()

    @settings(max_examples=examples(80), deadline=None)
    @given(st.lists(st.binary(min_size=14, max_size=14), min_size=250, max_size=350))
    def nights(plan: list[bytes]) -> None:
        nonlocal steps
        night = Night()
        for step in plan:
            night.live(step)
        seen.update(night.seen)
        steps += len(plan)

    nights()
    assert steps >= STEPS
    assert {*Reason, "granted", "zero", "living", ("assigned", False)} <= set(seen)
    assert seen["living"] >= STEPS / 10
