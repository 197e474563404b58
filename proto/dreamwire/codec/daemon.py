"""The daemon's messages: collectives, commands, wake orders and its presence, between values and bytes.

These are the bodies that `signing.seal` signs; unseal first, then decode. A Collective's numbers are not
judged here: a number that is not finite leaves each pod alone by the tether's own rule, while refusing the
message would hide its zeros from other pods until their lease has run out. Release and wake are read without
any check but the pod's name. An Assign, which could move a sleeper, is held to every bound. Reasons and
issuers are repaired both ways: a command to release is written whatever its reason holds.
"""

from typing import Final, assert_never

import numpy as np

from dreamwire.checkpoint import NOTE_CHARS_MAX
from dreamwire.codec.bounds import (
    ACKS_MAX,
    SIZES,
    SLOTS_MAX,
    UINT16,
    WireError,
    counted,
    finite_vector,
    floats_out,
    identified,
    measured,
    named,
    parsed,
    schema_of,
    subject_or_empty,
    vector,
    within,
    without_end,
)
from dreamwire.messages import (
    KEY_BYTES,
    Ack,
    Assign,
    Broadcast,
    Collective,
    Command,
    DaemonPresence,
    EncryptedCollective,
    Modality,
    Recalibrate,
    Release,
    Versions,
    WakePod,
    What,
)
from dreamwire.schema import SCHEMAS
from dreamwire.text import fit
from dreamwire.v1 import wire_pb2 as pb

_COLLECTIVE: Final = "collective"
_COMMAND: Final = "command"
_PRESENCE: Final = "daemon presence"

_PHASE_MEANS: Final = {
    size: {0} | {2 * len(schema.phase_bands) for schema in SCHEMAS.values() if schema.size == size}
    for size in SIZES
}
"""Numbers in the phase means of a Collective of D features: two per phase band; none is always allowed."""


def encode_collective(message: Collective) -> bytes:
    """Write the body of a Collective in the clear."""
    body = _content(message)
    body.dreamscape = message.dreamscape
    body.cohort = message.cohort
    body.tick = message.tick
    body.instant = message.instant
    body.term = message.term
    body.min_reader = message.min_reader
    return measured(_COLLECTIVE, body.SerializeToString())


def encode_encrypted(message: EncryptedCollective) -> bytes:
    """Write the body of an encrypted Collective."""
    body = pb.Collective(
        dreamscape=message.dreamscape,
        cohort=message.cohort,
        tick=message.tick,
        instant=message.instant,
        term=message.term,
        min_reader=message.min_reader,
        key_number=message.key_number,
        count=message.count,
        ciphertext=message.ciphertext,
    )
    return measured(_COLLECTIVE, body.SerializeToString())


def encode_content(message: Collective) -> bytes:
    """Write what is encrypted of a Collective: its numbers, without its place and time."""
    return _content(message).SerializeToString()


def decode_content(content: bytes, message: EncryptedCollective) -> Collective:
    """Read what was encrypted; place and time are those of `message`.

    Raises:
        WireError: malformed, more than 256 slots, or arrays of different lengths.
    """
    return _collective(parsed(_COLLECTIVE, pb.Collective, content), message)


def decode_broadcast(body: bytes) -> Broadcast:
    """Read the body of a Collective, encrypted or in the clear.

    Raises:
        WireError: as `decode_collective`, or a ciphertext without the number of its key or its count.
    """
    raw = parsed(_COLLECTIVE, pb.Collective, body)
    if not raw.ciphertext:
        return _collective(raw, raw)
    within(_COLLECTIVE, "key_number", raw.key_number, 1, np.inf)
    within(_COLLECTIVE, "count", raw.count, 1, np.inf)
    return EncryptedCollective(
        dreamscape=named(_COLLECTIVE, "dreamscape", raw.dreamscape),
        cohort=raw.cohort,
        tick=raw.tick,
        instant=raw.instant,
        term=raw.term,
        min_reader=raw.min_reader,
        key_number=raw.key_number,
        count=raw.count,
        ciphertext=raw.ciphertext,
    )


