"""A tick with and without its recording, in turn, in this one run, at the daemon's own pace.

The tick is the fusion core's, with the group statistics. With a recording it hands its columns over as the daemon
does, and the recording's thread writes real parts meanwhile. CPU milliseconds of the tick's own thread, and the
wall's, in which the writing thread's hold of the interpreter shows.
"""

import shutil
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from dreamd.adapters.recordings import directory
from dreamd.adapters.recordings.store import RecordingStore
from dreamd.app.collective.recorded_rows import rows_of
from dreamd.app.collective.slot_table import SlotTable
from dreamd.core.dreamscapes.views import IdentityView, RunawayView
from dreamd.ports.recordings import Beginning, RecordedTick
from dreamwire import blend
from dreamd.fusion.group_statistics import Heard
from dreamwire.schema import BANDS6X2
from tests.bench.fusion import Crowd

SLEEPERS = (20, 1_000, 10_000)
BLOCK, BLOCKS = 8, 10
"""Ticks of a block, without or with a recording in turn, and how many blocks."""
HOP_S = 0.25


class RecordedCrowd(Crowd):
    """A crowd in a slot table, as the application keeps it."""

    def __init__(self, n: int) -> None:
        super().__init__(n)
        table = SlotTable.empty_table(BANDS6X2, self.columns.slots)
        table.columns = self.columns
        table.subject[:n] = np.arange(1, n + 1)
        table.occupied[:n] = table.allowed[:n] = True
        self.cohorts = SimpleNamespace(banks=(table,))

    def fused_tick(self):
        """As `Crowd.tick`; returns the collective."""
        columns, n, instant = self.columns, self.n, self.instant
        columns.advance(instant)
        fused = self.fusion.tick([columns], [self.allowed], instant)
        db = columns.db[:n]
        x = blend.to_shared(db, BANDS6X2.shipped_mu(), BANDS6X2.shipped_sigma())
        age = instant - columns.instant[:n]
        self.crowd.observe(Heard(self.rows, db, x, fused.included[0][:n], age, fused.m, instant))
        self.crowd.digest(lambda a, _b: np.zeros(len(a)))
        return fused

    def hand_over(self, sink, fused) -> None:
        """Hand the tick over, as the daemon does after its message."""
        sink.take_tick(
            RecordedTick(
                self.instant, self.instant, 0, 0.1, self.n, self.n, self.n, 0.0, fused,
                rows_of(self.cohorts), RunawayView(), IdentityView(),
            )
        )  # fmt: skip


def recording() -> None:
    """Print one line for each number of sleepers."""
    print("a tick's ms without and with its recording (CPU of its thread; wall; worst wall)")
    for n in SLEEPERS:
        _measure(n)


def _measure(n: int) -> None:
    crowd, folder = RecordedCrowd(n), Path(tempfile.mkdtemp(prefix="dreamd-bench-"))
    store = RecordingStore(folder, part_s=5.0, daemon="bench")
    scale = BANDS6X2.shipped_mu(), BANDS6X2.shipped_sigma()
    sink = store.begin(Beginning("bench", 1.0, 1, crowd.columns.slots, BANDS6X2, *scale, intimate=False))
    took = {False: [], True: []}
    handed, cpu_s, began_s = 0, 0.0, time.monotonic()
    for number in range(BLOCK * BLOCKS):
        on = number // BLOCK % 2 == 1
        crowd.hop()
        time.sleep(max(began_s + number * HOP_S - time.monotonic(), 0.0))
        wall, cpu = time.perf_counter(), time.thread_time()
        fused = crowd.fused_tick()
        if on:
            crowd.hand_over(sink, fused)
            handed += 1
        took[on].append((time.thread_time() - cpu, time.perf_counter() - wall))
    before = time.process_time() - time.thread_time()
    sink.finish(complete=True)
    sink.join(60.0)
    cpu_s = time.process_time() - time.thread_time() - before
    size = sum(file.stat().st_size for file in folder.glob(f"{directory.FOLDER}/*/*/*"))
    without, with_ = (np.array(took[on][4:]) * 1e3 for on in (False, True))
    print(
        f"  {n:>7,}: CPU {np.median(without[:, 0]):7.2f} {np.median(with_[:, 0]):7.2f}"
        f"   wall {np.median(without[:, 1]):7.2f} {np.median(with_[:, 1]):7.2f}"
        f"   worst {without[:, 1].max():7.2f} {with_[:, 1].max():7.2f}"
        f"   {size / max(handed, 1) / n:5.0f} B a frame, dropped {sink.dropped}, {sink.trouble or 'no trouble'}",
        flush=True,
    )
    shutil.rmtree(folder)


if __name__ == "__main__":
    recording()
