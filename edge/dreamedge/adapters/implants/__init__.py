"""The implants an agent can open, by a spec: recordings (`edf:PATH`, ...), devices, simulated sleepers.

Each implements `ports.implant.Implant` and is polled with the time as an argument. Recordings share
`files.replay`, devices share `devices.live`. A spec that cannot be opened raises ImplantError with one
sentence. New kinds are added to the table below.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol

from dreamedge.adapters.fault_onset import Onset
from dreamedge.adapters.implants.devices.live import LiveImplant
from dreamedge.adapters.implants.files.headset.dialect import BoardLayout
from dreamedge.adapters.implants.files.replay import Replay
from dreamedge.adapters.implants.recording_options import RecordingOptions
from dreamedge.core.signal.baseline import Baseline
from dreamedge.core.signal.signal_path import SignalPath
from dreamedge.ports.implant import Implant, ImplantError

LIGHT: Final = "sim-light"
"""The kind of implant that produces features without a signal."""


class FeatureSource(SignalPath, Protocol):
    """A sleeper without a signal: the implant is its own signal path, and brings its calibration."""

    def template(self) -> Baseline:
        """MUST return the calibration that goes with the features."""
        ...


@dataclass(frozen=True, slots=True)
class _Wish:
    """Options of an implant: a simulated sleeper's seed, and those of a recording or device."""

    seed: int
    options: RecordingOptions


def _open_simulated(rest: str, wish: _Wish) -> Implant:
    # Imported here: a pod with a real sleeper does not need the memory of the random generators.
    from dreamedge.adapters.implants.simulated.implant import SimulatedImplant  # noqa: PLC0415

    if rest and not rest.isdecimal():
        raise ImplantError(f"sim:{rest} names no seed; write sim or sim:7.")
    return SimulatedImplant(int(rest) if rest else wish.seed)


def _open_light(rest: str, wish: _Wish) -> Implant:
    # Imported here: a pod with a real sleeper does not need the memory of the random generators.
    from dreamedge.adapters.implants.simulated.feature_only import FeatureOnlyImplant  # noqa: PLC0415

    if rest and not rest.isdecimal():
        raise ImplantError(f"sim-light:{rest} names no seed; write sim-light or sim-light:7.")
    return FeatureOnlyImplant(int(rest) if rest else wish.seed)


def _open_edf(rest: str, wish: _Wish) -> Implant:
    # Imported here: a pod without recordings does not need the memory of the EDF library.
    from dreamedge.adapters.implants.files.edf.implant import EdfImplant  # noqa: PLC0415

    if not rest:
        raise ImplantError("edf: names no file; write edf:PATH, or edf:PATH#N for one of several people.")
    path, person = file_and_stream(rest)
    return EdfImplant(path, person, options=wish.options)


def _open_xdf(rest: str, wish: _Wish) -> Implant:
    # Imported here: a pod without recordings does not need the memory of the XDF library.
    from dreamedge.adapters.implants.files.xdf.implant import XdfImplant  # noqa: PLC0415

    path, stream = file_and_stream(rest)
    if not rest:
        raise ImplantError(
            "xdf: names no file; write xdf:PATH#STREAM, or xdf:PATH#STREAM#N for one person of it."
        )
    return XdfImplant(path, stream, options=wish.options)


def _open_table(rest: str, wish: _Wish) -> Implant:
    # Imported here: a pod without recordings does not need the memory of the table readers.
    from dreamedge.adapters.implants.files.tables import TableImplant  # noqa: PLC0415

    if not rest:
        raise ImplantError("npz: and arff: name no file; write npz:PATH or arff:PATH.")
    path, person = file_and_stream(rest)
    return TableImplant(path, person, options=wish.options)


def _open_csv(rest: str, wish: _Wish) -> Implant:
    # Imported here: a pod without such a recording does not need the memory of the reader.
    from dreamedge.adapters.implants.files.headset.implant import HeadsetImplant  # noqa: PLC0415

    if not rest:
        raise ImplantError("csv: names no file; write csv:PATH, or csv:PATH#BOARD for a file of BrainFlow.")
    path, chosen = file_and_stream(rest)
    board, person = board_and_person(chosen)
    return HeadsetImplant(path, board_layout(board), person, options=wish.options)


def _open_mne(rest: str, wish: _Wish) -> Implant:
    # Imported here: a pod without such a recording does not need the memory of the reader.
    from dreamedge.adapters.implants.files.mne_files import MneImplant  # noqa: PLC0415

    if not rest:
        raise ImplantError("mne: names no file; write mne:PATH.")
    path, person = file_and_stream(rest)
    return MneImplant(path, person, options=wish.options)


def _open_bids(rest: str, wish: _Wish) -> Implant:
    # Imported here: a pod without such a recording does not need the memory of the reader.
    from dreamedge.adapters.implants.files.bids.recording import open_recording  # noqa: PLC0415

    if not rest:
        raise ImplantError(
            "bids: names no recording; write bids:PATH of a recording, a subject or a dataset."
        )
    path, chosen = file_and_stream(rest)
    return open_recording(path, chosen, wish.options)


def _open_brainflow(rest: str, wish: _Wish) -> Implant:
    try:
        # Imported here: BrainFlow is an optional extra, and pods with other devices save its memory.
        from dreamedge.adapters.implants.devices.brainflow import BrainflowImplant  # noqa: PLC0415
    except ImportError as error:
        raise ImplantError(f"brainflow:{rest} needs BrainFlow ({error}); install dreamd[boards].") from error
    return BrainflowImplant(rest, montage=wish.options.montage)