def _content(message: Collective) -> pb.Collective:
    counted(_COLLECTIVE, "coupling", message.coupling.size, SLOTS_MAX)
    assert message.coupling.dtype == np.uint8, "couplings are bytes, see blend.couplings_to_bytes"
    assert message.answered.size == message.coupling.size, "one answered seq a slot"
    return pb.Collective(
        r=floats_out(message.r),
        m=floats_out(message.m),
        sum=floats_out(message.sum),
        weight=message.weight,
        artist=floats_out(message.artist),
        share=message.share,
        phase_means=floats_out(message.phase_means),
        coupling=message.coupling.tobytes(),
        answered=np.asarray(message.answered, dtype=UINT16).tobytes(),
    )


def decode_collective(body: bytes) -> Collective:
    """Read the body of a Collective in the clear, as every reader did before there were keys.

    Its numbers may be anything, its arrays have matching lengths.

    Raises:
        WireError: malformed, a name out of bounds, more than 256 slots, or arrays of different lengths.
    """
    raw = parsed(_COLLECTIVE, pb.Collective, body)
    return _collective(raw, raw)


def _collective(raw: pb.Collective, place: pb.Collective | EncryptedCollective) -> Collective:
    r = vector(_COLLECTIVE, "r", raw.r, SIZES)
    means = vector(_COLLECTIVE, "phase_means", raw.phase_means, _PHASE_MEANS[r.size])
    coupling, answered = raw.coupling, raw.answered
    slots = len(coupling)
    counted(_COLLECTIVE, "coupling", slots, SLOTS_MAX)
    if len(answered) != UINT16.itemsize * slots:
        wrong = f"{len(answered)} bytes"
        raise WireError(_COLLECTIVE, "answered", wrong, f"{UINT16.itemsize * slots} for {slots} slots")
    return Collective(
        dreamscape=named(_COLLECTIVE, "dreamscape", place.dreamscape),
        cohort=place.cohort,
        tick=place.tick,
        instant=place.instant,
        term=place.term,
        min_reader=place.min_reader,
        r=r,
        m=vector(_COLLECTIVE, "m", raw.m, (r.size,)),
        sum=vector(_COLLECTIVE, "sum", raw.sum, (r.size,)),
        weight=raw.weight,
        coupling=np.frombuffer(coupling, dtype=np.uint8),
        answered=np.frombuffer(answered, dtype=UINT16),
        artist=vector(_COLLECTIVE, "artist", raw.artist, (0, r.size)),
        share=raw.share,
        phase_means=means.reshape(-1, 2),
    )


def encode_command(message: Command) -> bytes:
    """Write the body of a Command."""
    body = pb.Command(
        pod=message.pod,
        counter=message.counter,
        incarnation=message.incarnation,
        not_after_ms=message.not_after_ms,
    )
    match message.what:
        case Assign():
            body.assign.CopyFrom(_assign_out(message.what))
        case Release(reason, term, tick):
            body.release.CopyFrom(pb.Release(reason=fit(reason), term=term, tick=tick))
        case WakePod(reason, issuer):
            body.wake.CopyFrom(pb.WakePod(reason=fit(reason), issuer=fit(issuer)))
        case Recalibrate(reason):
            body.recalibrate.CopyFrom(pb.Recalibrate(reason=fit(reason)))
        case Ack(ids):
            counted(_COMMAND, "ack.ids", len(ids), ACKS_MAX)
            body.ack.CopyFrom(pb.Ack(ids=ids))
        case _:
            assert_never(message.what)
    return measured(_COMMAND, body.SerializeToString())


def decode_command(body: bytes) -> Command:
    """Read the body of a Command.

    Raises:
        WireError: malformed, a name out of bounds, a command this reader does not know, or an Assign with
            schema, scale, slot or limits out of bounds.
    """
    raw = parsed(_COMMAND, pb.Command, body)
    return Command(
        pod=named(_COMMAND, "pod", raw.pod),
        counter=raw.counter,
        incarnation=raw.incarnation,
        not_after_ms=raw.not_after_ms,
        what=_what(raw),
    )


def _what(raw: pb.Command) -> What:
    match raw.WhichOneof("what"):
        case "assign":
            return _assign(raw.assign)
        case "release":
            return Release(fit(raw.release.reason), raw.release.term, raw.release.tick)
        case "wake":
            return WakePod(fit(raw.wake.reason), fit(raw.wake.issuer))
        case "recalibrate":
            return Recalibrate(fit(raw.recalibrate.reason))
        case "ack":
            counted(_COMMAND, "ack.ids", len(raw.ack.ids), ACKS_MAX)
            return Ack(tuple(identified(_COMMAND, "ack.ids", id_) for id_ in raw.ack.ids))
        case _:
            orders = "assign, release, wake, recalibrate or ack"
            raise WireError(_COMMAND, "what", "no order this reader knows", orders)


