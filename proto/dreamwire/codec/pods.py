"""The pods' messages: presence, status, events and clock probes, between values and bytes.

An enum value of a newer peer reads as UNSPECIFIED, so that an event of an unknown kind can still be
acknowledged. Absent parts read as their most cautious value (not synced, not calibrated, no coupling). Text
is repaired both ways, never refused: an odd character in a device's name must not cost a status, and a bed
must not fail at writing its own.
"""

from functools import lru_cache
from typing import Final

import numpy as np

from dreamwire.codec.bounds import (
    ALPHA_HZ_MAX,
    CHANNELS_MAX,
    OUTCOMES_MAX,
    SIZES,
    counted,
    finite_vector,
    floats_out,
    identified,
    is_subject,
    known,
    measured,
    named_or_empty,
    parsed,
    pod_named,
    within,
)
from dreamwire.codec.frames import sever_in, sever_out
from dreamwire.messages import (
    Calibration,
    CalibrationSource,
    ChannelState,
    ClockProbe,
    ClockState,
    CommandOutcome,
    Device,
    PodEvent,
    PodEventKind,
    Presence,
    Status,
    Versions,
)
from dreamwire.text import fit
from dreamwire.topics import PODS_REMEMBERED
from dreamwire.v1 import wire_pb2 as pb

_PRESENCE: Final = "presence"
_STATUS: Final = "status"
_EVENT: Final = "event"
_CLOCK: Final = "clock"


def encode_presence(message: Presence) -> bytes:
    """Write the payload of a pod's presence."""
    device = message.device
    body = pb.Presence(
        pod=message.pod,
        incarnation=message.incarnation,
        online=message.online,
        site=message.site,
        device=pb.Device(
            kind=fit(device.kind),
            model=fit(device.model),
            channels=[fit(channel) for channel in device.channels],
            rate_hz=device.rate_hz,
        ),
        schema=message.schema,
        versions=pb.Versions(software=fit(message.versions.software), wire=message.versions.wire),
        gateway=message.gateway,
    )
    return measured(_PRESENCE, body.SerializeToString())


def decode_presence(payload: bytes) -> Presence:
    """Read a pod's presence.

    Raises:
        WireError: malformed, or a name, the rate or the number of channels is out of bounds.
    """
    raw = parsed(_PRESENCE, pb.Presence, payload)
    counted(_PRESENCE, "device.channels", len(raw.device.channels), CHANNELS_MAX)
    return Presence(
        pod=pod_named(_PRESENCE, raw.pod),
        incarnation=raw.incarnation,
        online=raw.online,
        site=named_or_empty(_PRESENCE, "site", raw.site),
        device=Device(
            kind=fit(raw.device.kind),
            model=fit(raw.device.model),
            channels=tuple([fit(channel) for channel in raw.device.channels]),
            rate_hz=within(_PRESENCE, "device.rate_hz", raw.device.rate_hz, 0.0, np.inf),
        ),
        schema=named_or_empty(_PRESENCE, "schema", raw.schema),
        versions=Versions(fit(raw.versions.software), raw.versions.wire),
        gateway=named_or_empty(_PRESENCE, "gateway", raw.gateway),
    )


def encode_status(message: Status) -> bytes:
    """Write the payload of a pod's status."""
    calibration, clock = message.calibration, message.clock
    body = pb.Status(
        pod=message.pod,
        incarnation=message.incarnation,
        assignment=message.assignment,
        channels=[
            pb.ChannelState(name=fit(c.name), quality=c.quality, cause=fit(c.cause)) for c in message.channels
        ],
        quality=message.quality,
        quality_cause=fit(message.quality_cause),
        calibration=pb.Calibration(
            done=calibration.done,
            source=pb.CalibrationSource.Name(calibration.source),
            clean_s=calibration.clean_s,
            template_db=floats_out(calibration.template_db),
            scale_db=floats_out(calibration.scale_db),
            alpha_hz=calibration.alpha_hz,
        ),
        clock=pb.ClockState(
            synced=clock.synced,
            offset_us=clock.offset_us,
            uncertainty_us=clock.uncertainty_us,
            round_trip_us=clock.round_trip_us,
        ),
        applied=message.applied,
        latched=fit(message.latched),
        severed=sever_out(message.severed),
        outcomes=[pb.CommandOutcome(counter=o.counter, refused=fit(o.refused)) for o in message.outcomes],
        load_cpu=message.load_cpu,
        load_rss_kib=message.load_rss_kib,
        refused_broadcasts=message.refused_broadcasts,
        recording_ended=message.recording_ended,
        at_us=message.at_us,
        renderer=fit(message.renderer),
        renderer_fault=fit(message.renderer_fault),
        log_contradiction=fit(message.log_contradiction),
        vital=message.vital,
        unheard_gateway=message.unheard_gateway,
    )
    return measured(_STATUS, body.SerializeToString())


