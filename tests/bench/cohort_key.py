"""The cohort key: CPU of encryption in the daemon, of opening at a pod, and of a new key for those that stay."""

import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from math import inf

import numpy as np

from dreamd.adapters.keys import Seal
from dreamd.app.dreamscapes.seating.cohort_keys import CohortKeys
from dreamd.app.fleet.commands import CommandQueue
from dreamd.core.dreamscapes.roster import Slot
from dreamwire.codec import COLLECTIVE, decode_broadcast, decode_collective, encode
from dreamwire.cohort_key import CohortKey, decrypt
from dreamwire.messages import Assign, Collective, Command
from dreamwire.schema import BANDS6X2
from dreamwire.signing import SigningKey, unseal

SLOTS, ROUNDS, CALLS = 256, 30, 200
DAEMON_US, POD_US = 20.0, 10.0
HELD, LEAVE = 200, 60
Row = Callable[[str, str, str], None]


def tick(number: int = 1) -> Collective:
    """A full cohort's broadcast."""
    values = np.linspace(-1.0, 1.0, BANDS6X2.size, dtype=np.float32)
    return Collective(
        dreamscape="night-1",
        cohort=3,
        tick=number,
        instant=7_200_000_000 + number,
        term=1_800_000_000_000,
        min_reader=1,
        r=values,
        m=values,
        sum=values,
        weight=200.0,
        coupling=np.full(SLOTS, 38, dtype=np.uint8),
        answered=np.arange(SLOTS, dtype=np.uint16),
        artist=values,
        share=0.25,
        phase_means=np.zeros((len(BANDS6X2.phase_bands), 2), dtype=np.float32),
    )


def each_us(*works: Callable[[], object]) -> list[float]:
    """Median CPU of one call of each, us; the calls take turns, so that a busy moment meets all."""
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(ROUNDS):
        for work, times in zip(works, taken, strict=True):
            began_s = time.process_time()
            for _ in range(CALLS):
                work()
            times.append((time.process_time() - began_s) / CALLS * 1e6)
    return [statistics.median(times) for times in taken]


class SealingLink:
    """A link that encrypts, encodes and signs as the daemon's does, and sends nothing."""

    def __init__(self) -> None:
        self.seal = Seal(SigningKey.generate())
        self.assigns = self.drawn = 0

    def publish(self, collective: Collective, key: CohortKey | None = None) -> None:
        self.seal(key.encrypt(collective) if key else collective)

    def draw_key(self, number: int) -> CohortKey:
        self.drawn += 1
        return CohortKey.draw(number)

    def command(self, command: Command) -> None:
        self.assigns += 1
        self.seal(command)


def cohort_key(row: Row) -> None:
    """Print what the key costs each tick, and what a departure costs."""
    key, message, signing = CohortKey.draw(1), tick(), SigningKey.generate()
    plain, encrypted = encode(message), encode(key.encrypt(message))
    clear_us, hidden_us = each_us(lambda: encode(message), lambda: encode(key.encrypt(message)))
    row(
        "a cohort's key, of a tick in the daemon",
        f"{hidden_us - clear_us:.1f} us",
        f"limit {DAEMON_US:.0f} us",
    )

    def opened() -> None:
        broadcast = decode_broadcast(encrypted)
        assert decrypt(broadcast, key.secret) is not None  # type: ignore[arg-type]

    read_us, open_us = each_us(lambda: decode_collective(plain), opened)
    row("a cohort's key, of a message at a pod", f"{open_us - read_us:.1f} us", f"limit {POD_US:.0f} us")
    payload = Seal(signing)(key.encrypt(message))
    assert len(unseal(signing.public, COLLECTIVE, payload)) == len(encrypted)
    row("a message of 256 slots, encrypted", f"{len(encrypted)} B", f"in the clear {len(plain)} B")
    for held, leave in ((256, 1), (HELD, LEAVE)):
        change(row, held, leave)


def change(row: Row, held: int, leave: int) -> None:
    """Print the CPU of one new key where so many of a cohort leave at once."""
    link = SealingLink()
    orders = CommandQueue(link, 0)  # type: ignore[arg-type]
    keys = CohortKeys(link, orders, Clock())  # type: ignore[arg-type]
    took_ms = []
    for _ in range(5):
        keys.drop_keys()
        scale = BANDS6X2.shipped_mu(), BANDS6X2.shipped_sigma()
        first = keys.key_of(3)
        assign = Assign(
            *("night-1", 3, 0, 1, 1, 1_800_000_000_000, 0.15, 0.15, 3600.0, BANDS6X2.name, *scale, 60.0),
            dose_left_min=inf,
            dose_limit_min=inf,
            key=first.secret,
            key_number=first.number,
        )
        for number in range(held):
            keys.given(f"bed-{number}", replace(assign, slot=number, assignment=number + 1))
        for number in range(leave):
            keys.taken_back(Slot(3, number, number + 1, number + 1, f"bed-{number}"))
        before, drawn = link.assigns, link.drawn
        began_s = time.process_time()
        keys.publish([tick()], granting=True)
        took_ms.append((time.process_time() - began_s) * 1e3)
        assert (link.assigns - before, link.drawn - drawn) == (held - leave, 1)
    row(
        f"a new key, {leave} of {held} leave at once",
        f"{statistics.median(took_ms):.1f} ms",
        f"1 key, {held - leave} assigns",
    )


class Clock:
    """A clock that stands still."""

    def now_s(self) -> float:
        return 1_800_000_000.0
