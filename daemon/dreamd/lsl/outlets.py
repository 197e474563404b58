"""The outlets of one Dreamscape in liblsl: opened once, fed with explicit stamps, closed at the end.

A push only puts the sample into liblsl's buffers; a slow receiver loses its own samples and holds nobody up.
"""

import os
import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final, Protocol

import pylsl

from dreamd.core.group_streams import Element, Layout, Streams
from dreamd.lsl.failures import CannotRun

LOOK_S: Final = 1.0
"""Every sender on the network answers well within this."""
LINGER_S: Final = 0.3
"""Receivers get the last samples within this; an outlet that closes at once takes them along."""
_CONFIGS: Final = ("lsl_api.cfg", "~/lsl_api/lsl_api.cfg", "/etc/lsl_api/lsl_api.cfg")
_QUIET: Final = "[log]\nlevel = -3\n"


def hush() -> None:
    """Silence liblsl's own log on the terminal, unless this machine configures it. Call it first."""
    configured = os.environ.get("LSLAPICFG") or any(Path(path).expanduser().exists() for path in _CONFIGS)
    if not configured:
        pylsl.set_config_content(_QUIET)


def local_clock() -> float:
    """LSL's clock on this machine, s."""
    return float(pylsl.local_clock())


class Outlets:
    """The three outlets of one Dreamscape."""

    def __init__(self, streams: Streams, uncertainty_s: float) -> None:
        """Open them. uncertainty_s: of the stamps, as measured at the beginning.

        Raises:
            CannotRun: the streams of this Dreamscape are on the network already.
        """
        self._refuse_second(streams)
        self._outlets = {
            layout.name: pylsl.StreamOutlet(announcement(streams, layout, uncertainty_s))
            for layout in streams.all
        }

    def push_row(self, stream: str, numbers: Sequence[float], stamp_s: float) -> None:
        """Send one row. stamp_s: on this machine's LSL clock."""
        self._outlets[stream].push_sample(list(numbers), stamp_s)

    def push_text(self, stream: str, text: str, stamp_s: float) -> None:
        """Send one marker."""
        self._outlets[stream].push_sample([text], stamp_s)

    def close(self) -> None:
        """Let receivers take what was sent, then close; safe to call twice."""
        if any(outlet.have_consumers() for outlet in self._outlets.values()):
            time.sleep(LINGER_S)
        self._outlets.clear()

    @staticmethod
    def _refuse_second(streams: Streams) -> None:
        wanted = streams.source_id(streams.collective)
        found = pylsl.resolve_bypred(f"source_id='{wanted}'", minimum=1, timeout=LOOK_S)
        if found:
            raise CannotRun(
                f"{streams.collective.name} of {streams.dreamscape} is sent by {found[0].hostname()} "
                "already; end that dreamd lsl first, or record its streams"
            )


def announcement(streams: Streams, layout: Layout, uncertainty_s: float) -> pylsl.StreamInfo:
    """The announcement of one stream with its whole description."""
    format_ = pylsl.cf_string if layout.text else pylsl.cf_double64
    info = pylsl.StreamInfo(
        layout.name, layout.kind, len(layout.channels), layout.rate_hz, format_, streams.source_id(layout)
    )
    described = streams.description(
        layout,
        version("dreamd"),
        time_source="session clock of the daemon, by round trips",
        uncertainty_s=f"{uncertainty_s:.6f}",
    )
    _append(info.desc(), described)
    return info


class _Node(Protocol):
    """An element of liblsl's description."""

    def append_child(self, name: str) -> "_Node": ...

    def append_child_value(self, name: str, value: str) -> object: ...


def _append(parent: _Node, elements: tuple[Element, ...]) -> None:
    for name, content in elements:
        if isinstance(content, str):
            parent.append_child_value(name, content)
        else:
            _append(parent.append_child(name), content)
