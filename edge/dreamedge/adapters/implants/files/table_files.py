"""Tables of samples in files: NumPy's NPZ and Weka's ARFF.

NPZ: `data_uV` (or `data_mV`, `data_V`), channels x samples or samples x channels, distinguished by
`ch_names`; `fs` in Hz; optionally `sample_index`, the device's own counter, `times` and `full_scale_uv`.
Pickled objects are refused, because unpickling can run arbitrary code.

ARFF: one row per sample, a numeric attribute per channel, optionally one of times. It names neither rate nor
unit: without times the rate has to be given, and the unit is taken for uV.

An array or attribute is one of times by its name: `time`, `times`, `t`, `timestamps` and the like, also with
a unit, such as `time_ms`.
"""

import lzma
import re
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from dreamedge.adapters.implants.files.replay import UV_PER
from dreamedge.adapters.implants.unreadable_file import opening
from dreamedge.ports.implant import ImplantError

Array = NDArray[Any]

_NPZ_MAGIC: Final = b"PK"
_DATA: Final = "data_"
_WANTED: Final = (
    "save data_uV (channels x samples, microvolts), fs (Hz) and ch_names with numpy.savez, "
    "one continuous recording a file"
)
_EPOCHED: Final = 3
_ATTRIBUTE: Final = re.compile(r"@attribute\s+('[^']*'|\"[^\"]*\"|\S+)\s+(.+)", re.IGNORECASE)
_BEGUN: Final = re.compile(r"(^\s*@data[^\n]*\n?)", re.IGNORECASE | re.MULTILINE)
_UNREADABLE: Final = (
    *(ValueError, TypeError, KeyError, EOFError, OverflowError, MemoryError, RuntimeError, SyntaxError),
    *(tokenize.TokenError, struct.error, zipfile.BadZipFile, zlib.error, lzma.LZMAError),
)
"""Errors of numpy and zipfile for a file with wrong bytes: numpy parses headers as Python text."""
_UNPACKED_FREE_BYTES: Final = 256 << 20
_UNPACKED_RATIO_MAX: Final = 100
"""The largest unpacked size above `_UNPACKED_FREE_BYTES`, as a multiple of the file's size. EEG is noise and
packs 2 to 5 times."""
_TIMES: Final = re.compile(
    r"(?:(?:unix|lsl|system|sample|utc)[ _]?)?(?:t|times?|time[ _]?stamps?)"
    r"(?:[ _(\[]+(?:s|ms|us|µs|ns|m?secs?|(?:milli|micro|nano)?seconds?)[)\]]*)?",
    re.IGNORECASE,
)
_NUMERIC: Final = frozenset({"numeric", "real", "integer"})


@dataclass(frozen=True, slots=True)
class Table:
    """The contents of a file.

    kind: npz or arff. labels: one per column of `samples`, '' where unnamed. left_out: labels of columns
    without numbers. unit: of the samples. rate_hz: 0 if the file has none. samples: [n, channels], any real
    type. counter: the device's own, integers [n], or None. full_scale_uv: 0 if unknown. times: numbers [n] in
    any unit, or None; times_named: their name in the file.
    """

    kind: str
    labels: tuple[str, ...]
    left_out: tuple[str, ...]
    unit: str
    rate_hz: float
    samples: Array
    counter: Array | None = None
    full_scale_uv: float = 0.0
    times: Array | None = None
    times_named: str = ""


def read_table(path: Path) -> Table:
    """Read a file of either kind; its first bytes show which.

    Raises:
        ImplantError: the file cannot be read, or holds no continuous recording.
    """
    with opening(path):
        with path.open("rb") as file:
            npz = file.read(len(_NPZ_MAGIC)) == _NPZ_MAGIC
        return _npz(path) if npz else _arff(path)


