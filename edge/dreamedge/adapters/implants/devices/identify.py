"""`dreamedge devices --identify`: tells devices that look alike apart, by listening to all of them at once.

Each device is read for some seconds at rest: its rate, channels, amplitude and share of alpha. Then a person
taps one, and the device whose signal jumps against its own rest is named. Nothing is calibrated or stored.

Sources are LSL streams with a rate, boards on a serial port with a hint, and the specs that are given.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from dreamedge.adapters.clock import boottime_ns, wait_until
from dreamedge.adapters.implants import open_implant
from dreamedge.adapters.implants.devices.bedside_search import Section
from dreamedge.adapters.implants.devices.search import Stream, spec_among
from dreamedge.ports.implant import Implant, ImplantError

Doubles = NDArray[np.float64]

REST_LEAST_S: Final = 3.0
TAP_WITHIN_S: Final = 15.0
STEP_NS: Final = 100_000_000
_WINDOW_S: Final = 1.0
TAPPED: Final = 4.0
"""A tap is this many times the device's own peak to peak at rest, and _CLEARER than at any other device."""
_CLEARER: Final = 2.0
_ALPHA_HZ: Final = (8.0, 12.0)
_SHOWN_HZ: Final = (1.0, 40.0)
_ANSWER_WITHIN_S: Final = 3.0


class Source(Protocol):
    """An open device. unit: of its samples, '' if it names none."""

    @property
    def unit(self) -> str:
        """The unit, for the line."""
        ...

    def take(self) -> Doubles:
        """Samples since the last call, float64[n, channels]; returns at once."""
        ...

    def close(self) -> None:
        """Release the device."""
        ...


@dataclass(frozen=True, slots=True)
class Rest:
    """A device at rest.

    rate_hz: as received. amplitude: the median channel's standard deviation, in `unit`. alpha: the share of
    8 to 12 Hz in its power from 1 to 40 Hz, 0..1. span: each channel's median peak to peak of one second.
    why: why nothing was heard, or empty.
    """

    spec: str
    channels: int = 0
    rate_hz: float = 0.0
    amplitude: float = 0.0
    alpha: float = 0.0
    unit: str = ""
    span: tuple[float, ...] = ()
    why: str = ""


class LslSource:
    """A stream as it is sent: no electrode has to be known to tell two headsets apart."""

    def __init__(self, stream: Stream) -> None:
        """Subscribe.

        Raises:
            ImplantError: the stream does not answer.
        """
        import pylsl  # noqa: PLC0415 - its library is loaded where needed

        pairs = {"name": stream.name, "hostname": stream.host, "source_id": stream.source_id}
        query = " and ".join(f'{key}="{value}"' for key, value in pairs.items() if value and '"' not in value)
        found = pylsl.resolve_bypred(query, minimum=1, timeout=_ANSWER_WITHIN_S)
        try:
            self._inlet = pylsl.StreamInlet(found[0], max_buflen=60, recover=False)
            self._inlet.open_stream(_ANSWER_WITHIN_S)
            units = self._inlet.info(_ANSWER_WITHIN_S).get_channel_units() or ()
        except (IndexError, RuntimeError) as error:
            raise ImplantError(f"it does not answer ({error}); check the firewall") from error
        self._channels = stream.channels
        self._lost = RuntimeError
        self.unit = next((unit for unit in units if unit), "")

    def take(self) -> Doubles:
        """The samples since the last call; none from a sender that is gone."""
        try:
            samples, _ = self._inlet.pull_chunk(0.0, max_samples=100_000, as_numpy=True)
        except self._lost:
            return np.zeros((0, self._channels))
        return np.asarray(samples, dtype=np.float64).reshape(-1, self._channels)

    def close(self) -> None:
        """Unsubscribe."""
        self._inlet.close_stream()


class BoardSource:
    """A board through the implant that a bed would open."""

    unit = "uV"

    def __init__(self, implant: Implant, now_ns: Callable[[], int]) -> None:
        self._implant = implant
        self._now_ns = now_ns

    def take(self) -> Doubles:
        """The samples since the last call."""
        blocks = []
        while (block := self._implant.read(self._now_ns())) is not None:
            blocks.append(block.uv)
        return np.concatenate([np.zeros((0, len(self._implant.montage.names))), *blocks])

    def close(self) -> None:
        """Release the board."""
        self._implant.close()


