"""A program: the edge on a Linux that has lost the calls of Linux, as Windows and macOS lack them.

Arguments: win32 or darwin, and a folder. It prints one JSON object of what it found. With more arguments it
is `dreamedge` with those, and SIGHUP is an hour's suspend: the wall clock alone goes on. The standard library
and the libraries are loaded first: they are not what is tested, and have their own ways on other systems.
"""
# ruff: noqa: PLC0415 - the edge is loaded once the calls are gone

import asyncio
import importlib
import importlib.util
import json
import os
import pkgutil
import select
import signal
import socket
import sys
import time
import types
from pathlib import Path

import aiomqtt  # noqa: F401
import cryptography.hazmat.primitives.asymmetric.ed25519  # noqa: F401
import numpy as np  # noqa: F401

OPTIONAL = ("brainflow", "pylsl", "mne", "gpiod", "serial", "sounddevice", "pyxdf", "pyarrow")
OF_GRPC = ("credential.enrolment", "credential.renewal")
"""They load the client, and with it gRPC, for a second: the client's own calls are looked at alone."""
LINUX = {
    time: ("CLOCK_BOOTTIME",),
    signal: ("SIGRTMIN", "SIGRTMAX"),
    os: ("posix_fallocate",),
}
NOT_WINDOWS = {
    os: (
        *("geteuid", "getuid", "fchmod", "pwrite", "setpriority", "sysconf", "set_blocking"),
        *("O_CLOEXEC", "O_NONBLOCK", "O_NOFOLLOW", "O_DIRECTORY"),
    ),
    select: ("poll",),
    signal: ("SIGUSR1", "SIGUSR2", "siginterrupt"),
    socket: ("AF_UNIX",),
}
SECOND_NS = 1_000_000_000


class _Locking(types.ModuleType):
    """msvcrt: a lock of a byte, over the one that Linux has."""

    LK_NBLCK = 2

    @staticmethod
    def locking(handle: int, mode: int, count: int) -> None:
        assert (mode, count) == (2, 1)
        try:
            _FLOCK(handle, _ALONE)
        except OSError:
            raise PermissionError(13, "Permission denied") from None


fcntl = importlib.import_module("fcntl")
_FLOCK, _ALONE = fcntl.flock, fcntl.LOCK_EX | fcntl.LOCK_NB


def take_away(system: str) -> None:
    """Remove what the system lacks, and its files below /proc."""
    pair, family = socket.socketpair, socket.AF_UNIX
    socket.socketpair = lambda: pair(family)  # Windows has one of its own
    for module, names in (*LINUX.items(), *(NOT_WINDOWS.items() if system == "win32" else ())):
        for name in names:
            delattr(module, name)
    if system == "win32":
        sys.modules["fcntl"] = sys.modules["resource"] = None  # type: ignore[assignment]
        sys.modules["msvcrt"] = _Locking("msvcrt")
        asyncio.ProactorEventLoop = object  # type: ignore[misc]
    sys.platform = system

    def refuse(event: str, arguments: tuple[object, ...]) -> None:
        if event == "open" and str(arguments[0]).startswith(("/proc", "/dev/shm")):
            raise FileNotFoundError(2, "No such file or directory", str(arguments[0]))

    sys.addaudithook(refuse)


def unloaded() -> list[str]:
    """The modules of the edge that do not load, but for want of an optional library."""
    found = []
    for package in map(importlib.import_module, ("dreamwire", "dreamedge")):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if module.name.endswith(("__main__", "bedside.evdev", *OF_GRPC)):
                continue
            try:
                importlib.import_module(module.name)
            except ModuleNotFoundError as error:
                if (error.name or "").split(".")[0] not in OPTIONAL:
                    found.append(f"{module.name}: {error}")
            except Exception as error:  # noqa: BLE001 - each is a finding
                found.append(f"{module.name}: {error!r}")
    return found


