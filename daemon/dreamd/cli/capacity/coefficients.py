"""The costs that the model of capacity multiplies: shipped ones, or this machine's, kept in a file.

A file of this machine's costs is a cache: `dreamd capacity --measure` writes it anew, and one that cannot be
read as such is an error that names it, never a silent return to the shipped costs.
"""

import json
import math
import os
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Final

FILE: Final = "capacity.json"


class CoefficientsError(Exception):
    """A file of costs cannot be used; the message names it and the next step."""


@dataclass(frozen=True, slots=True)
class Coefficients:
    """Costs. Those in us are time of one core.

    message_us: a message with frames, without what each frame in it costs; frame_us: that. status_us,
    probe_us: a status; a clock probe with its answer. tick_us: a Dreamscape's tick without what each sleeper
    adds; tick_sleeper_us, tick_further_us: that, of the first 256 and of the others. broadcast_us: a
    Collective, encrypted and signed. broker_message_us, broker_delivery_us: at the broker, a message in and
    out, a further delivery. frame_bytes, status_bytes, probe_bytes: a message of that kind on the wire, of
    one pod. broadcast_bytes, slot_bytes: a Collective on the wire, and what each slot adds to it. pod_bytes:
    memory of the daemon for a pod.
    """

    message_us: float
    frame_us: float
    status_us: float
    probe_us: float
    tick_us: float
    tick_sleeper_us: float
    tick_further_us: float
    broadcast_us: float
    broker_message_us: float
    broker_delivery_us: float
    frame_bytes: float
    status_bytes: float
    probe_bytes: float
    broadcast_bytes: float
    slot_bytes: float
    pod_bytes: float


SHIPPED: Final = Coefficients(
    message_us=7.0,
    frame_us=5.0,
    status_us=60.0,
    probe_us=30.0,
    tick_us=1500.0,
    tick_sleeper_us=10.0,
    tick_further_us=1.5,
    broadcast_us=80.0,
    broker_message_us=11.0,
    broker_delivery_us=8.5,
    frame_bytes=320.0,
    status_bytes=450.0,
    probe_bytes=100.0,
    broadcast_bytes=700.0,
    slot_bytes=2.0,
    pod_bytes=36_000.0,
)
"""Of a shared core of the year 2026, rounded up; those of the broker by `make bench ARGS=fleet`."""


def cache_file() -> Path:
    """Return where this machine's costs are kept, by $XDG_CACHE_HOME."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "dreamd" / FILE


def load(path: Path) -> Coefficients:
    """Read costs.

    Raises:
        CoefficientsError: the file cannot be read, or has not exactly the costs, each a number above zero.
    """
    again = "measure again with dreamd capacity --measure, or delete it"
    try:
        found = json.loads(path.read_bytes())
    except OSError as error:
        raise CoefficientsError(f"{path} cannot be read ({error.strerror})") from error
    except ValueError as error:
        raise CoefficientsError(f"{path} is not JSON; {again}") from error
    names = {field.name for field in fields(Coefficients)}
    if not isinstance(found, dict) or set(found) != names:
        odd = sorted(names.symmetric_difference(found)) if isinstance(found, dict) else sorted(names)
        raise CoefficientsError(f"{path} has not the costs of this version ({', '.join(odd)}); {again}")
    for name, value in found.items():
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not (number and math.isfinite(value) and value > 0.0):
            raise CoefficientsError(f"{path}: {name} is {value!r}, expected a number above 0; {again}")
    return Coefficients(**{name: float(value) for name, value in found.items()})


def save(path: Path, measured: Coefficients) -> None:
    """Write costs.

    Raises:
        CoefficientsError: the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(measured), indent=2) + "\n")
    except OSError as error:
        raise CoefficientsError(f"{path} cannot be written ({error.strerror})") from error