def decode_status(payload: bytes) -> Status:
    """Read a pod's status.

    Raises:
        WireError: malformed, a list too long, a share outside 0..1, or a calibration that is done
            without a finite template of a known schema's size and a scale above zero.
    """
    raw = parsed(_STATUS, pb.Status, payload)
    counted(_STATUS, "channels", len(raw.channels), CHANNELS_MAX)
    counted(_STATUS, "outcomes", len(raw.outcomes), OUTCOMES_MAX)
    return Status(
        pod=pod_named(_STATUS, raw.pod),
        incarnation=raw.incarnation,
        assignment=raw.assignment,
        channels=tuple([_channel(at, channel) for at, channel in enumerate(raw.channels)]),
        quality=within(_STATUS, "quality", raw.quality, 0.0, 1.0),
        quality_cause=raw.quality_cause and fit(raw.quality_cause),
        calibration=_calibration(
            raw.calibration.done,
            raw.calibration.source,
            raw.calibration.clean_s,
            raw.calibration.template_db,
            raw.calibration.scale_db,
            raw.calibration.alpha_hz,
        ),
        clock=ClockState(
            raw.clock.synced, raw.clock.offset_us, raw.clock.uncertainty_us, raw.clock.round_trip_us
        ),
        applied=within(_STATUS, "applied", raw.applied, 0.0, 1.0),
        latched=raw.latched and fit(raw.latched),
        severed=sever_in(_STATUS, raw.severed) if raw.HasField("severed") else None,
        outcomes=tuple([CommandOutcome(outcome.counter, fit(outcome.refused)) for outcome in raw.outcomes]),
        load_cpu=within(_STATUS, "load_cpu", raw.load_cpu, 0.0, np.inf),
        load_rss_kib=raw.load_rss_kib,
        refused_broadcasts=raw.refused_broadcasts,
        recording_ended=raw.recording_ended,
        at_us=raw.at_us,
        renderer=raw.renderer and fit(raw.renderer),
        renderer_fault=raw.renderer_fault and fit(raw.renderer_fault),
        log_contradiction=raw.log_contradiction and fit(raw.log_contradiction),
        vital=raw.vital,
        unheard_gateway=named_or_empty(_STATUS, "unheard_gateway", raw.unheard_gateway),
    )


def _channel(at: int, raw: pb.ChannelState) -> ChannelState:
    quality = within(_STATUS, f"channels[{at}].quality", raw.quality, 0.0, 1.0)
    return ChannelState(fit(raw.name), quality, fit(raw.cause))


@lru_cache(maxsize=PODS_REMEMBERED)
def _calibration(
    done: bool,  # noqa: FBT001 - as it stands in the message
    source: int,
    clean_s: float,
    template: bytes,
    scale: bytes,
    alpha_hz: float,
) -> Calibration:
    """Cached: a pod sends the same calibration once a second all night."""
    sizes = SIZES if done else SIZES | {0}
    template_db = finite_vector(_STATUS, "calibration.template_db", template, sizes)
    return Calibration(
        done=done,
        source=known(CalibrationSource, source),
        clean_s=within(_STATUS, "calibration.clean_s", clean_s, 0.0, np.inf),
        template_db=template_db,
        scale_db=finite_vector(_STATUS, "calibration.scale_db", scale, (template_db.size,), above=0.0),
        alpha_hz=within(_STATUS, "calibration.alpha_hz", alpha_hz, 0.0, ALPHA_HZ_MAX),
    )


def encode_event(message: PodEvent) -> bytes:
    """Write the payload of a pod's event."""
    body = pb.PodEvent(
        id=identified(_EVENT, "id", message.id),
        pod=message.pod,
        incarnation=message.incarnation,
        kind=pb.PodEventKind.Name(message.kind),
        cause=fit(message.cause),
        dreamscape=message.dreamscape,
        assignment=message.assignment,
        unix_ms=message.unix_ms,
        onset_ns=message.onset_ns,
        evidence_ns=message.evidence_ns,
        zero_ns=message.zero_ns,
        alone_ns=message.alone_ns,
        term=message.term,
        tick=message.tick,
        detail=fit(message.detail),
        consent_revision=message.consent_revision,
        consent_subject=message.consent_subject,
    )
    return measured(_EVENT, body.SerializeToString())


def decode_event(payload: bytes) -> PodEvent:
    """Read a pod's event.

    A subject out of bounds reads as none: it must not cost a withdrawal.

    Raises:
        WireError: malformed, an id that is not 16 bytes, or a name out of bounds.
    """
    raw = parsed(_EVENT, pb.PodEvent, payload)
    return PodEvent(
        id=identified(_EVENT, "id", raw.id),
        pod=pod_named(_EVENT, raw.pod),
        incarnation=raw.incarnation,
        kind=known(PodEventKind, raw.kind),
        cause=fit(raw.cause),
        dreamscape=named_or_empty(_EVENT, "dreamscape", raw.dreamscape),
        assignment=raw.assignment,
        unix_ms=raw.unix_ms,
        onset_ns=raw.onset_ns,
        evidence_ns=raw.evidence_ns,
        zero_ns=raw.zero_ns,
        alone_ns=raw.alone_ns,
        term=raw.term,
        tick=raw.tick,
        detail=fit(raw.detail),
        consent_revision=raw.consent_revision,
        consent_subject=raw.consent_subject if is_subject(raw.consent_subject) else "",
    )


def encode_clock_probe(message: ClockProbe) -> bytes:
    """Write the payload of a clock probe, question or answer."""
    body = pb.ClockProbe(
        nonce=message.nonce,
        t0_us=message.t0_us,
        t1_us=message.t1_us,
        t2_us=message.t2_us,
        frame_instant=message.frame_instant,
    )
    return measured(_CLOCK, body.SerializeToString())


def decode_clock_probe(payload: bytes) -> ClockProbe:
    """Read a clock probe.

    Raises:
        WireError: malformed.
    """
    raw = parsed(_CLOCK, pb.ClockProbe, payload)
    return ClockProbe(raw.nonce, raw.t0_us, raw.t1_us, raw.t2_us, raw.frame_instant)
