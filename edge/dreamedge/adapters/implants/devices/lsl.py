"""Lab Streaming Layer, live: `lsl:NAME`, or `lsl:KEY=VALUE,...` by name, type, source_id and hostname.

Several people of one stream, told apart by its labels, are `lsl:NAME#1`, `lsl:NAME#2` and so on.

NAME is a stream's full name, or the beginning of exactly one name among the streams of type EEG, ExG or
signal. Electrodes, types and units come from the stream's description, by the same rules as in an XDF file
(`files.stream_channels`). A stream `<name>: HSI` beside `<name>: EEG` carries that headset's contact.

Rules
- The search is bounded. If nothing matches, the error lists the streams on the network. If two match, neither
  is taken: a bed must not read its neighbour.
- Stamps are the sender's; the measured offset converts them to this machine's clock. The measurement blocks,
  on this device's own thread.
- A stream that is lost, or silent for 5 s, counts as silence. It is searched for until it returns unchanged;
  without a source_id it must be on the same machine. liblsl could reconnect by itself but would not check
  that the channels are still the same.
- Contact that was reported once and is silent for 5 s counts as no contact.
- Text streams and streams without a rate are not signals.
"""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import pylsl

from dreamedge.adapters.clock import boottime_ns
from dreamedge.adapters.implants.devices.live import BUFFER_S, Batch, Doubles, LiveImplant, Opened
from dreamedge.adapters.implants.files.channel_soundness import LiveUnits
from dreamedge.adapters.implants.files.replay import RATE_LIMITS_HZ
from dreamedge.adapters.implants.files.stream_channels import Described, contact_of_hsi, take
from dreamedge.core.signal.blocks import Montage
from dreamedge.ports.implant import ImplantError
from dreamwire.messages import CalibrationSource, Device

_KEYS: Final = ("name", "type", "source_id", "hostname")
_FIND_WITHIN_S: Final = 5.0
_LOOK_S: Final = 1.0
"""All streams that match a query answer well within this."""
_ALL: Final = 1000
_LEAST_ROOM: Final = 100
_ANSWER_WITHIN_S: Final = 3.0
_OPEN_WITHIN_S: Final = _FIND_WITHIN_S + 2 * _LOOK_S + 6 * _ANSWER_WITHIN_S
_CLOCK_EVERY_NS: Final = 5_000_000_000
_BRIEFLY_S: Final = 0.5
_SILENT_NS: Final = 5_000_000_000
_MAKER: Final = ("manufacturer", "device", "model")
_CONFIGS: Final = ("lsl_api.cfg", "~/lsl_api/lsl_api.cfg", "/etc/lsl_api/lsl_api.cfg")
_QUIET: Final = "[log]\nlevel = -3\n"
_Failure = RuntimeError
"""The class of all of pylsl's errors."""


class LslImplant(LiveImplant):
    """One EEG stream."""

    def __init__(self, text: str, *, montage: tuple[str, ...] = (), unit: str = "") -> None:
        """Open the stream named after `lsl:`.

        montage: the electrodes of a stream that names none. unit: of channels with a blank or unknown unit.

        Raises:
            ImplantError: the stream does not exist or cannot be used.
        """
        wanted = parse(text)
        hush()
        hint = "check the network between this machine and the sender"
        super().__init__(StreamFeed(wanted, montage, unit), wanted.title, _OPEN_WITHIN_S, hint)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The wanted stream, as written and as XPath; `name` is '' if it is selected by properties.

    person: the number of one of several people, '' of a stream with one.
    """

    text: str
    query: str
    name: str = ""
    person: str = ""

    @property
    def title(self) -> str:
        """The spec as a person writes it."""
        return f"lsl:{self.text}"


def parse(text: str) -> Wanted:
    """Parse the text after `lsl:`.

    Raises:
        ImplantError: the text is empty or uses an unknown property.
    """
    stream, sign, number = text.rpartition("#")
    if sign and number.isdecimal():
        return replace(parse(stream), person=number)
    if "=" not in text:
        if not text.strip():
            raise ImplantError("lsl: names no stream; write lsl:NAME or lsl:type=EEG,hostname=HOST.")
        name = text.strip()
        return Wanted(text, f"starts-with(name,{_quoted(name)})", name)
    properties = {}
    for pair in text.split(","):
        key, _, value = (part.strip() for part in pair.partition("="))
        if key not in _KEYS or not value:
            raise ImplantError(
                f"lsl:{text} asks for {pair!r}; write KEY=VALUE with one of {', '.join(_KEYS)}."
            )
        properties[key] = value
    return Wanted(text, _all_of(properties))


class StreamFeed:
    """A stream, and the contact stream beside it, as a driver."""

    def __init__(self, wanted: Wanted, montage: tuple[str, ...], unit: str) -> None:
        self._wanted = wanted
        self._montage = montage
        self._unit = unit
        self._ear: _Ear | None = None
        self._hsi: _Ear | None = None
        self._contact: Doubles | None = None
        self._contact_ns = 0

    def open(self) -> Opened:
        """Find the stream and subscribe."""
        what = self._wanted.title
        info, person = _find(self._wanted)
        name, rate_hz = str(info.name()), _rate_hz(info, what)
        ear = self._ear = _ear(info, what, stamped=True)
        taken = self._taken = take(ear.described, self._montage, what, self._unit, person)
        self._hsi = _headset(name, what)
        shown = f"{name}#{person}" if person else name
        device = Device("lsl", " ".join([*ear.makers, shown]), taken.names, rate_hz)
        self._units = LiveUnits(rate_hz, taken.labels, taken.units, self._unit, what)
        return Opened(Montage(taken.names, rate_hz), device, CalibrationSource.LIVE, taken.notes)

    def take(self) -> list[Batch]:
        """The samples since the last call.

        Raises:
            ImplantError: `unit`, the first seconds contradict the unit that the stream names.
        """
        if self._ear is None:
            return []
        samples, last_ns = self._ear.take()
        contact = self._contact_now()
        if not len(samples):
            return []
        uv = self._units.corrected(samples[:, list(self._taken.columns)] * self._taken.uv_per)
        return [Batch(uv, last_ns, contact=contact)]

    def close(self) -> None:
        """Unsubscribe."""
        self._ear = self._hsi = None

    def _contact_now(self) -> Doubles | None:
        """The electrodes' last reported contact; zeros once the reports have stopped."""
        if self._ear is None or self._hsi is None:
            return None
        said, _ = self._hsi.take()
        now_ns = boottime_ns()
        if len(said):
            self._contact = contact_of_hsi(said[-1], len(self._ear.described.labels))
            self._contact_ns = now_ns
        if self._contact is None or now_ns - self._contact_ns > _SILENT_NS:
            return np.zeros(len(self._taken.columns))
        return self._contact[list(self._taken.columns)]


