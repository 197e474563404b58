"""Looks at a recording before anybody is put to bed with it: its channels, and how a pod would hear it.

A file with several people is looked at person by person. It plays in passed time, as fast as it can
be computed, through the implant a bed would open. What a bed would refuse is told, not raised; only a
file that cannot be read at all raises.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dreamedge.adapters.implants import file_and_stream, open_implant
from dreamedge.core.features import HOP_NS
from dreamedge.core.inspection import Channel, Inspection, inspect, refused
from dreamedge.core.signal import Block
from dreamedge.ports.implant import Implant, ImplantError
from dreamwire.schema import BANDS6X2

_BEGIN_NS: Final = 1_000_000_000
_DELAY_NS: Final = 20_000_000
"""A hop wants samples up to its instant, and the last of them may be a period away."""
_BY_ENDING: Final = {".edf": "edf", ".rec": "edf", ".bdf": "edf", ".xdf": "xdf", ".xdfz": "xdf"}


@dataclass(frozen=True, slots=True)
class Examined:
    """One person's recording: the spec that opens it, its channels, and what came of listening."""

    spec: str
    channels: tuple[Channel, ...]
    found: Inspection


def examine(recording: str, montage: tuple[str, ...] = ()) -> tuple[Examined, ...]:
    """Look at a file or a spec; one result a person.

    Raises:
        ImplantError: it is no recording, or it cannot be read.
    """
    kind, rest = _kind(recording)
    if kind == "edf":
        from dreamedge.adapters.implants import edf  # noqa: PLC0415 - its library is loaded where needed

        return (_examined(f"edf:{rest}", edf.channels(Path(rest).expanduser()), montage),)
    from dreamedge.adapters.implants import xdf  # noqa: PLC0415 - its library is loaded where needed

    path, wanted = file_and_stream(rest)
    streams = xdf.read_streams(path)
    names = xdf.eeg_streams(streams)
    chosen = (xdf.choose(streams, wanted, path).name,) if wanted or not names else names
    return tuple(
        _examined(f"xdf:{path}#{name}", xdf.channels(streams, name, montage), montage) for name in chosen
    )


def _kind(recording: str) -> tuple[str, str]:
    kind, colon, rest = recording.partition(":")
    if colon and kind in _BY_ENDING.values():
        return kind, rest
    path, _ = file_and_stream(recording)
    if path.suffix.lower() not in _BY_ENDING:
        raise ImplantError(
            f"{recording} is neither an EDF nor an XDF recording; convert it, or write edf:PATH or xdf:PATH."
        )
    return _BY_ENDING[path.suffix.lower()], recording


def _examined(spec: str, channels: tuple[Channel, ...], montage: tuple[str, ...]) -> Examined:
    try:
        implant = open_implant(spec, montage=montage)
    except ImplantError as refusal:
        return Examined(spec, channels, refused("refused", str(refusal)))
    try:
        found = inspect(BANDS6X2, implant.montage, implant.enrolment(), _played(implant), implant.source)
    finally:
        implant.close()
    return Examined(spec, channels, found)


def _played(implant: Implant) -> Iterator[tuple[int, tuple[Block, ...]]]:
    """Every hop's instant with all blocks read at it, until the recording is over."""
    instant_ns = _BEGIN_NS
    while not implant.ended:
        blocks: list[Block] = []
        while (block := implant.read(instant_ns + _DELAY_NS)) is not None:
            blocks.append(block)
        yield instant_ns, tuple(blocks)
        instant_ns += HOP_NS
