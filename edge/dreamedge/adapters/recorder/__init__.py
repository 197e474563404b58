"""Recording at the pod: EDF+ files of the implant's samples, written on a thread of its own.

`edfplus` is the format as bytes, `edf_part` one file on the disk, `edf_writer` the conversion of samples.
This module implements the port (`ports.recorder.Recorder`) and never waits: blocks queue for at most
WAITING_BLOCKS (a minute of pulses) and WAITING_BYTES, then the oldest are dropped and their time becomes a
marked gap. Marks have a queue of their own, so that a mark outlives the blocks of its minute. A failing disk
ends the recording and nothing else.

The samples of a device above 1,000 Hz are recorded at its own rate, before they are decimated.
"""

import shutil
import tempfile
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dreamedge.adapters.background_writer import BackgroundWriter
from dreamedge.adapters.recorder.edf_writer import RESERVE_BYTES, EdfWriter
from dreamedge.core.signal.blocks import Block
from dreamedge.ports.implant import Decimating, Implant
from dreamedge.ports.recorder import RecorderError

__all__ = ["EdfRecorder", "open_recorder"]

WAITING_BLOCKS: Final = 1200
WAITING_BYTES: Final = 16_000_000
"""A minute of 8 channels at 4 kHz; 16 s at 16 kHz."""
WAITING_MARKS: Final = 4096
_CLOSE_WITHIN_S: Final = 1.5


@dataclass(frozen=True, slots=True)
class _Marked:
    """An item in the place of a mark: the mark itself is not dropped with it."""

    number: int


class _End:
    """The last item of a recorder's queue."""


class EdfRecorder:
    """An EDF+ writer behind a bounded queue."""

    def __init__(self, scribe: EdfWriter, name: str) -> None:
        self._scribe = scribe
        self._closed = False
        self._marks: deque[tuple[int, str, int]] = deque(maxlen=WAITING_MARKS)
        self._marked = 0
        self._thread: BackgroundWriter[Block | _Marked | _End] = BackgroundWriter(
            f"recorder {name}", self._work, WAITING_BLOCKS, _weight, WAITING_BYTES
        )

    @property
    def failed(self) -> str:
        """Why recording has stopped, or empty."""
        died = not (self._closed or self._thread.stuck)
        return self._thread.failed or ("its thread has ended by itself" if died else "")

    def record_block(self, block: Block) -> None:
        """Queue a block; the caller must not change it afterwards."""
        self._thread.put(block)

    def mark(self, text: str, at_ns: int) -> None:
        """Queue a mark; of more than WAITING_MARKS the oldest are dropped."""
        self._marked += 1
        self._marks.append((self._marked, text, at_ns))
        self._thread.put(_Marked(self._marked))

    def close(self) -> bool:
        """Write the waiting blocks; True if all were written."""
        if not self._closed:
            self._thread.put(_End())
            self._closed = True
        return self._thread.close(_CLOSE_WITHIN_S)

    def _work(self, item: Block | _Marked | _End) -> None:
        try:
            match item:
                case Block():
                    self._write_marks(lambda _, at_ns: at_ns < item.last_ns)
                    self._scribe.record_block(item)
                case _Marked(number):
                    self._write_marks(lambda given, _: given <= number)
                case _End():
                    self._write_marks(lambda _, __: True)
                    self._scribe.end()
        except OSError:
            self._scribe.abandon()
            raise

    def _write_marks(self, due: Callable[[int, int], bool]) -> None:
        """Write the oldest marks that are due, by their number and stamp."""
        while self._marks and due(self._marks[0][0], self._marks[0][2]):
            _, text, at_ns = self._marks.popleft()
            self._scribe.mark(text, at_ns)


def _weight(item: Block | _Marked | _End) -> int:
    """Bytes of the samples of a waiting item."""
    return item.uv.nbytes if isinstance(item, Block) else 0


def open_recorder(
    directory: Path,
    pod: str,
    implant: Implant,
    wall_ns: Callable[[int], int],
    reserve_bytes: int = RESERVE_BYTES,
) -> EdfRecorder:
    """Record `implant` into `directory`, created if missing, readable by its owner alone.

    wall_ns: Unix time, ns, at a stamp of the bed's clock. reserve_bytes: space to be left free on the disk.

    Raises:
        RecorderError: the directory cannot be written, or the disk is nearly full.
    """
    try:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=directory) as trial:
            trial.write(b"\0")
        free = shutil.disk_usage(directory).free
    except OSError as error:
        raise RecorderError(
            f"nothing can be recorded in {directory} ({error.strerror}); "
            "name another directory with --record."
        ) from None
    if not free >= reserve_bytes:
        raise RecorderError(
            f"the disk of {directory} has {free // 1_000_000} MB free and a recording leaves "
            f"{reserve_bytes // 1_000_000}; make room or name another directory with --record."
        )
    equipment = f"dreamd:{implant.source.name.lower()}:{implant.device.kind}:{implant.device.model}"
    montage = implant.keep_original() if isinstance(implant, Decimating) else implant.montage
    scribe = EdfWriter(
        directory / pod, montage, equipment, wall_ns, lambda: shutil.disk_usage(directory).free, reserve_bytes
    )
    return EdfRecorder(scribe, pod)
