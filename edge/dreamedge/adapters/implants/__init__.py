"""The implants an agent can open, by a spec: `sim[:SEED]`, `edf:PATH` or `xdf:PATH[#STREAM]`.

Each is one file behind `ports.implant.Implant`, polled with the time as an argument; `replay` is what
recordings share. What cannot be opened raises ImplantError with one sentence. Further devices join the
table below.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dreamedge.adapters.implants.malfunction import MalfunctioningImplant
from dreamedge.ports.implant import Implant, ImplantError


@dataclass(frozen=True, slots=True)
class _Wish:
    """How an implant shall be: a simulated sleeper's seed, endless replay, names for nameless channels."""

    seed: int
    loop: bool
    montage: tuple[str, ...]


def _open_simulated(rest: str, wish: _Wish) -> Implant:
    # Imported here: a pod with a person in it does without the random generators' memory.
    from dreamedge.adapters.implants.simulated import SimulatedImplant  # noqa: PLC0415

    if rest and not rest.isdecimal():
        raise ImplantError(f"sim:{rest} names no seed; write sim or sim:7.")
    return SimulatedImplant(int(rest) if rest else wish.seed)


def _open_edf(rest: str, wish: _Wish) -> Implant:
    # Imported here: a pod without recordings does without their library's memory.
    from dreamedge.adapters.implants.edf import EdfImplant  # noqa: PLC0415

    if not rest:
        raise ImplantError("edf: names no file; write edf:PATH.")
    return EdfImplant(Path(rest).expanduser(), loop=wish.loop)


def _open_xdf(rest: str, wish: _Wish) -> Implant:
    # Imported here: a pod without recordings does without their library's memory.
    from dreamedge.adapters.implants.xdf import XdfImplant  # noqa: PLC0415

    path, stream = file_and_stream(rest)
    if not rest:
        raise ImplantError("xdf: names no file; write xdf:PATH#STREAM.")
    return XdfImplant(path, stream, montage=wish.montage, loop=wish.loop)


def file_and_stream(rest: str) -> tuple[Path, str]:
    """`PATH#STREAM` taken apart; a file whose own name has a # in it is taken whole."""
    whole = Path(rest).expanduser()
    path, _, stream = rest.rpartition("#") if "#" in rest and not whole.exists() else (rest, "", "")
    return Path(path).expanduser(), stream.strip()


_KINDS: Final[dict[str, Callable[[str, _Wish], Implant]]] = {
    "sim": _open_simulated,
    "edf": _open_edf,
    "xdf": _open_xdf,
}


def open_implant(
    spec: str,
    *,
    seed: int = 0,
    loop: bool = False,
    montage: tuple[str, ...] = (),
    malfunction: str = "",
    after_s: float = 0.0,
    since_ns: int | None = None,
) -> Implant:
    """Open the implant `spec` names.

    seed: of a simulated sleeper that names none. loop: a recording starts over at its end.
    montage: electrodes of a recording that names no channels, in its order.
    malfunction: one of `malfunction.NAMES`, from `after_s` seconds after `since_ns` (CLOCK_BOOTTIME;
    None: the first read); empty: none.

    Raises:
        ImplantError: the spec, the file or the malfunction is no good; the text says what to do.
    """
    kind, _, rest = spec.partition(":")
    if kind not in _KINDS:
        raise ImplantError(
            f"implant {spec!r} is not known; write sim, sim:SEED, edf:PATH or xdf:PATH#STREAM."
        )
    inner = _KINDS[kind](rest, _Wish(seed, loop, montage))
    return MalfunctioningImplant(inner, malfunction, after_s, since_ns) if malfunction else inner