class Listening:
    """All sources, read together. now_ns, wait_until: the clock by which they are read."""

    def __init__(
        self,
        sources: Mapping[str, Source],
        now_ns: Callable[[], int] = boottime_ns,
        wait_until: Callable[[int], None] = wait_until,
    ) -> None:
        self._sources = sources
        self._now_ns = now_ns
        self._wait_until = wait_until

    def rests(self, seconds: float) -> list[Rest]:
        """Read every source for this long, at rest."""
        self._read(0.2)  # the arrears since it was opened
        heard = self._read(seconds)
        return [_rest(spec, source.unit, heard[spec], seconds) for spec, source in self._sources.items()]

    def tapped(self, rests: Sequence[Rest], within_s: float = TAP_WITHIN_S) -> str:
        """Wait for a tap; the spec of its device, or '' if none stood out."""
        known = [rest for rest in rests if not rest.why]
        for _ in range(int(within_s / _WINDOW_S)):
            heard = self._read(_WINDOW_S)
            jumps = {rest.spec: jump(heard[rest.spec], rest.span) for rest in known}
            best = max(jumps, key=lambda spec: jumps[spec], default="")
            others = [value for spec, value in jumps.items() if spec != best]
            if best and jumps[best] >= TAPPED and all(jumps[best] >= _CLEARER * other for other in others):
                return best
        return ""

    def close(self) -> None:
        """Release every source."""
        for source in self._sources.values():
            source.close()

    def _read(self, seconds: float) -> dict[str, Doubles]:
        """Every source's samples of this long."""
        taken: dict[str, list[Doubles]] = {spec: [] for spec in self._sources}
        end_ns = self._now_ns() + round(seconds * 1e9)
        while (now_ns := self._now_ns()) < end_ns:
            self._wait_until(min(now_ns + STEP_NS, end_ns))
            for spec, source in self._sources.items():
                taken[spec].append(source.take())
        return {spec: np.concatenate(chunks) for spec, chunks in taken.items()}


def open_sources(
    specs: Iterable[str], streams: Sequence[Stream] = ()
) -> tuple[dict[str, Source], list[Rest]]:
    """Open the signals among `streams` and every spec; a device that cannot be opened has its reason."""
    opened: dict[str, Source] = {}
    refused = []
    signals = {spec_among(stream, streams): stream for stream in streams if stream.rate_hz > 0.0}
    for spec in dict.fromkeys((*signals, *specs)):
        try:
            if spec in signals:
                opened[spec] = LslSource(signals[spec])
            else:
                opened[spec] = BoardSource(open_implant(spec), boottime_ns)
        except ImplantError as error:
            refused.append(Rest(spec, why=str(error)))
    return opened, refused


def jump(samples: Doubles, span: tuple[float, ...]) -> float:
    """How many times its span at rest a device's clearest channel moved; 0: not at all.

    samples: float64[n, channels]. span: of each channel, as in `Rest`.
    """
    if not len(samples) or samples.shape[1] != len(span):
        return 0.0
    moved = np.ptp(samples, axis=0)
    ratios = moved / np.maximum(np.asarray(span), np.finfo(np.float64).tiny)
    found = ratios[np.isfinite(ratios) & (np.asarray(span) > 0.0)]
    return float(found.max(initial=0.0))


def identified(rests: Sequence[Rest], seconds: float) -> Section:
    """Return the devices at rest as a section of the list."""
    wide = max((len(rest.spec) for rest in rests), default=0)
    return Section(
        "identified",
        f"at rest, read for {seconds:g} s",
        tuple(f"{rest.spec:<{wide}}  {_said(rest)}" for rest in rests),
        tuple(
            {
                "spec": rest.spec,
                "channels": rest.channels,
                "rate_hz": round(rest.rate_hz, 2),
                "amplitude": round(rest.amplitude, 3),
                "unit": rest.unit,
                "alpha_share": round(rest.alpha, 4),
                "why": rest.why,
            }
            for rest in rests
        ),
        none="no device that can be listened to; name one, such as --identify brainflow:muse_2",
    )


def _said(rest: Rest) -> str:
    if rest.why:
        return rest.why
    unit = f" {rest.unit}" if rest.unit else " (no unit named)"
    return (
        f"{rest.channels} channels at {rest.rate_hz:.1f} Hz, amplitude {rest.amplitude:.3g}{unit}, "
        f"alpha {100 * rest.alpha:.0f} % of 1 to 40 Hz"
    )


def _rest(spec: str, unit: str, samples: Doubles, seconds: float) -> Rest:
    finite = samples[:, np.isfinite(samples).all(axis=0)] if len(samples) else samples
    size = int(len(samples) / seconds * _WINDOW_S)
    if size < 1 or not finite.shape[1]:
        return Rest(spec, why="silent: check that it is on and worn")
    rate_hz = len(samples) / seconds
    spans = [
        np.ptp(samples[begin : begin + size], axis=0) for begin in range(0, len(samples) - size + 1, size)
    ]
    centred = finite - finite.mean(axis=0)
    power = np.abs(np.fft.rfft(centred * np.hanning(len(centred))[:, None], axis=0)) ** 2
    hz = np.fft.rfftfreq(len(centred), 1.0 / rate_hz)
    within = [(low <= hz) & (hz <= high) for low, high in (_ALPHA_HZ, _SHOWN_HZ)]
    alpha, shown = (power[some].sum(axis=0) for some in within)
    moving = shown > 0.0
    return Rest(
        spec,
        samples.shape[1],
        rate_hz,
        float(np.median(finite.std(axis=0))),
        float(np.median(alpha[moving] / shown[moving])) if moving.any() else 0.0,
        unit,
        tuple(np.nan_to_num(np.median(spans, axis=0)).tolist()),
    )
