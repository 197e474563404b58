"""The list of channels, `*_channels.tsv`: type, unit, status and rate of each.

Rules
- Rows belong to channels by their order where all names agree, else by name, else by the electrode that both
  names mean. A name that stands twice belongs to no channel.
- Of EEG is a channel of type EEG. Where the type is n/a or no word of BIDS, the label decides.
- A channel of status bad is left out. A status of another word than good or bad does not count.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dreamedge.adapters.implants.files.bids.sidecar_files import Faults, Row, read_table
from dreamedge.adapters.implants.files.replay import UV_PER
from dreamedge.adapters.implants.ten_twenty import electrode

EEG: Final = "EEG"
_TYPES: Final = frozenset(
    (
        *("ACCEL", "ADC", "ANGACC", "AUDIO", "DAC", "DBS", "ECG", "ECOG", EEG, "EMG", "EOG", "EYEGAZE"),
        *("FITERR", "GSR", "GYRO", "HEOG", "HLU", "JNTANG", "LATENCY", "MAGN", "MISC", "ORNT", "OTHER"),
        *("MEGGRADAXIAL", "MEGGRADPLANAR", "MEGMAG", "MEGOTHER", "MEGREFGRADAXIAL", "MEGREFGRADPLANAR"),
        *("MEGREFMAG", "POS", "PPG", "PUPIL", "REF", "RESP", "SEEG", "STIM", "SYSCLOCK", "TEMP", "TRIG"),
        *("VEL", "VEOG"),
    )
)
_USUAL: Final = ("type", "units")
_NO_CHANNELS: Final = frozenset({"EDF Annotations", "BDF Annotations"})
_PREFIXED: Final = re.compile(r"^(nano|micro|milli)v$")
_SHOWN: Final = 8


@dataclass(frozen=True, slots=True)
class Listed:
    """A channel as the list states it; '' and 0 where it states nothing. why: the reason of a bad one."""

    line: int
    name: str
    kind: str = ""
    unit: str = ""
    bad: bool = False
    why: str = ""
    rate_hz: float = 0.0

    @property
    def eeg(self) -> bool:
        """Whether the list does not exclude it from the EEG."""
        return self.kind in {"", EEG}

    @property
    def silent(self) -> bool:
        """Whether the list keeps it from playing."""
        return self.bad or not self.eeg


def uv_per(unit: str) -> float:
    """Microvolts per unit in any usual spelling, `microV` too; 0 if it is no voltage."""
    plain = _PREFIXED.sub(r"\1volt", unit.lower().replace(" ", ""))
    return UV_PER.get(plain, 0.0)


def read_channels(path: Path, faults: Faults) -> tuple[Listed, ...]:
    """The list's channels in order; () if it cannot be read."""
    table = read_table(path, "name", _USUAL, faults)
    if table is None:
        return ()
    return tuple(
        Listed(
            row.line,
            row.text("name"),
            _kind(path, row, faults),
            _unit(path, row, faults),
            _bad(path, row, faults),
            row.text("status_description"),
            _rate_hz(path, row, faults),
        )
        for row in table.rows
    )


def by_channel(
    path: Path, listed: Sequence[Listed], labels: Sequence[str], faults: Faults
) -> tuple[Listed | None, ...]:
    """The row of each of the file's channels, in the file's order; None for a channel without one."""
    if [one.name for one in listed] == list(labels):
        return tuple(listed)
    found = _by_names(path, listed, labels, faults)
    used = {one.line for one in found if one is not None}
    unknown = [one for one in listed if one.line not in used and one.name not in _NO_CHANNELS]
    if unknown:
        names = ", ".join(one.name or "n/a" for one in unknown[:_SHOWN]) + ", ..." * (len(unknown) > _SHOWN)
        faults.report(
            path, f"the file has {len(labels)} channels, none of them {names}", unknown[0].line, "name"
        )
    missing = [label for label, one in zip(labels, found, strict=True) if one is None]
    if missing:
        names = ", ".join(missing[:_SHOWN]) + ", ..." * (len(missing) > _SHOWN)
        faults.report(path, f"{len(missing)} of the file's {len(labels)} channels are not listed ({names})")
    return found


def _by_names(
    path: Path, listed: Sequence[Listed], labels: Sequence[str], faults: Faults
) -> tuple[Listed | None, ...]:
    times = Counter(one.name for one in listed)
    for one in listed:
        if times[one.name] > 1:
            faults.report(path, f"the name {one.name!r} stands {times[one.name]} times", one.line, "name")
    single = [one for one in listed if times[one.name] == 1]
    own = Counter(labels)
    by_name = {one.name: one for one in single if own[one.name] <= 1}
    sites = Counter(electrode(label) for label in labels)
    of_list = Counter(electrode(one.name) for one in single)
    by_site = {
        site: one
        for one in single
        if (site := electrode(one.name)) and sites[site] == 1 and of_list[site] == 1 and not own[one.name]
    }
    return tuple(by_name.get(label) or by_site.get(electrode(label) or "") for label in labels)


def _kind(path: Path, row: Row, faults: Faults) -> str:
    told = row.text("type")
    if told and told.upper() not in _TYPES:
        faults.report(path, f"{told!r} is no type of channel in BIDS; the label decides", row.line, "type")
        return ""
    return told.upper()


def _unit(path: Path, row: Row, faults: Faults) -> str:
    told = row.text("units")
    if told and row.text("type").upper() == EEG and not uv_per(told):
        faults.report(
            path,
            f"{told!r} is no unit of EEG; it must be V, mV, uV or nV, and does not count",
            row.line,
            "units",
        )
        return ""
    return told


def _bad(path: Path, row: Row, faults: Faults) -> bool:
    told = row.text("status").lower()
    if told not in {"", "good", "bad"}:
        faults.report(path, f"{told!r} is neither good nor bad; the channel plays", row.line, "status")
    return told == "bad"


def _rate_hz(path: Path, row: Row, faults: Faults) -> float:
    told = row.text("sampling_frequency")
    try:
        rate_hz = float(told or "0")
    except ValueError:
        rate_hz = float("nan")
    if 0 <= rate_hz < float("inf"):
        return rate_hz
    faults.report(path, f"{told!r} is no rate in Hz", row.line, "sampling_frequency")
    return 0.0
