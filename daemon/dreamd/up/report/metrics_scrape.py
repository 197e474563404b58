"""The daemon's counters, read from `/metrics` as any Prometheus would.

A daemon that is killed takes its counters with it, so each incarnation's last reading is kept and all are
summed; counts after the last reading, at most a second, are lost and not guessed.
"""

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

READ_WITHIN_S: Final = 2.0
PAGE_MAX_BYTES: Final = 4 << 20
TICKS: Final = "dreamd_tick_seconds_count"
SKIPPED: Final = "dreamd_ticks_skipped"
ACCEPTED: Final = "dreamd_frames_accepted"

_SAMPLE: Final = re.compile(r"(?P<name>[a-zA-Z_:][\w:]*)(\{(?P<labels>.*)\})? (?P<value>\S+)")
_REASON: Final = re.compile(r'reason="(?P<reason>[^"]*)"')


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts of one daemon, or of several added up."""

    ticks: int = 0
    ticks_skipped: int = 0
    frames_accepted: int = 0
    frames_refused: dict[str, int] = field(default_factory=dict)

    def __add__(self, other: "Totals") -> "Totals":
        """Both counted together."""
        reasons = self.frames_refused.keys() | other.frames_refused.keys()
        return Totals(
            self.ticks + other.ticks,
            self.ticks_skipped + other.ticks_skipped,
            self.frames_accepted + other.frames_accepted,
            {r: self.frames_refused.get(r, 0) + other.frames_refused.get(r, 0) for r in reasons},
        )


def _samples(page: str) -> Iterator[tuple[str, str, float]]:
    for line in page.splitlines():
        found = None if line.startswith("#") else _SAMPLE.fullmatch(line.strip())
        if found is not None:
            yield found["name"], found["labels"] or "", float(found["value"])


def totals(page: str) -> Totals:
    """The counts on one page in Prometheus' text format; an absent count is zero."""
    plain = dict.fromkeys((TICKS, SKIPPED, ACCEPTED), 0)
    refused: dict[str, int] = {}
    for name, labels, value in _samples(page):
        stem = name.removesuffix("_total")
        reason = _REASON.search(labels)
        if stem in plain:
            plain[stem] += int(value)
        elif stem == "dreamd_frames_refused" and reason is not None and value > 0:
            refused[reason["reason"]] = refused.get(reason["reason"], 0) + int(value)
    return Totals(plain[TICKS], plain[SKIPPED], plain[ACCEPTED], refused)


@dataclass
class Counters:
    """The last reading of each incarnation of the daemon."""

    readings: dict[int, Totals] = field(default_factory=dict)

    def add_page(self, incarnation: int, page: str) -> None:
        """Keep this page as the newest of that incarnation."""
        self.readings[incarnation] = totals(page)

    @property
    def sum(self) -> Totals:
        """All incarnations together."""
        together = Totals()
        for reading in self.readings.values():
            together += reading
        return together


async def fetch(port: int, path: str = "/metrics") -> str | None:
    """The page at http://127.0.0.1:PORT/PATH, or None where nothing answers within two seconds."""
    try:
        async with asyncio.timeout(READ_WITHIN_S):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(f"GET {path} HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
                answer = await reader.read(-1)
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return None
    head, _, body = answer[:PAGE_MAX_BYTES].partition(b"\r\n\r\n")
    return body.decode(errors="replace") if b" 200 " in head.split(b"\r\n", 1)[0] + b" " else None
