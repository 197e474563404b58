"""Replay of other recorders' files by MNE: BrainVision, EEGLAB, FIF, EGI, Neuroscan, ANT, Curry and the like.

MNE is the extra `formats` and is imported when such a file is opened. Samples stay on disk and are read in
pieces as the replay asks for them. MNE gives volts; they are converted to uV.

Rules
- EEG is what MNE takes for EEG and what `ten_twenty` does not know as another kind. Channels that the file
  marks as bad are left out, and a note names them.
- MNE does not take a channel for EEG whose unit it does not know. An electrode among these is left out and
  noted, or plays in the unit that a person gives. EEGLAB names no unit and is taken for uV.
- Annotations are marks. One that begins with BAD is a note as well, because its samples play.
- A file whose samples were interrupted plays without the interruptions. Its alignment is doubtful, and a note
  says where. A skip that FIF records as BAD_ACQ_SKIP is a gap of its own length.
- These files state no time beside their rate, so held rows are all that can be told about it.
"""

import gc
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import Any, Final

import numpy as np

from dreamedge.adapters.implants.files.channel_soundness import microvolts_per, sound_channels
from dreamedge.adapters.implants.files.mne_annotations import marks_of, notes_of, runs_of
from dreamedge.adapters.implants.files.rate_checks import check_nominal, held_in
from dreamedge.adapters.implants.files.replay import Doubles, Replay, check_length, check_rate
from dreamedge.adapters.implants.files.stream_channels import Described, Taken, take
from dreamedge.adapters.implants.people_in_labels import OTHERS, numbers_of, people_in
from dreamedge.adapters.implants.recording_options import PLAIN, RecordingOptions
from dreamedge.adapters.implants.ten_twenty import OTHER, UNNAMED, contact, electrode, kind_of, numbered
from dreamedge.core.signal.inspection import Channel
from dreamedge.core.signal.recording_facts import Note
from dreamedge.ports.implant import ImplantError
from dreamwire.messages import Device

_INSTALL: Final = "install it with .venv/bin/pip install -e '.[formats]' (or pip install 'dreamd[formats]')"
_READERS: Final = {
    ".vhdr": "brainvision",
    ".ahdr": "brainvision",
    ".set": "eeglab",
    ".fif": "fif",
    ".fif.gz": "fif",
    ".mff": "egi",
    ".gdf": "gdf",
    ".lay": "persyst",
    ".eeg": "nihon",
    ".cdt": "curry",
    ".dap": "curry",
    ".dat": "curry",
    ".cnt": "cnt",
}
ENDINGS: Final = tuple(_READERS)
"""The endings of the files that MNE reads here."""
_FURTHER: Final = {"egi": "defusedxml", "ant": "antio", "curry": "curryreader", "eeglab": "pymatreader"}
"""The package that a reader of MNE needs beside MNE."""
_ANT_MAGIC: Final = b"RIFF"
_SHOWN: Final = 8
_UV_PER_V: Final = 1e6
_WITHOUT_UNIT: Final = ".set"
"""EEGLAB's files have no units."""
_PACKED_MAX_BYTES: Final = 1 << 30
"""The largest packed FIF that is taken: MNE unpacks it whole."""


def ending(path: Path) -> str:
    """The ending of a file that MNE reads here, in small letters; '' for any other."""
    name = path.name.lower()
    return next((known for known in sorted(ENDINGS, key=len, reverse=True) if name.endswith(known)), "")