def _npz(path: Path) -> Table:
    try:
        _check_unpacked(path)
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: np.asarray(file[name]) for name in file.files}
    except _UNREADABLE as error:
        raise ImplantError(f"{path} is not a readable NPZ file ({error}); {_WANTED}.") from None
    rate_hz = _scalar(arrays, "fs", path)
    found = [name for name in arrays if name.startswith(_DATA) and name[len(_DATA) :].lower() in UV_PER]
    epoched = [array for array in arrays.values() if array.ndim == _EPOCHED]
    if epoched:
        people = "1 person" if len(epoched) == 1 else f"{len(epoched)} people"
        length = f" of {epoched[0].shape[-1] / rate_hz:.1f} s" if rate_hz else ""
        raise ImplantError(
            f"{path} holds {len(epoched[0])} epochs{length} of {people} and no continuous recording; "
            "choose the recording they were cut from."
        )
    if len(found) != 1 or arrays[found[0]].ndim != 2 or arrays[found[0]].dtype.kind not in "fiu":  # noqa: PLR2004 - channels and samples
        keys = ", ".join(arrays) or "none"
        raise ImplantError(f"{path} has no table of samples by its keys ({keys}); {_WANTED}.")
    data, names = arrays[found[0]], arrays.get("ch_names")
    labels = tuple(str(name) for name in names.reshape(-1)) if names is not None else ("",) * min(data.shape)
    if len(labels) not in data.shape:
        raise ImplantError(
            f"{path} names {len(labels)} channels and its {found[0]} is {data.shape[0]} x {data.shape[1]}; "
            "correct its ch_names."
        )
    samples = data.T if data.shape[0] == len(labels) else data
    counter = arrays.get("sample_index")
    if counter is not None and (counter.shape != (len(samples),) or counter.dtype.kind not in "iu"):
        raise ImplantError(f"{path} has a sample_index that is not one whole number a sample; correct it.")
    full_scale_uv = _scalar(arrays, "full_scale_uv", path)
    unit = found[0][len(_DATA) :]
    named = next((name for name, array in arrays.items() if _are_times(name, array, len(samples))), "")
    times = arrays[named] if named else None
    return Table("npz", labels, (), unit, rate_hz, samples, counter, full_scale_uv, times, named)


def _are_times(name: str, array: Array, samples: int) -> bool:
    return bool(_TIMES.fullmatch(name)) and array.shape == (samples,) and array.dtype.kind in "fiu"


def _check_unpacked(path: Path) -> None:
    """Refuse an archive that unpacks to far more than a recording can.

    Raises:
        ImplantError: the unpacked size is above the limit.
    """
    packed = path.stat().st_size
    with zipfile.ZipFile(path) as archive:
        unpacked = sum(member.file_size for member in archive.infolist())
    ok = unpacked <= max(_UNPACKED_FREE_BYTES, packed * _UNPACKED_RATIO_MAX)
    if not ok:
        raise ImplantError(
            f"{path} has {packed / 1e6:.1f} MB and unpacks to {unpacked / 1e6:.0f} MB, "
            f"which no recording does; {_WANTED}."
        )


def _scalar(arrays: Mapping[str, Array], name: str, path: Path) -> float:
    """The positive number of that name; 0 if there is none."""
    if name not in arrays:
        return 0.0
    found = arrays[name]
    ok = found.size == 1 and found.dtype.kind in "fiu" and 0 < float(found.reshape(-1)[0]) < float("inf")
    if not ok:
        raise ImplantError(f"{path} has a {name} that is not one number above 0; correct it.")
    return float(found.reshape(-1)[0])


def _arff(path: Path) -> Table:
    text = path.read_text(encoding="utf-8", errors="replace")
    header, begun, body = (*re.split(_BEGUN, text, maxsplit=1), "", "")[:3]
    attributes = [found for line in header.splitlines() if (found := _ATTRIBUTE.match(line.strip()))]
    if not begun or not attributes:
        raise ImplantError(f"{path} is not an ARFF table (no @attribute or no @data); export it again.")
    names = [found[1].strip("'\"") for found in attributes]
    columns = [n for n, found in enumerate(attributes) if found[2].strip().lower() in _NUMERIC]
    rows = [line for line in body.splitlines() if line.strip() and not line.lstrip().startswith("%")]
    if not columns or not rows:
        raise ImplantError(f"{path} has no numeric attribute or no rows; choose another table.")
    if rows[0].lstrip().startswith("{"):
        raise ImplantError(f"{path} is a sparse ARFF table; export it with every value of every row.")
    lines = (line.replace("?", "nan") for line in rows)
    try:
        samples = np.loadtxt(lines, delimiter=",", usecols=columns, ndmin=2)
    except (ValueError, IndexError) as error:
        raise ImplantError(f"{path} has a row that cannot be read ({error}); correct it.") from None
    left_out = tuple(name for n, name in enumerate(names) if n not in columns)
    labels = tuple(names[n] for n in columns)
    named = next((label for label in labels if _TIMES.fullmatch(label)), "")
    times = samples[:, labels.index(named)] if named else None
    return Table("arff", labels, left_out, "uV", 0.0, samples, times=times, times_named=named)
