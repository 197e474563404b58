"""The obligations of ports.cohort_engine, checked on every adapter."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from time import perf_counter

import numpy as np
import pytest

from depth import LONG
from dreamd.adapters.cluster.local import LocalHub
from dreamd.adapters.cluster.ray_engine import RayEngine
from dreamd.fusion.reduction import Part
from dreamd.fusion.summary import Summary
from dreamd.fusion.synchrony import PhaseSums
from dreamd.ports.cohort_engine import CohortEngine
from fakes.parts import part, phase_part
from fakes.ray_cluster import ray_cluster

ANSWER_S = 30.0
"""A Ray cluster may take so long for its first answer; later ones take milliseconds."""


@dataclass
class House:
    """A house, its engine and what it hears."""

    name: str
    engine: CohortEngine
    heard: "SimpleQueue[tuple[str, Part]]" = field(default_factory=SimpleQueue)

    def __post_init__(self) -> None:
        """Begin to listen."""
        self.engine.listen(lambda dreamscape, answer: self.heard.put((dreamscape, answer)))

    def answer(self, within_s: float = ANSWER_S) -> Part:
        """Return the next answer."""
        return self.heard.get(timeout=within_s)[1]

    def send(self, dreamscape: str, instant: int, n: int = 10, centre: bytes = b"r") -> None:
        """Send a part of n sleepers."""
        self.engine.submit(dreamscape, part(self.name, instant, n, centre))


Found = Callable[[str], House]


@pytest.fixture(scope="module", params=["local", "ray"])
def house(request: pytest.FixtureRequest) -> Iterator[Found]:
    """Houses of one engine, by name."""
    opened: list[House] = []
    if request.param == "local":
        hub = LocalHub()

        def found(name: str) -> House:
            opened.append(House(name, hub.house()))
            return opened[-1]

        yield found
        hub.stop_hub()
        return
    if not LONG:
        pytest.skip("a Ray cluster takes ten seconds: DREAMD_LONG")
    with pytest.MonkeyPatch.context() as patch, ray_cluster(patch) as address:

        def over_ray(name: str) -> House:
            opened.append(House(name, RayEngine(address)))
            return opened[-1]

        yield over_ray
        for one in opened:
            one.engine.close()


def met(dreamscape: str, houses: list[House], instant: int = 100) -> int:
    """Have the houses send until all are in one answer; return the next instant."""
    for _ in range(20):
        for one in houses:
            one.send(dreamscape, instant)
        answers = [one.answer() for one in houses]
        instant += 1
        if all(answer.houses == {one.name for one in houses} for answer in answers):
            return instant
    raise AssertionError("the houses do not meet")


def test_sums_of_all_houses_come_back_to_each(house: Found) -> None:
    """An answer holds the sums of both houses, exactly, and both hear the same one."""
    both = [house("a"), house("b")]
    instant = met("sums", both)
    both[0].send("sums", instant, 3)
    both[1].send("sums", instant, 4)
    first, second = (one.answer() for one in both)
    assert isinstance(first.sums, Summary)
    assert (first.sums.n, first.sums.w, first.counts, first.instant) == (7, 14.0, (7, 7, 0), instant)
    np.testing.assert_array_equal(first.sums.histogram, np.full_like(first.sums.histogram, 7))
    assert isinstance(second.sums, Summary)
    assert first.sums.s.tobytes() == second.sums.s.tobytes()


def test_phase_sums_pass_beside_the_summaries(house: Found) -> None:
    """The phase sums of both houses, 400 kB each, are added up apart from the summaries of that instant."""
    both = [house("a"), house("b")]
    instant = met("phases", both)
    for _ in range(20):
        for one in both:
            one.engine.submit("phases", phase_part(one.name, instant))
        answers = [one.answer() for one in both]
        instant += 1
        if all(len(answer.houses) == 2 for answer in answers):
            break
    sums = answers[0].sums
    assert isinstance(sums, PhaseSums)
    assert sums.k.max() == sums.k.min() == 2.0


def test_parts_at_another_centre_are_left_out(house: Found) -> None:
    """A small house at another centre is in no sum, and hears the answer from which it goes on."""
    both = [house("a"), house("b")]
    instant = met("centres", both)
    both[0].send("centres", instant, 30, b"r")
    both[1].send("centres", instant, 4, b"old")
    answers = [one.answer() for one in both]
    assert [answer.houses for answer in answers] == [frozenset("a")] * 2
    assert [answer.centre for answer in answers] == [b"r", b"r"]


def test_a_missing_house_delays_one_tick_and_comes_back(house: Found) -> None:
    """Without one house the other is answered alone; the late part is in no sum, and the next one is."""
    both = [house("a"), house("b")]
    instant = met("late", both)
    both[0].send("late", instant)
    assert both[0].answer().houses == frozenset("a")
    both[1].send("late", instant)
    assert both[1].answer().houses == frozenset("a")
    instant += 1
    for one in both:
        one.send("late", instant)
    assert [one.answer().houses for one in both] == [frozenset("ab")] * 2


def test_dreamscapes_are_kept_apart(house: Found) -> None:
    """Parts of two Dreamscapes at one instant are never added up."""
    one = house("a")
    met("one", [one])
    one.send("one", 500)
    one.send("two", 500)
    answers = dict(one.heard.get(timeout=ANSWER_S) for _ in range(2))
    assert {name: answer.counts[0] for name, answer in answers.items()} == {"one": 10, "two": 10}


def test_submit_returns_at_once(house: Found) -> None:
    """A thousand parts are submitted in less than a tick, and none stops the caller."""
    one = house("a")
    begin = perf_counter()
    for instant in range(1000):
        one.send("quick", instant)
    assert perf_counter() - begin < 0.25


def test_a_closed_engine_hears_nothing(house: Found) -> None:
    """After `close` no answer comes, and the other house goes on."""
    gone, stays = house("gone"), house("stays")
    instant = met("closing", [gone, stays])
    gone.engine.close()
    gone.send("closing", instant)
    stays.send("closing", instant)
    assert stays.answer().houses == frozenset(["stays"])
    with pytest.raises(Empty):
        gone.answer(within_s=0.05)