class _Raw:
    """The EEG channels of a file that MNE has opened, as a recording."""

    def __init__(self, raw: Any, taken: Taken, given: str, what: str) -> None:  # noqa: ANN401 - MNE has no types
        self._raw = raw
        self.columns = taken.columns
        self._uv_per_v = _uv_per_v(raw, taken, what)
        self.rate_hz = float(raw.info["sfreq"])
        self.slots = int(raw.n_times)
        check_rate(self.rate_hz, what)
        self.runs = runs_of(raw, self.slots)
        check_length(sum(end - begin for begin, end in self.runs), self.rate_hz, what)
        sound = sound_channels(self, self.rate_hz, taken.labels, taken.units, given, what)
        self.names, self.columns = sound.playing(taken.names), sound.playing(taken.columns)
        self._uv_per_v = self._uv_per_v[list(sound.places)] * sound.factors
        self.notes = (*taken.notes, *sound.notes)

    def load(self, begin: int, end: int) -> Doubles:
        """Slots [begin, end) of every channel, float64[n, channels], uV, NaN in gaps."""
        uv = np.full((end - begin, len(self.columns)), np.nan)
        for first, last in self.runs:
            since, until = max(first, begin), min(last, end)
            if since < until:
                volts = self._raw.get_data(picks=list(self.columns), start=since, stop=until, verbose="ERROR")
                np.multiply(volts.T, self._uv_per_v, out=uv[since - begin : until - begin])
        return uv

    def contact(self, _begin: int, _end: int) -> None:
        """None: none of these files holds contact data."""


class MneImplant(Replay):
    """One file that MNE reads, behind the implant port; `options.loop` restarts it at its end."""

    def __init__(self, path: Path, person: str = "", *, options: RecordingOptions = PLAIN) -> None:
        """Open the file; `person`: the number of one of several people, '' of a file with one."""
        raw, said = _open(path)
        what = str(path)
        taken, bads = _played(raw, path, options, person)
        rows = _Raw(raw, taken, options.unit, what)
        marks = marks_of(raw)
        super().__init__(
            rows,
            Device("mne", f"{path.name}#{person}" if person else path.name, rows.names, rows.rate_hz),
            loop=options.loop,
            notes=(*notes_of(path.name, said, bads, marks), *rows.notes, *_held(rows, path)),
            marks=marks,
            resolution_uv=_resolution_uv(raw, rows.columns, path),
        )
        mains_hz = float(raw.info["line_freq"] or 0.0)
        self.montage = replace(self.montage, mains_hz=mains_hz if mains_hz in {50.0, 60.0} else 0.0)


def _held(rows: _Raw, path: Path) -> tuple[Note, ...]:
    """A note on held rows, if there are many.

    Raises:
        ImplantError: MNE cannot read the samples.
    """
    try:
        held = held_in(rows, rows.rate_hz, len(rows.load(0, 0).T))
    except Exception as error:  # noqa: BLE001 - MNE's readers raise anything for wrong bytes
        raise _unreadable(path, _reader_of(path), error) from None
    return check_nominal(rows.rate_hz, rows.rate_hz, held, str(path))


def sleepers(
    path: Path, options: RecordingOptions = PLAIN, person: str = ""
) -> tuple[tuple[str, tuple[Channel, ...]], ...]:
    """Each person's number, '' of the only one, and every channel for this person, in file order.

    person: one number, '' for all.

    Raises:
        ImplantError: the file cannot be read.
    """
    raw, _ = _open(path)
    numbers = (person,) if person else numbers_of(people_in(raw.ch_names, options.montage)) or ("",)
    return tuple((number, _channels(raw, path, options, number)) for number in numbers)


def _channels(raw: Any, path: Path, options: RecordingOptions, person: str) -> tuple[Channel, ...]:  # noqa: ANN401 - MNE has no types
    """Every channel with its kind and electrode."""
    bads = set(raw.info["bads"])
    kinds = dict(enumerate(_kinds(raw.ch_names, raw.get_channel_types())))
    try:
        taken, _ = _played(raw, path, options, person)
        played = dict(zip(taken.columns, taken.names, strict=True))
        kinds |= dict.fromkeys(taken.columns, "EEG") | dict.fromkeys(taken.others, OTHERS)
    except ImplantError:
        played = {}
    rate_hz = float(raw.info["sfreq"])
    return tuple(
        Channel(
            label,
            "EEG, bad" if label in bads else kinds[place],
            played.get(place, ""),
            rate_hz,
            _unit(raw, label) or "V",
        )
        for place, label in enumerate(raw.ch_names)
    )


