"""Where a report comes from: the command that repeats the rehearsal, the version, and the machine.

The name of the machine and the address of a broker are left out: a report is made to be shown.
"""

import os
import platform
from dataclasses import dataclass
from importlib.metadata import version
from typing import Final

from dreamd.rehearsal.scenarios import Cue, cue
from dreamd.up.plan import CannotRun

DIGITS_MOST: Final = 17
"""Digits with which every float can be told from its neighbours."""


@dataclass(frozen=True, slots=True)
class Origin:
    """command: repeats the rehearsal. cores: those that this process may use."""

    command: str
    version: str
    python: str
    system: str
    cores: int


def command_of(played: Cue, sleepers: int, seed: int, broker: str, *, light: bool) -> str:
    """The command line with every choice written out; the address of a broker is left open."""
    where = "URL" if "://" in broker else broker
    return (
        f"dreamd rehearse festival --malfunction {played.scene.name} --sleepers {sleepers} "
        f"--share {_share(played, sleepers)} --at {played.at_s:g} --duration {played.lasts_s:g} "
        f"--seed {seed} --signal {'features' if light else 'whole'} --broker {where}"
    )


def _share(played: Cue, sleepers: int) -> str:
    """The shortest share that gives the same beds."""
    exact = played.beds / sleepers
    for digits in range(1, DIGITS_MOST):
        share = f"{exact:.{digits}g}"
        try:
            same = cue(played.scene, sleepers, float(share), played.at_s, played.lasts_s) == played
        except CannotRun:
            continue
        if same:
            return share
    return repr(exact)


def origin(command: str) -> Origin:
    """This program on this machine."""
    return Origin(
        command=command,
        version=version("dreamd"),
        python=platform.python_version(),
        system=_system(),
        cores=len(os.sched_getaffinity(0)),
    )


def _system() -> str:
    """The distribution, the kernel and the processor's kind; never the name of the machine."""
    try:
        name = platform.freedesktop_os_release().get("PRETTY_NAME", "")
    except OSError:
        name = ""
    kernel = f"{platform.system()} {platform.release()} {platform.machine()}"
    return f"{name}, {kernel}" if name else kernel