def looked_at(folder: Path) -> dict[str, object]:
    """The findings about each substitute, by name."""
    slept_ns, wall_ns = [0], time.time_ns
    time.time_ns = lambda: wall_ns() + slept_ns[0]
    found: dict[str, object] = {"unloaded": unloaded()}
    from dreamedge.adapters import clock, pod_disk
    from dreamedge.adapters.bedside import open_button, open_light
    from dreamedge.adapters.recorder import edf_part
    from dreamedge.main import BUTTON_SIGNALS
    from dreamwire import operating_system as system
    from dreamwire.sd_notify import ServiceManager

    running = system.clock_behind_suspend()
    found["clock"] = "raw" if running not in (time.perf_counter_ns, time.monotonic_ns) else running.__name__
    before_ns = clock.boottime_ns()
    slept_ns[0] = 300_000_000
    found["lapsed_s"] = (clock.boottime_ns() - before_ns) / 1e9
    found["began"] = 0 <= clock.boottime_ns() - clock.process_began_ns() < 60 * SECOND_NS
    found["load"] = clock.Load().measure()[1]
    found["signals"] = list(BUTTON_SIGNALS.values())

    disk = pod_disk.PodDisk(folder / "bed-1", clock.unix_ms(), ("withdraw",))
    try:
        pod_disk.PodDisk(folder / "bed-1", clock.unix_ms())
    except pod_disk.InUseError as error:
        found["second agent"] = str(error)
    with disk.pressing("withdraw"):
        disk.latch("withdraw")
    disk.close()
    again = pod_disk.PodDisk(folder / "bed-1", clock.unix_ms())
    again.close()
    found["kept"] = [again.kept.latched, system.mode_of(folder / "bed-1" / "lock")]

    for name, opened in (
        ("evdev", lambda: open_button("evdev:/dev/input/event0", "bed-1")),
        ("light", lambda: open_light("gpio:gpiochip0/1", "bed-1")),
    ):
        try:
            opened()
        except Exception as error:  # noqa: BLE001 - it is printed
            found[name] = f"{type(error).__name__}: {error}"
    here, there = socket.socketpair()
    ready = system.ready_to_read(here.fileno())
    found["ready"] = [ready(), there.send(b"1") == 1 and ready()]
    handle = edf_part._create(folder / "night")
    system.write_at(handle, b"as they are", 11)
    system.write_at(handle, b"the bytes\r\n", 0)
    system.flush_open(handle)
    os.close(handle)
    found["read"] = (folder / "night.edf").read_bytes().decode()
    ServiceManager("@nobody" if sys.platform == "win32" else "", 1.0).ready("here")
    found["client"] = client_calls(folder)
    found["stopped"] = system.run_on_sockets(stopped())
    return found


def client_calls(folder: Path) -> list[object]:
    """The client's own calls: whether a lock is alone, and a file open to all believed to be closed.

    The file is loaded by itself, for the client as a whole costs a second of gRPC.
    """
    import dreamwire

    file = Path(dreamwire.__file__).parents[1] / "dreamapi" / "operating_system.py"
    spec = importlib.util.spec_from_file_location("operating_system", file)
    client = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(client)
    path = folder / "credential"
    path.touch(0o644)
    handles = [os.open(path, os.O_RDWR | client.PLAIN) for _ in range(2)]
    client.lock_alone(handles[0])
    try:
        client.lock_alone(handles[1])
        alone = False
    except BlockingIOError:
        alone = True
    believed = client.closed_to_others(path)
    client.close_to_others(handles[0])
    client.flush_folder(folder)
    return [alone, believed]


async def stopped() -> list[str]:
    """The words that a SIGTERM to this process brings to its loop."""
    from dreamwire.operating_system import STOPPING, heed_signal

    words: list[str] = []
    came = asyncio.Event()

    def act(word: str) -> None:
        words.append(word)
        came.set()

    for number in STOPPING:
        heed_signal(asyncio.get_running_loop(), number, act, "stopped")
    signal.raise_signal(signal.SIGTERM)
    await came.wait()
    return words


def as_the_edge(arguments: list[str]) -> int:
    """Run `dreamedge` with these arguments; SIGHUP suspends the machine for an hour."""
    slept_ns, wall_ns = [0], time.time_ns
    time.time_ns = lambda: wall_ns() + slept_ns[0]

    def suspend(_number: int, _frame: object) -> None:
        slept_ns[0] += 3600 * SECOND_NS

    signal.signal(signal.SIGHUP, suspend)
    from dreamedge.main import main

    return main(arguments)


if __name__ == "__main__":
    for optional in OPTIONAL:
        sys.modules[optional] = None  # type: ignore[assignment]
    take_away(sys.argv[1])
    if len(sys.argv) > 3:
        sys.exit(as_the_edge(sys.argv[3:]))
    print(json.dumps(looked_at(Path(sys.argv[2]))))