def _open(path: Path) -> tuple[Any, tuple[str, ...]]:
    """The file, not loaded, and MNE's warnings about it.

    Raises:
        ImplantError: MNE or a package of its reader is missing, or the file cannot be read.
    """
    kind = _reader_of(path)
    if not path.exists():
        raise _missing(path)
    try:
        import mne  # noqa: PLC0415 - an optional extra, which takes a second and 100 MB
    except ImportError as error:
        raise ImplantError(f"{path} is read by MNE, which is not installed ({error}); {_INSTALL}.") from None
    packed = path.name.lower().endswith(".gz")
    if packed and path.stat().st_size > _PACKED_MAX_BYTES:
        raise ImplantError(f"{path} is packed and too large to unpack in memory; unpack it with gunzip.")
    try:
        # MNE writes its warnings to stdout as well, where `inspect --json` writes.
        with warnings.catch_warnings(record=True) as said, redirect_stdout(StringIO()), _uncollected():
            warnings.simplefilter("always")
            read: Callable[..., Any] = getattr(mne.io, f"read_raw_{kind}")
            raw = read(str(path), preload=packed, verbose="WARNING")
    except (ImportError, RuntimeError) as error:
        package = _FURTHER.get(kind, "")
        if package and package in str(error):
            raise ImplantError(
                f"{path} needs the package {package} beside MNE; install it with pip install {package}."
            ) from None
        raise _unreadable(path, kind, error) from None
    except Exception as error:  # noqa: BLE001 - MNE's readers raise anything for wrong bytes
        raise _unreadable(path, kind, error) from None
    texts = [" ".join(str(one.message).split()) for one in said if _tells(one)]
    return raw, tuple(dict.fromkeys(texts))


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without collections of garbage: they take a tenth of the time of MNE's imports, and find none."""
    collects = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collects:
            gc.enable()


def _tells(one: warnings.WarningMessage) -> bool:
    """Whether a warning is about the recording: not about a file's name, nor about a program."""
    return issubclass(one.category, RuntimeWarning) and "naming conventions" not in str(one.message)


def _missing(path: Path) -> ImplantError:
    return ImplantError(f"{path} does not exist; check the path.")


def _unreadable(path: Path, kind: str, error: Exception) -> ImplantError:
    if not path.exists():
        return _missing(path)
    if isinstance(error, FileNotFoundError):
        return ImplantError(
            f"{path} names a file that is not beside it ({_first(error)}); copy all files of the recording."
        )
    if isinstance(error, PermissionError):
        return ImplantError(f"{path} may not be read by this user; change its permissions.")
    return ImplantError(
        f"{path} cannot be read by MNE's reader {kind} ({_first(error)}); "
        "export it again, as EDF or BrainVision."
    )


