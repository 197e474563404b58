"""The calls of the operating system, and a stated substitute for each that only Linux has.

Theory of operation. A bed is written for Linux. Windows and macOS lack some of its calls, so each choice
between a call and its substitute is made here, once, when the program starts, by looking whether the call is
there. All other files name the purpose and no system. On Linux each name below is Linux's own call. The
substitutes were run on Linux with the calls taken away, not on Windows or macOS: docs/ward.md has the table.

Rules
- A substitute may refuse, or do less and say so here; it never pretends.
- No library is loaded for it that Linux does not load.
"""

import contextlib
import errno
import importlib
import os
import select
import signal
import sys
import time
from collections.abc import Callable, Coroutine, Mapping
from pathlib import Path
from typing import Any, Final

_SYSTEM: Final[str] = sys.platform


def _loaded(name: str) -> Any:  # noqa: ANN401 -- a module of another system
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


_FCNTL: Final = _loaded("fcntl")
_FULL_FLUSH: Final = getattr(_FCNTL, "F_FULLFSYNC", None)
"""macOS: fsync leaves the data in the drive's own memory, and this does not."""

PLAIN: Final[int] = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
"""Flags of each open file: no child inherits it, and its bytes stay as they are. Python itself opens no file
to a child."""
AT_ONCE: Final[int] = getattr(os, "O_NONBLOCK", 0)
NO_LINK: Final[int] = getattr(os, "O_NOFOLLOW", 0)
SHARED_MEMORY: Final = all(hasattr(os, name) for name in ("geteuid", "posix_fallocate", "O_NOFOLLOW"))
"""Whether a page of memory can outlive the process. Without it a press of the last milliseconds before a
kill is not pressed again."""
LINUX_DEVICES: Final = _SYSTEM == "linux" and _FCNTL is not None
"""Whether input devices (evdev) and GPIO chips are there. Elsewhere a button or light on them is refused."""
PIPES_NEVER_WAIT: Final = hasattr(select, "poll")
"""Whether a pipe can be written to and looked at without waiting. Without, each light is refused: it must
not hold the tether up."""
LOOP_STARTS_PROGRAMS: Final = _SYSTEM != "win32"
"""Whether the loop that watches sockets can start a program too. Without, the program is polled."""


def clock_behind_suspend() -> Callable[[], int]:
    """The clock, ns, of a system without CLOCK_BOOTTIME; the caller watches it for a suspend.

    macOS: CLOCK_MONOTONIC_RAW, Windows: QueryPerformanceCounter; their makers write that both go on in a
    suspend. Any other: time.monotonic, which may stop.
    """
    if _SYSTEM == "darwin":
        raw: int = time.CLOCK_MONOTONIC_RAW
        return lambda: time.clock_gettime_ns(raw)
    return time.perf_counter_ns if _SYSTEM == "win32" else time.monotonic_ns


def lock_alone(handle: int) -> None:
    """Lock an open file for this process until it closes it or ends.

    Windows: one byte of it, with msvcrt.

    Raises:
        BlockingIOError: another process holds it.
    """
    if _FCNTL is not None:
        _FCNTL.flock(handle, _FCNTL.LOCK_EX | _FCNTL.LOCK_NB)
        return
    msvcrt = _loaded("msvcrt")
    if msvcrt is None:
        raise OSError(errno.ENOLCK, "this system has no lock for files")
    os.lseek(handle, 0, os.SEEK_SET)
    try:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
    except OSError as error:
        raise BlockingIOError(errno.EWOULDBLOCK, "another process holds it") from error


def flush_open(handle: int) -> None:
    """Wait until the disk has an open file."""
    if _FULL_FLUSH is not None:
        with contextlib.suppress(OSError):  # a disk of another machine may not have it
            _FCNTL.fcntl(handle, _FULL_FLUSH)
            return
    os.fsync(handle)


def flush_path(path: Path) -> None:
    """Wait until the disk has a file, or the names in a folder; OSError where it cannot.

    Windows opens no folder: its names follow when the system writes them.
    """
    if not hasattr(os, "O_DIRECTORY"):
        return
    handle = os.open(path, os.O_RDONLY | PLAIN)
    try:
        flush_open(handle)
    finally:
        os.close(handle)


def close_to_others(handle: int, mode: int) -> None:
    """Set the mode of an open file. Windows: the rights are those of its folder."""
    if hasattr(os, "fchmod"):
        os.fchmod(handle, mode)


def mode_of(path: Path) -> int:
    """The rights of a file, as bits of its mode. Windows: 0, for a mode there says nothing of others."""
    return path.stat().st_mode & 0o777 if hasattr(os, "fchmod") else 0


def write_at(handle: int, data: bytes, at: int) -> int:
    """Write at a place of an open file; returns the count of bytes. Windows: by one thread at a time."""
    if hasattr(os, "pwrite"):
        return os.pwrite(handle, data, at)
    os.lseek(handle, at, os.SEEK_SET)
    return os.write(handle, data)


def resident_kib() -> int:
    """The process's memory, KiB. macOS: its peak. Windows: 0, which is not known."""
    try:
        with open("/proc/self/statm", encoding="ascii") as statm:  # noqa: PTH123 - hot path, read every second
            return int(statm.read().split()[1]) * (os.sysconf("SC_PAGE_SIZE") // 1024)
    except OSError:
        resource = _loaded("resource")
    if resource is None:
        return 0
    peak = int(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
    return peak // 1024 if _SYSTEM == "darwin" else peak


def goes_last(pid: int, niceness: int) -> None:
    """Let another process run behind this one, where the system has the call; OSError where it may not."""
    if hasattr(os, "setpriority"):
        os.setpriority(os.PRIO_PROCESS, pid, niceness)


def ready_to_read(handle: int) -> Callable[[], bool]:
    """Return whether a socket has data now, as a function. Windows: by select, up to 512 sockets."""
    if not hasattr(select, "poll"):
        return lambda: bool(select.select([handle], [], [], 0)[0])
    inward = select.poll()
    inward.register(handle, select.POLLIN)
    return lambda: bool(inward.poll(0))


def signals_here(named: Mapping[tuple[str, int], str]) -> dict[int, str]:
    """The numbers, with their meaning, of the signals (name, further) that this system has.

    macOS has no real-time signals; Windows has neither those nor SIGUSR1 and SIGUSR2.
    """
    return {
        int(getattr(signal, name)) + more: meaning
        for (name, more), meaning in named.items()
        if hasattr(signal, name)
    }


STOPPING: Final = tuple(signals_here({("SIGTERM", 0): "", ("SIGINT", 0): "", ("SIGBREAK", 0): ""}))


def heed_signal(loop: Any, number: int, act: Callable[[str], None], word: str) -> None:  # noqa: ANN401 -- asyncio's
    """Call `act(word)` on the loop at each such signal.

    Windows: the interpreter hands it over at its next step, a pulse of the tether (50 ms) at most.
    """
    if hasattr(signal, "siginterrupt"):
        loop.add_signal_handler(number, act, word)
        return

    def hand_over(_number: int, _frame: object) -> None:
        loop.call_soon_threadsafe(act, word)

    signal.signal(number, hand_over)


def run_on_sockets(main: Coroutine[Any, Any, int]) -> int:
    """Run the program's loop. Windows: one by select, for its own cannot watch the broker's socket."""
    import asyncio  # noqa: PLC0415 - the keeper of a lamp runs no loop

    if not hasattr(asyncio, "ProactorEventLoop"):
        return asyncio.run(main)
    with asyncio.Runner(loop_factory=asyncio.SelectorEventLoop) as runner:
        return runner.run(main)