class _Ear:
    """A subscription to one stream, which searches for the stream again if it is lost."""

    def __init__(self, info: pylsl.StreamInfo, *, stamped: bool) -> None:
        """Connect. `stamped`: whether its stamps are used.

        Raises pylsl's error if the sender does not answer.
        """
        self._stamped = stamped
        self._within_s = _ANSWER_WITHIN_S if stamped else _BRIEFLY_S
        self._clock_s = 0.0
        self._clock_ns = 0
        self._heard_ns = 0
        self._lookout: pylsl.ContinuousResolver | None = None
        self._rate_hz = float(info.nominal_srate())
        self._room = max(_LEAST_ROOM, round(BUFFER_S * self._rate_hz))
        of_whom = (
            {"source_id": str(info.source_id())} if info.source_id() else {"hostname": str(info.hostname())}
        )
        self._same = _all_of({"name": str(info.name()), "type": str(info.type()), **of_whom})
        self._inlet = self._listen(info)
        self.described, self.makers = self._described(info)

    def take(self) -> tuple[Doubles, int]:
        """Samples float64[n, channels] in the stream's unit, and the stamp of the last, CLOCK_BOOTTIME ns."""
        none = np.zeros((0, len(self.described.labels))), 0
        if self._inlet is None:
            self._look_again()
            return none
        try:
            samples, stamps_s = self._inlet.pull_chunk(0.0, max_samples=self._room, as_numpy=True)
        except _Failure:
            self._inlet = None
            return none
        now_ns = boottime_ns()
        if not len(stamps_s):
            if now_ns - self._heard_ns > _SILENT_NS:
                self._inlet = None
            return none
        self._heard_ns = now_ns
        self._ask_clock()
        offset_ns = boottime_ns() - round(pylsl.local_clock() * 1e9)
        last_ns = round((float(stamps_s[-1]) + self._clock_s) * 1e9) + offset_ns
        return np.asarray(samples, dtype=np.float64), last_ns

    def _listen(self, info: pylsl.StreamInfo) -> pylsl.StreamInlet:
        inlet = pylsl.StreamInlet(info, max_buflen=BUFFER_S, recover=False)
        inlet.open_stream(self._within_s)
        self._heard_ns = boottime_ns()
        if self._stamped:
            self._clock_s = inlet.time_correction(self._within_s)
            self._clock_ns = boottime_ns()
        return inlet

    def _described(self, info: pylsl.StreamInfo) -> tuple[Described, list[str]]:
        full = self._inlet.info(self._within_s)
        count = int(info.channel_count())
        desc = full.desc()
        makers = [text for text in (str(desc.child_value(key)).strip() for key in _MAKER) if text]
        return (
            Described(
                _texts(full.get_channel_labels(), count),
                _texts(full.get_channel_types(), count),
                _texts(full.get_channel_units(), count),
                muse=any("muse" in text.lower() for text in (str(info.name()), *makers)),
            ),
            makers,
        )

    def _ask_clock(self) -> None:
        if not self._stamped or boottime_ns() - self._clock_ns < _CLOCK_EVERY_NS:
            return
        self._clock_ns = boottime_ns()
        try:
            self._clock_s = self._inlet.time_correction(_BRIEFLY_S)
        except _Failure:
            return

    def _look_again(self) -> None:
        """Reconnect to the same stream with the same channels if it is back; never waits for it."""
        if self._lookout is None:
            self._lookout = pylsl.ContinuousResolver(pred=self._same)
        found = self._lookout.results()
        if len(found) != 1:
            return
        try:
            self._inlet = self._listen(found[0])
            again, _ = self._described(found[0])
        except _Failure:
            self._inlet = None
            return
        if again == self.described and found[0].nominal_srate() == self._rate_hz:
            self._lookout = None
        else:
            self._inlet = None


