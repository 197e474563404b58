"""A marker stream of the lab, read: `NAME`, or `KEY=VALUE,...` by name, type, source_id and hostname.

Rules
- The search is bounded. If nothing matches, the error lists the streams on the network. If two match, neither
  is taken, and the error says what tells them apart.
- A stream of text or of whole numbers is a marker stream, also with several channels: they are joined by
  commas. A stream with a sampling rate is a signal and is refused, and so are our own markers, which would
  come back for ever.
- Stamps are the sender's, converted to this machine's clock by the measured offset.
- liblsl finds a stream with a source_id again by itself. One without is searched for by name, type and host.
"""

from typing import Final

import pylsl

from dreamd.core.group_streams import OURS
from dreamd.core.limits import MARKER_MAX
from dreamd.lsl.failures import CannotRun, StreamLost
from dreamwire.text import fit

KEYS: Final = ("name", "type", "source_id", "hostname")
LOOK_S: Final = 1.0
ANSWER_WITHIN_S: Final = 3.0
BRIEFLY_S: Final = 0.2
BUFFER: Final = 60
"""liblsl keeps a hundred times as many markers that are not read yet."""
WHOLE: Final = (pylsl.cf_int8, pylsl.cf_int16, pylsl.cf_int32, pylsl.cf_int64)

Heard = tuple[str, float]
"""A marker's text, and its instant on this machine's LSL clock, s."""


def wanted(text: str) -> dict[str, str]:
    """Parse what `--markers` names into the properties of a stream.

    Raises:
        CannotRun: it names nothing, or asks for an unknown property.
    """
    if "=" not in text:
        if not text.strip():
            raise CannotRun("--markers names no stream; write --markers NAME or --markers source_id=ID")
        return {"name": text.strip()}
    properties = {}
    for pair in text.split(","):
        key, _, value = (part.strip() for part in pair.partition("="))
        if key not in KEYS or not value:
            raise CannotRun(f"--markers asks for {pair!r}; write KEY=VALUE with one of {', '.join(KEYS)}")
        properties[key] = value
    return properties


class MarkerSource:
    """One marker stream; `find` before `take`."""

    def __init__(self, text: str) -> None:
        """text: the stream as `--markers` names it; CannotRun where that is no stream's name."""
        self._text = text
        self._wanted = wanted(text)
        self._inlet: pylsl.StreamInlet | None = None
        self._offset_s = 0.0
        self.name = self.source = ""

    def find(self, within_s: float) -> None:
        """Find the stream and subscribe.

        Raises:
            CannotRun: no stream matches, several do, or it is not a stream of markers.
        """
        info = self._found(within_s)
        require_markers(info)
        inlet = pylsl.StreamInlet(info, max_buflen=BUFFER)
        try:
            inlet.open_stream(ANSWER_WITHIN_S)
            self._offset_s = inlet.time_correction(ANSWER_WITHIN_S)
        except RuntimeError as error:
            raise CannotRun(
                f"{info.name()} is announced by {info.hostname()} but does not answer ({error}); "
                "check the firewall between it and this machine"
            ) from error
        self._inlet, self.name = inlet, str(info.name())
        self.source = _told_apart(info)
        # From now on only this very stream, also where another of its name appears.
        self._wanted = {key: value for key in KEYS if (value := str(getattr(info, key)()))}

    def take(self, timeout_s: float) -> list[Heard]:
        """Wait at most this long for markers; return them, oldest first.

        Raises:
            StreamLost: the stream has ended; `find` searches for it.
        """
        assert self._inlet is not None, "take comes after find"
        heard: list[Heard] = []
        try:
            sample, stamp_s = self._inlet.pull_sample(timeout_s)
            if sample is not None:
                self._ask_clock()
            while sample is not None:
                heard.append((_joined(sample), float(stamp_s) + self._offset_s))
                sample, stamp_s = self._inlet.pull_sample(0.0)
        except RuntimeError as error:
            self._inlet = None
            raise StreamLost(str(error) or "its sender has ended") from error
        return [(text, at_s) for text, at_s in heard if text]

    def close(self) -> None:
        """Unsubscribe."""
        self._inlet = None

    def _ask_clock(self) -> None:
        assert self._inlet is not None
        try:
            self._offset_s = self._inlet.time_correction(BRIEFLY_S)
        except pylsl.TimeoutError:
            return

    def _found(self, within_s: float) -> pylsl.StreamInfo:
        there: list[pylsl.StreamInfo] = []
        for _ in range(max(1, round(within_s / LOOK_S))):
            there = pylsl.resolve_streams(LOOK_S)
            found = [
                info
                for info in there
                if all(str(getattr(info, key)()) == value for key, value in self._wanted.items())
            ]
            if len(found) == 1:
                return found[0]
            if found:
                raise CannotRun(
                    f"--markers {self._text} matches several streams: {_listed(found)}; choose one, "
                    "for instance --markers source_id=ID or --markers name=NAME,hostname=HOST"
                )
        raise CannotRun(
            f"--markers {self._text} is not on the network (the streams that are: "
            f"{_listed(there) or 'none'}); start its sender, or check its name and the firewall"
        )


def require_markers(info: pylsl.StreamInfo) -> None:
    """Raise CannotRun where a stream is our own, has a rate, or is neither text nor whole numbers."""
    name, rate_hz = info.name(), info.nominal_srate()
    if str(info.source_id()).startswith(OURS):
        raise CannotRun(
            f"{name} is sent by dreamd lsl itself, so its markers would come back for ever; "
            "name the stream of the stimulus computer"
        )
    if rate_hz > 0 or info.channel_format() not in (pylsl.cf_string, *WHOLE):
        raise CannotRun(
            f"{name} is a signal ({info.channel_count()} channels at {rate_hz:g} Hz), not markers; "
            "name a stream of text or whole numbers without a rate"
        )


def _joined(sample: list[object]) -> str:
    """A sample as one fit line: channels joined by commas, cut at the length of a marker."""
    return fit(",".join(str(one) for one in sample), MARKER_MAX)


def _told_apart(info: pylsl.StreamInfo) -> str:
    return f"{info.type()}, on {info.hostname()}, source_id {info.source_id() or 'none'}"


def _listed(found: list[pylsl.StreamInfo]) -> str:
    return ", ".join(sorted(f"{info.name()!r} ({_told_apart(info)})" for info in found))