def _assign_out(assign: Assign) -> pb.Assign:
    return pb.Assign(
        dreamscape=assign.dreamscape,
        cohort=assign.cohort,
        slot=assign.slot,
        assignment=assign.assignment,
        incarnation=assign.incarnation,
        term=assign.term,
        ceiling=assign.ceiling,
        cap=assign.cap,
        seconds_left=assign.seconds_left,
        schema=assign.schema,
        mu_db=floats_out(assign.mu_db),
        sigma_db=floats_out(assign.sigma_db),
        ramp_s=assign.ramp_s,
        dose_left_min=assign.dose_left_min,
        dose_limit_min=assign.dose_limit_min,
        key=assign.key,
        key_number=assign.key_number,
        consent_revision=assign.consent_revision,
        consent_subject=assign.consent_subject,
        modalities=_modalities_out(assign.modalities),
        anchor=assign.anchor,
    )


def _modalities_out(given: frozenset[Modality] | None) -> pb.Modalities | None:
    """Write the modalities; none of them is another thing than no word of them."""
    return None if given is None else pb.Modalities(**{modality.value: True for modality in given})


def _modalities(raw: pb.Assign) -> frozenset[Modality] | None:
    if not raw.HasField("modalities"):
        return None
    return frozenset(modality for modality in Modality if getattr(raw.modalities, modality.value))


def _assign(raw: pb.Assign) -> Assign:
    size = (schema_of(_COMMAND, "assign.schema", raw.schema).size,)
    if raw.assignment == 0:
        raise WireError(_COMMAND, "assign.assignment", "is 0", "a random id above 0")
    if len(raw.key) not in (0, KEY_BYTES):
        raise WireError(_COMMAND, "assign.key", f"{len(raw.key)} bytes", f"{KEY_BYTES}, or none")
    return Assign(
        dreamscape=named(_COMMAND, "assign.dreamscape", raw.dreamscape),
        cohort=raw.cohort,
        slot=int(within(_COMMAND, "assign.slot", raw.slot, 0, SLOTS_MAX - 1)),
        assignment=raw.assignment,
        incarnation=raw.incarnation,
        term=raw.term,
        ceiling=within(_COMMAND, "assign.ceiling", raw.ceiling, 0.0, 1.0),
        cap=within(_COMMAND, "assign.cap", raw.cap, 0.0, 1.0),
        seconds_left=within(_COMMAND, "assign.seconds_left", raw.seconds_left, 0.0, np.inf),
        schema=raw.schema,
        mu_db=finite_vector(_COMMAND, "assign.mu_db", raw.mu_db, size),
        sigma_db=finite_vector(_COMMAND, "assign.sigma_db", raw.sigma_db, size, above=0.0),
        ramp_s=within(_COMMAND, "assign.ramp_s", raw.ramp_s, 0.0, np.inf),
        dose_left_min=without_end(_COMMAND, "assign.dose_left_min", raw.dose_left_min),
        dose_limit_min=without_end(_COMMAND, "assign.dose_limit_min", raw.dose_limit_min),
        key=raw.key,
        key_number=raw.key_number,
        consent_revision=raw.consent_revision,
        consent_subject=subject_or_empty(_COMMAND, "assign.consent_subject", raw.consent_subject),
        modalities=_modalities(raw),
        anchor=raw.anchor,
    )


def encode_daemon_presence(message: DaemonPresence) -> bytes:
    """Write the body of the daemon's presence."""
    body = pb.DaemonPresence(
        instance=fit(message.instance),
        online=message.online,
        versions=pb.Versions(software=fit(message.versions.software), wire=message.versions.wire),
        at_ms=message.at_ms,
        writes=message.writes,
        checkpoint=message.checkpoint,
    )
    return measured(_PRESENCE, body.SerializeToString())


def decode_daemon_presence(body: bytes) -> DaemonPresence:
    """Read the body of the daemon's presence.

    Raises:
        WireError: malformed.
    """
    raw = parsed(_PRESENCE, pb.DaemonPresence, body)
    versions = Versions(fit(raw.versions.software), raw.versions.wire)
    checkpoint = raw.checkpoint if len(raw.checkpoint) <= NOTE_CHARS_MAX else ""
    return DaemonPresence(fit(raw.instance), raw.online, versions, raw.at_ms, raw.writes, checkpoint)