def _open_lsl(rest: str, wish: _Wish) -> Implant:
    try:
        # Imported here: pylsl is an optional extra, and pods with other devices save its memory.
        from dreamedge.adapters.implants.devices.lsl import LslImplant  # noqa: PLC0415
    except (ImportError, RuntimeError) as error:  # RuntimeError: the C library is missing
        raise ImplantError(f"lsl:{rest} needs pylsl ({error}); install dreamd[boards].") from error
    return LslImplant(rest, montage=wish.options.montage, unit=wish.options.unit)


def board_layout(board: str) -> BoardLayout | None:
    """The columns of a file that BrainFlow wrote from this board; None if none is named.

    Raises:
        ImplantError: the board does not exist, or BrainFlow is not installed.
    """
    if not board:
        return None
    try:
        # Imported here: only files of BrainFlow need its table of boards.
        from dreamedge.adapters.implants.devices import board_layout as layouts  # noqa: PLC0415
    except ImportError as error:
        raise ImplantError(f"the board {board} needs BrainFlow ({error}); install dreamd[boards].") from error
    return layouts.board_layout(board)


def file_and_stream(rest: str) -> tuple[Path, str]:
    """Split `PATH#STREAM` and `PATH#STREAM#N` where the file ends; a # may belong to its name."""
    parts = rest.split("#")
    paths = [Path("#".join(parts[:count])).expanduser() for count in range(len(parts), 0, -1)]
    there = next((n for n, path in enumerate(paths) if path.exists()), min(1, len(paths) - 1))
    return paths[there], "#".join(parts[len(parts) - there :]).strip()


def board_and_person(chosen: str) -> tuple[str, str]:
    """Split `BOARD#N` and `#N`, the address in a headset program's file; a number alone is a board's."""
    board, _, person = chosen.rpartition("#") if "#" in chosen else (chosen, "", "")
    return board, person


_KINDS: Final[dict[str, Callable[[str, _Wish], Implant]]] = {
    "sim": _open_simulated,
    LIGHT: _open_light,
    "edf": _open_edf,
    "xdf": _open_xdf,
    "npz": _open_table,
    "arff": _open_table,
    "csv": _open_csv,
    "mne": _open_mne,
    "bids": _open_bids,
    "brainflow": _open_brainflow,
    "lsl": _open_lsl,
}


def open_implant(
    spec: str,
    *,
    seed: int = 0,
    options: RecordingOptions | None = None,
    replay_from_ns: int | None = None,
) -> Implant:
    """Open the implant that `spec` names.

    seed: used for a simulated sleeper without one in its spec. options: what the source lacks, or a person
    chooses; its full scale replaces that of the recording or device where it is above 0.
    replay_from_ns: CLOCK_BOOTTIME at which a recording begins to play; None: at the first read.

    Raises:
        ImplantError: the spec or the file cannot be used; the text names the remedy.
    """
    kind, _, rest = spec.partition(":")
    if kind not in _KINDS:
        raise ImplantError(
            f"implant {spec!r} is not known; write sim, sim:SEED, sim-light:SEED, edf:PATH[#N], "
            "xdf:PATH#STREAM[#N], "
            "npz:PATH, arff:PATH, csv:PATH, mne:PATH, bids:PATH, brainflow:BOARD or lsl:NAME."
        )
    options = options or RecordingOptions()
    inner = _KINDS[kind](rest, _Wish(seed, options))
    if options.full_scale_uv > 0 and isinstance(inner, Replay | LiveImplant):
        inner.montage = replace(inner.montage, full_scale_uv=options.full_scale_uv)
    if options.begin and isinstance(inner, Replay):
        inner.begin_at(options.begin)
    if replay_from_ns is not None and isinstance(inner, Replay):
        inner.play_from(replay_from_ns)
    return inner


def malfunctioning(inner: Implant, name: str, onset: Onset, tap: Implant | None = None) -> Implant:
    """`inner` with malfunction `name` (one of `malfunction.NAMES`) from the onset on.

    tap: the previous bed's implant, for a malfunction that copies another brain (see `tapped`).

    Raises:
        ImplantError: the malfunction does not exist or does not apply to this implant.
    """
    # Imported here: a pod without an injected malfunction saves the memory of simulated sleepers.
    from dreamedge.adapters.implants.simulated.malfunction import MalfunctioningImplant, Tap  # noqa: PLC0415

    return MalfunctioningImplant(inner, name, onset, tap if isinstance(tap, Tap) else None)


def tapped(inner: Implant) -> Implant:
    """`inner` with a copy of its blocks kept for a second bed."""
    from dreamedge.adapters.implants.simulated.malfunction import Tap  # noqa: PLC0415

    return Tap(inner)


def light_sleeper(implant: Implant) -> FeatureSource | None:
    """The feature-only sleeper inside `implant`, or None if the implant has a signal."""
    # Imported here: a pod with a real sleeper does not need the memory of the random generators.
    from dreamedge.adapters.implants.simulated.feature_only import FeatureOnlyImplant  # noqa: PLC0415

    while hasattr(implant, "inner"):
        implant = implant.inner
    return implant if isinstance(implant, FeatureOnlyImplant) else None
