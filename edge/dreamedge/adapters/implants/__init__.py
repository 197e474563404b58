"""The implants an agent can open, by a spec: `sim[:SEED]` or `edf:PATH`.

Each is one file behind `ports.implant.Implant`, polled with the time as an argument. What cannot be
opened raises ImplantError with one sentence. Further devices join the table below.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from dreamedge.adapters.implants.malfunction import MalfunctioningImplant
from dreamedge.ports.implant import Implant, ImplantError


def _open_simulated(rest: str, seed: int, _loop: bool) -> Implant:  # noqa: FBT001 - a table's uniform signature
    # Imported here: a pod with a person in it does without the random generators' memory.
    from dreamedge.adapters.implants.simulated import SimulatedImplant  # noqa: PLC0415

    if rest and not rest.isdecimal():
        raise ImplantError(f"sim:{rest} names no seed; write sim or sim:7.")
    return SimulatedImplant(int(rest) if rest else seed)


def _open_edf(rest: str, _seed: int, loop: bool) -> Implant:  # noqa: FBT001 - a table's uniform signature
    # Imported here: a pod without recordings does without their library's memory.
    from dreamedge.adapters.implants.edf import EdfImplant  # noqa: PLC0415

    if not rest:
        raise ImplantError("edf: names no file; write edf:PATH.")
    return EdfImplant(Path(rest).expanduser(), loop=loop)


_KINDS: Final[dict[str, Callable[[str, int, bool], Implant]]] = {"sim": _open_simulated, "edf": _open_edf}


def open_implant(
    spec: str,
    *,
    seed: int = 0,
    loop: bool = False,
    malfunction: str = "",
    after_s: float = 0.0,
    since_ns: int | None = None,
) -> Implant:
    """Open the implant `spec` names.

    seed: of a simulated sleeper that names none. loop: a recording starts over at its end.
    malfunction: one of `malfunction.NAMES`, from `after_s` seconds after `since_ns` (CLOCK_BOOTTIME;
    None: the first read); empty: none.

    Raises:
        ImplantError: the spec, the file or the malfunction is no good; the text says what to do.
    """
    kind, _, rest = spec.partition(":")
    if kind not in _KINDS:
        raise ImplantError(f"implant {spec!r} is not known; write sim, sim:SEED or edf:PATH.")
    inner = _KINDS[kind](rest, seed, loop)
    return MalfunctioningImplant(inner, malfunction, after_s, since_ns) if malfunction else inner