def _find(wanted: Wanted) -> tuple[pylsl.StreamInfo, str]:
    """The one stream that matches, and the person in it; a name may itself end in # and a number.

    Raises:
        ImplantError: no stream or several match.
    """
    for _ in range(round(_FIND_WITHIN_S / _LOOK_S)):
        found = pylsl.resolve_bypred(wanted.query, minimum=_ALL, timeout=_LOOK_S)
        whole = [info for info in found if wanted.person and info.name() == f"{wanted.name}#{wanted.person}"]
        if len(whole) == 1:
            return whole[0], ""
        if wanted.name:
            exact = [info for info in found if info.name() == wanted.name]
            found = exact or [info for info in found if info.type().upper() in {"EEG", "EXG", "SIGNAL"}]
        if len(found) == 1:
            return found[0], wanted.person
        if found:
            raise ImplantError(
                f"{wanted.title} matches several streams: {_listed(found)}; choose one, "
                "for instance lsl:source_id=ID or lsl:name=NAME,hostname=HOST."
            )
    there = _listed(pylsl.resolve_streams(_LOOK_S)) or "none"
    raise ImplantError(
        f"{wanted.title} is not on the network (the streams that are: {there}); start its sender, "
        "or check its name and the firewall."
    )


def _listed(found: list[pylsl.StreamInfo]) -> str:
    told = sorted(
        f"{info.name()!r} ({info.type()}, on {info.hostname()}, source_id {info.source_id() or 'none'})"
        for info in found
    )
    return ", ".join(told)


def _ear(info: pylsl.StreamInfo, what: str, *, stamped: bool) -> _Ear:
    try:
        return _Ear(info, stamped=stamped)
    except _Failure as error:
        raise ImplantError(
            f"{what} is announced by {info.hostname()} but does not answer ({error}); "
            "check the firewall between it and this machine."
        ) from error


def _headset(name: str, what: str) -> _Ear | None:
    """The contact stream of the same headset, if it is sent."""
    person, colon, _ = name.rpartition(":")
    if not colon:
        return None
    beside = pylsl.resolve_bypred(_all_of({"name": f"{person}: HSI"}), minimum=1, timeout=_LOOK_S)
    return _ear(beside[0], f"{what}'s contact", stamped=False) if beside else None


def _rate_hz(info: pylsl.StreamInfo, what: str) -> float:
    """The stream's rate.

    Raises:
        ImplantError: the stream is not a signal, or the front end cannot use its rate.
    """
    rate_hz, (low, high) = float(info.nominal_srate()), RATE_LIMITS_HZ
    if info.channel_format() == pylsl.cf_string:
        raise ImplantError(f"{what} is a text stream, not a signal; name the headset's EEG stream.")
    if not rate_hz > 0:
        raise ImplantError(
            f"{what} names no sampling rate; let its sender name one, or choose another stream."
        )
    if not low <= rate_hz <= high:
        raise ImplantError(
            f"{what} is sent at {rate_hz:g} Hz; let its sender send between {low:g} and {high:g} Hz."
        )
    return rate_hz


def _texts(found: list[str | None] | None, count: int) -> tuple[str, ...]:
    texts = [(text or "").strip() for text in found or ()][:count]
    return (*texts, *[""] * (count - len(texts)))


def _all_of(properties: dict[str, str]) -> str:
    return " and ".join(f"{key}={_quoted(value)}" for key, value in properties.items())


def _quoted(text: str) -> str:
    """`text` as an XPath literal; XPath has no escapes."""
    if "'" in text and '"' in text:
        raise ImplantError(f"{text!r} has both kinds of quotes; ask for the stream by its source_id.")
    return f'"{text}"' if "'" in text else f"'{text}'"


def hush() -> None:
    """Silence liblsl's own log on the terminal, unless this machine configures it."""
    configured = os.environ.get("LSLAPICFG") or any(Path(path).expanduser().exists() for path in _CONFIGS)
    if not configured:
        pylsl.set_config_content(_QUIET)