def _first(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return lines[0].rstrip(".")


def _reader_of(path: Path) -> str:
    """The name of MNE's reader.

    Raises:
        ImplantError: the ending is none of those, or the file is the data of another header.
    """
    known = ending(path)
    if not known:
        raise ImplantError(f"{path} is not read by MNE here; its ending must be one of {', '.join(ENDINGS)}.")
    if known in {".eeg", ".dat"}:
        header = next(
            (path.with_suffix(end) for end in (".vhdr", ".ahdr") if path.with_suffix(end).exists()), None
        )
        if header is not None:
            raise ImplantError(
                f"{path} holds the samples of a BrainVision recording; name its header: {header}."
            )
    if known == ".cnt":
        try:
            with path.open("rb") as file:
                return "ant" if file.read(len(_ANT_MAGIC)) == _ANT_MAGIC else "cnt"
        except OSError as error:
            raise _unreadable(path, "cnt", error) from None
    return _READERS[known]


def _kinds(labels: Sequence[str], types: Sequence[str]) -> list[str]:
    """The kind of every channel by MNE's type, and by its label where MNE says EEG."""
    counted = numbered(labels)
    found = []
    for label, of_mne in zip(labels, types, strict=True):
        if of_mne != "eeg":
            known = kind_of(label)
            found.append(known if known not in {"EEG", UNNAMED, OTHER} else of_mne.upper())
        else:
            found.append(UNNAMED if counted and contact(label) else kind_of(label))
    return found


def _unit(raw: Any, label: str) -> str:  # noqa: ANN401 - MNE has no types
    """The unit of a channel in the file; '' if MNE tells none."""
    return str((getattr(raw, "_orig_units", None) or {}).get(label) or "")


def _strange(raw: Any, label: str, of_mne: str) -> bool:  # noqa: ANN401 - MNE has no types
    """Whether a channel is an electrode in a unit that MNE does not know."""
    unit = _unit(raw, label)
    return of_mne == "misc" and bool(unit and electrode(label, unit)) and not microvolts_per(unit)


def _uv_per_v(raw: Any, taken: Taken, what: str) -> Doubles:  # noqa: ANN401 - MNE has no types
    """Microvolts of what MNE gives as one volt, float64[channels].

    It takes the numbers of EEGLAB for microvolts, and those in a unit that it does not know for volts.
    """
    if ending(Path(what)) == _WITHOUT_UNIT:
        return _UV_PER_V * taken.uv_per
    types = raw.get_channel_types()
    strange = [_strange(raw, raw.ch_names[place], types[place]) for place in taken.columns]
    return np.where(strange, taken.uv_per, _UV_PER_V)


def _played(raw: Any, path: Path, options: RecordingOptions, person: str) -> tuple[Taken, tuple[str, ...]]:  # noqa: ANN401 - MNE has no types
    """The channels that play, by their places in the file, and the labels of the bad ones left out.

    Raises:
        ImplantError: no channel is EEG, or every one is bad.
    """
    what = str(path)
    types = raw.get_channel_types()
    tagged = {place for one in people_in(raw.ch_names, options.montage).people for place in one.electrodes}
    eeg = [
        place
        for place, (kind, of_mne) in enumerate(zip(_kinds(raw.ch_names, types), types, strict=True))
        if (
            (of_mne == "eeg" and (kind in {"EEG", UNNAMED, OTHER} or place in tagged))
            or _strange(raw, raw.ch_names[place], of_mne)
        )
        and raw.ch_names[place] not in options.left_out
    ]
    if not eeg:
        labels = ", ".join(raw.ch_names[:_SHOWN])
        raise ImplantError(f"{what} has no EEG channel (its labels: {labels}); choose another recording.")
    told = tuple(raw.ch_names[place] for place in eeg)
    usual = "" if ending(path) == _WITHOUT_UNIT else "V"
    units = tuple(options.units.get(label) or _unit(raw, label) or usual for label in told)
    taken = take(Described(told, ("EEG",) * len(eeg), units), options.montage, what, options.unit, person)
    bads = tuple(label for label in raw.ch_names if label in set(raw.info["bads"]))
    good = [n for n, column in enumerate(taken.columns) if told[column] not in bads]
    if not good:
        raise ImplantError(
            f"{what} marks every EEG channel as bad ({', '.join(bads[:_SHOWN])}); correct its list."
        )
    return replace(
        taken,
        names=tuple(taken.names[n] for n in good),
        labels=tuple(taken.labels[n] for n in good),
        columns=tuple(eeg[taken.columns[n]] for n in good),
        others=tuple(eeg[column] for column in taken.others),
        units=tuple(taken.units[n] for n in good),
    ), bads


def _resolution_uv(raw: Any, columns: Sequence[int], path: Path) -> tuple[float, ...]:  # noqa: ANN401 - MNE has no types
    """Microvolts of one step of every channel, where the file holds whole numbers; () if unknown."""
    if ending(path) != ".vhdr" or raw.orig_format != "short":
        return ()
    described = [raw.info["chs"][column] for column in columns]
    return tuple(_UV_PER_V * float(one["cal"]) * float(one["range"]) for one in described)
