from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CalibrationSource(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CALIBRATION_SOURCE_UNSPECIFIED: _ClassVar[CalibrationSource]
    CALIBRATION_SOURCE_LIVE: _ClassVar[CalibrationSource]
    CALIBRATION_SOURCE_REPLAY: _ClassVar[CalibrationSource]
    CALIBRATION_SOURCE_SIMULATED: _ClassVar[CalibrationSource]

class PodEventKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    POD_EVENT_KIND_UNSPECIFIED: _ClassVar[PodEventKind]
    POD_EVENT_KIND_MERGED: _ClassVar[PodEventKind]
    POD_EVENT_KIND_SEVERED: _ClassVar[PodEventKind]
    POD_EVENT_KIND_ALONE: _ClassVar[PodEventKind]
    POD_EVENT_KIND_LATCHED: _ClassVar[PodEventKind]
    POD_EVENT_KIND_UNLATCHED: _ClassVar[PodEventKind]
    POD_EVENT_KIND_MALFUNCTION: _ClassVar[PodEventKind]
    POD_EVENT_KIND_LEFT: _ClassVar[PodEventKind]
    POD_EVENT_KIND_WARNED: _ClassVar[PodEventKind]
    POD_EVENT_KIND_DECLINED: _ClassVar[PodEventKind]

class WakeScope(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    WAKE_SCOPE_UNSPECIFIED: _ClassVar[WakeScope]
    WAKE_SCOPE_POD: _ClassVar[WakeScope]
    WAKE_SCOPE_DREAMSCAPE: _ClassVar[WakeScope]
    WAKE_SCOPE_SITE: _ClassVar[WakeScope]
    WAKE_SCOPE_FLEET: _ClassVar[WakeScope]
CALIBRATION_SOURCE_UNSPECIFIED: CalibrationSource
CALIBRATION_SOURCE_LIVE: CalibrationSource
CALIBRATION_SOURCE_REPLAY: CalibrationSource
CALIBRATION_SOURCE_SIMULATED: CalibrationSource
POD_EVENT_KIND_UNSPECIFIED: PodEventKind
POD_EVENT_KIND_MERGED: PodEventKind
POD_EVENT_KIND_SEVERED: PodEventKind
POD_EVENT_KIND_ALONE: PodEventKind
POD_EVENT_KIND_LATCHED: PodEventKind
POD_EVENT_KIND_UNLATCHED: PodEventKind
POD_EVENT_KIND_MALFUNCTION: PodEventKind
POD_EVENT_KIND_LEFT: PodEventKind
POD_EVENT_KIND_WARNED: PodEventKind
POD_EVENT_KIND_DECLINED: PodEventKind
WAKE_SCOPE_UNSPECIFIED: WakeScope
WAKE_SCOPE_POD: WakeScope
WAKE_SCOPE_DREAMSCAPE: WakeScope
WAKE_SCOPE_SITE: WakeScope
WAKE_SCOPE_FLEET: WakeScope

class Versions(_message.Message):
    __slots__ = ("software", "wire")
    SOFTWARE_FIELD_NUMBER: _ClassVar[int]
    WIRE_FIELD_NUMBER: _ClassVar[int]
    software: str
    wire: int
    def __init__(self, software: _Optional[str] = ..., wire: _Optional[int] = ...) -> None: ...

class Device(_message.Message):
    __slots__ = ("kind", "model", "channels", "rate_hz")
    KIND_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    RATE_HZ_FIELD_NUMBER: _ClassVar[int]
    kind: str
    model: str
    channels: _containers.RepeatedScalarFieldContainer[str]
    rate_hz: float
    def __init__(self, kind: _Optional[str] = ..., model: _Optional[str] = ..., channels: _Optional[_Iterable[str]] = ..., rate_hz: _Optional[float] = ...) -> None: ...

class Presence(_message.Message):
    __slots__ = ("pod", "incarnation", "online", "site", "device", "schema", "versions", "gateway")
    POD_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    ONLINE_FIELD_NUMBER: _ClassVar[int]
    SITE_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    VERSIONS_FIELD_NUMBER: _ClassVar[int]
    GATEWAY_FIELD_NUMBER: _ClassVar[int]
    pod: str
    incarnation: int
    online: bool
    site: str
    device: Device
    schema: str
    versions: Versions
    gateway: str
    def __init__(self, pod: _Optional[str] = ..., incarnation: _Optional[int] = ..., online: bool = ..., site: _Optional[str] = ..., device: _Optional[_Union[Device, _Mapping]] = ..., schema: _Optional[str] = ..., versions: _Optional[_Union[Versions, _Mapping]] = ..., gateway: _Optional[str] = ...) -> None: ...

class Calibration(_message.Message):
    __slots__ = ("done", "source", "clean_s", "template_db", "scale_db", "alpha_hz")
    DONE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    CLEAN_S_FIELD_NUMBER: _ClassVar[int]
    TEMPLATE_DB_FIELD_NUMBER: _ClassVar[int]
    SCALE_DB_FIELD_NUMBER: _ClassVar[int]
    ALPHA_HZ_FIELD_NUMBER: _ClassVar[int]
    done: bool
    source: CalibrationSource
    clean_s: float
    template_db: bytes
    scale_db: bytes
    alpha_hz: float
    def __init__(self, done: bool = ..., source: _Optional[_Union[CalibrationSource, str]] = ..., clean_s: _Optional[float] = ..., template_db: _Optional[bytes] = ..., scale_db: _Optional[bytes] = ..., alpha_hz: _Optional[float] = ...) -> None: ...

class ClockState(_message.Message):
    __slots__ = ("synced", "offset_us", "uncertainty_us", "round_trip_us")
    SYNCED_FIELD_NUMBER: _ClassVar[int]
    OFFSET_US_FIELD_NUMBER: _ClassVar[int]
    UNCERTAINTY_US_FIELD_NUMBER: _ClassVar[int]
    ROUND_TRIP_US_FIELD_NUMBER: _ClassVar[int]
    synced: bool
    offset_us: int
    uncertainty_us: int
    round_trip_us: int
    def __init__(self, synced: bool = ..., offset_us: _Optional[int] = ..., uncertainty_us: _Optional[int] = ..., round_trip_us: _Optional[int] = ...) -> None: ...

class ChannelState(_message.Message):
    __slots__ = ("name", "quality", "cause")
    NAME_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    name: str
    quality: float
    cause: str
    def __init__(self, name: _Optional[str] = ..., quality: _Optional[float] = ..., cause: _Optional[str] = ...) -> None: ...

class CommandOutcome(_message.Message):
    __slots__ = ("counter", "refused")
    COUNTER_FIELD_NUMBER: _ClassVar[int]
    REFUSED_FIELD_NUMBER: _ClassVar[int]
    counter: int
    refused: str
    def __init__(self, counter: _Optional[int] = ..., refused: _Optional[str] = ...) -> None: ...

class StoredSever(_message.Message):
    __slots__ = ("dreamscape", "term", "tick", "cause")
    DREAMSCAPE_FIELD_NUMBER: _ClassVar[int]
    TERM_FIELD_NUMBER: _ClassVar[int]
    TICK_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    dreamscape: str
    term: int
    tick: int
    cause: str
    def __init__(self, dreamscape: _Optional[str] = ..., term: _Optional[int] = ..., tick: _Optional[int] = ..., cause: _Optional[str] = ...) -> None: ...

class Status(_message.Message):
    __slots__ = ("pod", "incarnation", "assignment", "channels", "quality", "quality_cause", "calibration", "clock", "applied", "latched", "severed", "outcomes", "load_cpu", "load_rss_kib", "refused_broadcasts", "recording_ended", "at_us", "renderer", "renderer_fault", "log_contradiction", "vital", "unheard_gateway")
    POD_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    ASSIGNMENT_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    QUALITY_CAUSE_FIELD_NUMBER: _ClassVar[int]
    CALIBRATION_FIELD_NUMBER: _ClassVar[int]
    CLOCK_FIELD_NUMBER: _ClassVar[int]
    APPLIED_FIELD_NUMBER: _ClassVar[int]
    LATCHED_FIELD_NUMBER: _ClassVar[int]
    SEVERED_FIELD_NUMBER: _ClassVar[int]
    OUTCOMES_FIELD_NUMBER: _ClassVar[int]
    LOAD_CPU_FIELD_NUMBER: _ClassVar[int]
    LOAD_RSS_KIB_FIELD_NUMBER: _ClassVar[int]
    REFUSED_BROADCASTS_FIELD_NUMBER: _ClassVar[int]
    RECORDING_ENDED_FIELD_NUMBER: _ClassVar[int]
    AT_US_FIELD_NUMBER: _ClassVar[int]
    RENDERER_FIELD_NUMBER: _ClassVar[int]
    RENDERER_FAULT_FIELD_NUMBER: _ClassVar[int]
    LOG_CONTRADICTION_FIELD_NUMBER: _ClassVar[int]
    VITAL_FIELD_NUMBER: _ClassVar[int]
    UNHEARD_GATEWAY_FIELD_NUMBER: _ClassVar[int]
    pod: str
    incarnation: int
    assignment: int
    channels: _containers.RepeatedCompositeFieldContainer[ChannelState]
    quality: float
    quality_cause: str
    calibration: Calibration
    clock: ClockState
    applied: float
    latched: str
    severed: StoredSever
    outcomes: _containers.RepeatedCompositeFieldContainer[CommandOutcome]
    load_cpu: float
    load_rss_kib: int
    refused_broadcasts: int
    recording_ended: bool
    at_us: int
    renderer: str
    renderer_fault: str
    log_contradiction: str
    vital: bool
    unheard_gateway: str
    def __init__(self, pod: _Optional[str] = ..., incarnation: _Optional[int] = ..., assignment: _Optional[int] = ..., channels: _Optional[_Iterable[_Union[ChannelState, _Mapping]]] = ..., quality: _Optional[float] = ..., quality_cause: _Optional[str] = ..., calibration: _Optional[_Union[Calibration, _Mapping]] = ..., clock: _Optional[_Union[ClockState, _Mapping]] = ..., applied: _Optional[float] = ..., latched: _Optional[str] = ..., severed: _Optional[_Union[StoredSever, _Mapping]] = ..., outcomes: _Optional[_Iterable[_Union[CommandOutcome, _Mapping]]] = ..., load_cpu: _Optional[float] = ..., load_rss_kib: _Optional[int] = ..., refused_broadcasts: _Optional[int] = ..., recording_ended: bool = ..., at_us: _Optional[int] = ..., renderer: _Optional[str] = ..., renderer_fault: _Optional[str] = ..., log_contradiction: _Optional[str] = ..., vital: bool = ..., unheard_gateway: _Optional[str] = ...) -> None: ...

class PodEvent(_message.Message):
    __slots__ = ("id", "pod", "incarnation", "kind", "cause", "dreamscape", "assignment", "unix_ms", "onset_ns", "evidence_ns", "zero_ns", "alone_ns", "term", "tick", "detail", "consent_revision", "consent_subject")
    ID_FIELD_NUMBER: _ClassVar[int]
    POD_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    DREAMSCAPE_FIELD_NUMBER: _ClassVar[int]
    ASSIGNMENT_FIELD_NUMBER: _ClassVar[int]
    UNIX_MS_FIELD_NUMBER: _ClassVar[int]
    ONSET_NS_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_NS_FIELD_NUMBER: _ClassVar[int]
    ZERO_NS_FIELD_NUMBER: _ClassVar[int]
    ALONE_NS_FIELD_NUMBER: _ClassVar[int]
    TERM_FIELD_NUMBER: _ClassVar[int]
    TICK_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    CONSENT_REVISION_FIELD_NUMBER: _ClassVar[int]
    CONSENT_SUBJECT_FIELD_NUMBER: _ClassVar[int]
    id: bytes
    pod: str
    incarnation: int
    kind: PodEventKind
    cause: str
    dreamscape: str
    assignment: int
    unix_ms: int
    onset_ns: int
    evidence_ns: int
    zero_ns: int
    alone_ns: int
    term: int
    tick: int
    detail: str
    consent_revision: int
    consent_subject: str
    def __init__(self, id: _Optional[bytes] = ..., pod: _Optional[str] = ..., incarnation: _Optional[int] = ..., kind: _Optional[_Union[PodEventKind, str]] = ..., cause: _Optional[str] = ..., dreamscape: _Optional[str] = ..., assignment: _Optional[int] = ..., unix_ms: _Optional[int] = ..., onset_ns: _Optional[int] = ..., evidence_ns: _Optional[int] = ..., zero_ns: _Optional[int] = ..., alone_ns: _Optional[int] = ..., term: _Optional[int] = ..., tick: _Optional[int] = ..., detail: _Optional[str] = ..., consent_revision: _Optional[int] = ..., consent_subject: _Optional[str] = ...) -> None: ...

class Sealed(_message.Message):
    __slots__ = ("body", "signature", "key")
    BODY_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    body: bytes
    signature: bytes
    key: int
    def __init__(self, body: _Optional[bytes] = ..., signature: _Optional[bytes] = ..., key: _Optional[int] = ...) -> None: ...

class Modalities(_message.Message):
    __slots__ = ("sound", "light", "touch")
    SOUND_FIELD_NUMBER: _ClassVar[int]
    LIGHT_FIELD_NUMBER: _ClassVar[int]
    TOUCH_FIELD_NUMBER: _ClassVar[int]
    sound: bool
    light: bool
    touch: bool
    def __init__(self, sound: bool = ..., light: bool = ..., touch: bool = ...) -> None: ...

class Assign(_message.Message):
    __slots__ = ("dreamscape", "cohort", "slot", "assignment", "incarnation", "term", "ceiling", "cap", "seconds_left", "schema", "mu_db", "sigma_db", "ramp_s", "dose_left_min", "dose_limit_min", "consent_revision", "key", "key_number", "consent_subject", "modalities", "anchor")
    DREAMSCAPE_FIELD_NUMBER: _ClassVar[int]
    COHORT_FIELD_NUMBER: _ClassVar[int]
    SLOT_FIELD_NUMBER: _ClassVar[int]
    ASSIGNMENT_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    TERM_FIELD_NUMBER: _ClassVar[int]
    CEILING_FIELD_NUMBER: _ClassVar[int]
    CAP_FIELD_NUMBER: _ClassVar[int]
    SECONDS_LEFT_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    MU_DB_FIELD_NUMBER: _ClassVar[int]
    SIGMA_DB_FIELD_NUMBER: _ClassVar[int]
    RAMP_S_FIELD_NUMBER: _ClassVar[int]
    DOSE_LEFT_MIN_FIELD_NUMBER: _ClassVar[int]
    DOSE_LIMIT_MIN_FIELD_NUMBER: _ClassVar[int]
    CONSENT_REVISION_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    KEY_NUMBER_FIELD_NUMBER: _ClassVar[int]
    CONSENT_SUBJECT_FIELD_NUMBER: _ClassVar[int]
    MODALITIES_FIELD_NUMBER: _ClassVar[int]
    ANCHOR_FIELD_NUMBER: _ClassVar[int]
    dreamscape: str
    cohort: int
    slot: int
    assignment: int
    incarnation: int
    term: int
    ceiling: float
    cap: float
    seconds_left: float
    schema: str
    mu_db: bytes
    sigma_db: bytes
    ramp_s: float
    dose_left_min: float
    dose_limit_min: float
    consent_revision: int
    key: bytes
    key_number: int
    consent_subject: str
    modalities: Modalities
    anchor: bool
    def __init__(self, dreamscape: _Optional[str] = ..., cohort: _Optional[int] = ..., slot: _Optional[int] = ..., assignment: _Optional[int] = ..., incarnation: _Optional[int] = ..., term: _Optional[int] = ..., ceiling: _Optional[float] = ..., cap: _Optional[float] = ..., seconds_left: _Optional[float] = ..., schema: _Optional[str] = ..., mu_db: _Optional[bytes] = ..., sigma_db: _Optional[bytes] = ..., ramp_s: _Optional[float] = ..., dose_left_min: _Optional[float] = ..., dose_limit_min: _Optional[float] = ..., consent_revision: _Optional[int] = ..., key: _Optional[bytes] = ..., key_number: _Optional[int] = ..., consent_subject: _Optional[str] = ..., modalities: _Optional[_Union[Modalities, _Mapping]] = ..., anchor: bool = ...) -> None: ...

class Release(_message.Message):
    __slots__ = ("reason", "term", "tick")
    REASON_FIELD_NUMBER: _ClassVar[int]
    TERM_FIELD_NUMBER: _ClassVar[int]
    TICK_FIELD_NUMBER: _ClassVar[int]
    reason: str
    term: int
    tick: int
    def __init__(self, reason: _Optional[str] = ..., term: _Optional[int] = ..., tick: _Optional[int] = ...) -> None: ...

class WakePod(_message.Message):
    __slots__ = ("reason", "issuer")
    REASON_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    reason: str
    issuer: str
    def __init__(self, reason: _Optional[str] = ..., issuer: _Optional[str] = ...) -> None: ...

class Recalibrate(_message.Message):
    __slots__ = ("reason",)
    REASON_FIELD_NUMBER: _ClassVar[int]
    reason: str
    def __init__(self, reason: _Optional[str] = ...) -> None: ...

class Ack(_message.Message):
    __slots__ = ("ids",)
    IDS_FIELD_NUMBER: _ClassVar[int]
    ids: _containers.RepeatedScalarFieldContainer[bytes]
    def __init__(self, ids: _Optional[_Iterable[bytes]] = ...) -> None: ...

class Command(_message.Message):
    __slots__ = ("pod", "counter", "incarnation", "not_after_ms", "assign", "release", "wake", "recalibrate", "ack")
    POD_FIELD_NUMBER: _ClassVar[int]
    COUNTER_FIELD_NUMBER: _ClassVar[int]
    INCARNATION_FIELD_NUMBER: _ClassVar[int]
    NOT_AFTER_MS_FIELD_NUMBER: _ClassVar[int]
    ASSIGN_FIELD_NUMBER: _ClassVar[int]
    RELEASE_FIELD_NUMBER: _ClassVar[int]
    WAKE_FIELD_NUMBER: _ClassVar[int]
    RECALIBRATE_FIELD_NUMBER: _ClassVar[int]
    ACK_FIELD_NUMBER: _ClassVar[int]
    pod: str
    counter: int
    incarnation: int
    not_after_ms: int
    assign: Assign
    release: Release
    wake: WakePod
    recalibrate: Recalibrate
    ack: Ack
    def __init__(self, pod: _Optional[str] = ..., counter: _Optional[int] = ..., incarnation: _Optional[int] = ..., not_after_ms: _Optional[int] = ..., assign: _Optional[_Union[Assign, _Mapping]] = ..., release: _Optional[_Union[Release, _Mapping]] = ..., wake: _Optional[_Union[WakePod, _Mapping]] = ..., recalibrate: _Optional[_Union[Recalibrate, _Mapping]] = ..., ack: _Optional[_Union[Ack, _Mapping]] = ...) -> None: ...

class ClockProbe(_message.Message):
    __slots__ = ("nonce", "t0_us", "t1_us", "t2_us", "frame_instant")
    NONCE_FIELD_NUMBER: _ClassVar[int]
    T0_US_FIELD_NUMBER: _ClassVar[int]
    T1_US_FIELD_NUMBER: _ClassVar[int]
    T2_US_FIELD_NUMBER: _ClassVar[int]
    FRAME_INSTANT_FIELD_NUMBER: _ClassVar[int]
    nonce: int
    t0_us: int
    t1_us: int
    t2_us: int
    frame_instant: int
    def __init__(self, nonce: _Optional[int] = ..., t0_us: _Optional[int] = ..., t1_us: _Optional[int] = ..., t2_us: _Optional[int] = ..., frame_instant: _Optional[int] = ...) -> None: ...

class Frame(_message.Message):
    __slots__ = ("assignment", "seq", "instant", "offset_error_us", "uncertainty_us", "schema", "features", "phasors", "quality", "applied", "fading", "latched", "heard_term", "heard_tick", "severed", "own_z")
    ASSIGNMENT_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    INSTANT_FIELD_NUMBER: _ClassVar[int]
    OFFSET_ERROR_US_FIELD_NUMBER: _ClassVar[int]
    UNCERTAINTY_US_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    PHASORS_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    APPLIED_FIELD_NUMBER: _ClassVar[int]
    FADING_FIELD_NUMBER: _ClassVar[int]
    LATCHED_FIELD_NUMBER: _ClassVar[int]
    HEARD_TERM_FIELD_NUMBER: _ClassVar[int]
    HEARD_TICK_FIELD_NUMBER: _ClassVar[int]
    SEVERED_FIELD_NUMBER: _ClassVar[int]
    OWN_Z_FIELD_NUMBER: _ClassVar[int]
    assignment: int
    seq: int
    instant: int
    offset_error_us: int
    uncertainty_us: int
    schema: int
    features: bytes
    phasors: bytes
    quality: float
    applied: float
    fading: bool
    latched: str
    heard_term: int
    heard_tick: int
    severed: StoredSever
    own_z: float
    def __init__(self, assignment: _Optional[int] = ..., seq: _Optional[int] = ..., instant: _Optional[int] = ..., offset_error_us: _Optional[int] = ..., uncertainty_us: _Optional[int] = ..., schema: _Optional[int] = ..., features: _Optional[bytes] = ..., phasors: _Optional[bytes] = ..., quality: _Optional[float] = ..., applied: _Optional[float] = ..., fading: bool = ..., latched: _Optional[str] = ..., heard_term: _Optional[int] = ..., heard_tick: _Optional[int] = ..., severed: _Optional[_Union[StoredSever, _Mapping]] = ..., own_z: _Optional[float] = ...) -> None: ...

class PlainFrame(_message.Message):
    __slots__ = ("assignment", "seq", "instant", "offset_error_us", "uncertainty_us", "schema", "features", "phasors", "quality", "applied", "fading", "heard_term", "heard_tick", "own_z")
    ASSIGNMENT_FIELD_NUMBER: _ClassVar[int]
    SEQ_FIELD_NUMBER: _ClassVar[int]
    INSTANT_FIELD_NUMBER: _ClassVar[int]
    OFFSET_ERROR_US_FIELD_NUMBER: _ClassVar[int]
    UNCERTAINTY_US_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    PHASORS_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    APPLIED_FIELD_NUMBER: _ClassVar[int]
    FADING_FIELD_NUMBER: _ClassVar[int]
    HEARD_TERM_FIELD_NUMBER: _ClassVar[int]
    HEARD_TICK_FIELD_NUMBER: _ClassVar[int]
    OWN_Z_FIELD_NUMBER: _ClassVar[int]
    assignment: int
    seq: int
    instant: int
    offset_error_us: int
    uncertainty_us: int
    schema: int
    features: bytes
    phasors: bytes
    quality: float
    applied: float
    fading: bool
    heard_term: int
    heard_tick: int
    own_z: float
    def __init__(self, assignment: _Optional[int] = ..., seq: _Optional[int] = ..., instant: _Optional[int] = ..., offset_error_us: _Optional[int] = ..., uncertainty_us: _Optional[int] = ..., schema: _Optional[int] = ..., features: _Optional[bytes] = ..., phasors: _Optional[bytes] = ..., quality: _Optional[float] = ..., applied: _Optional[float] = ..., fading: bool = ..., heard_term: _Optional[int] = ..., heard_tick: _Optional[int] = ..., own_z: _Optional[float] = ...) -> None: ...

class Frames(_message.Message):
    __slots__ = ("frames", "plain")
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    PLAIN_FIELD_NUMBER: _ClassVar[int]
    frames: _containers.RepeatedCompositeFieldContainer[Frame]
    plain: _containers.RepeatedCompositeFieldContainer[PlainFrame]
    def __init__(self, frames: _Optional[_Iterable[_Union[Frame, _Mapping]]] = ..., plain: _Optional[_Iterable[_Union[PlainFrame, _Mapping]]] = ...) -> None: ...

class Collective(_message.Message):
    __slots__ = ("dreamscape", "cohort", "tick", "instant", "term", "min_reader", "r", "m", "sum", "weight", "artist", "share", "phase_means", "coupling", "answered", "key_number", "count", "ciphertext")
    DREAMSCAPE_FIELD_NUMBER: _ClassVar[int]
    COHORT_FIELD_NUMBER: _ClassVar[int]
    TICK_FIELD_NUMBER: _ClassVar[int]
    INSTANT_FIELD_NUMBER: _ClassVar[int]
    TERM_FIELD_NUMBER: _ClassVar[int]
    MIN_READER_FIELD_NUMBER: _ClassVar[int]
    R_FIELD_NUMBER: _ClassVar[int]
    M_FIELD_NUMBER: _ClassVar[int]
    SUM_FIELD_NUMBER: _ClassVar[int]
    WEIGHT_FIELD_NUMBER: _ClassVar[int]
    ARTIST_FIELD_NUMBER: _ClassVar[int]
    SHARE_FIELD_NUMBER: _ClassVar[int]
    PHASE_MEANS_FIELD_NUMBER: _ClassVar[int]
    COUPLING_FIELD_NUMBER: _ClassVar[int]
    ANSWERED_FIELD_NUMBER: _ClassVar[int]
    KEY_NUMBER_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    CIPHERTEXT_FIELD_NUMBER: _ClassVar[int]
    dreamscape: str
    cohort: int
    tick: int
    instant: int
    term: int
    min_reader: int
    r: bytes
    m: bytes
    sum: bytes
    weight: float
    artist: bytes
    share: float
    phase_means: bytes
    coupling: bytes
    answered: bytes
    key_number: int
    count: int
    ciphertext: bytes
    def __init__(self, dreamscape: _Optional[str] = ..., cohort: _Optional[int] = ..., tick: _Optional[int] = ..., instant: _Optional[int] = ..., term: _Optional[int] = ..., min_reader: _Optional[int] = ..., r: _Optional[bytes] = ..., m: _Optional[bytes] = ..., sum: _Optional[bytes] = ..., weight: _Optional[float] = ..., artist: _Optional[bytes] = ..., share: _Optional[float] = ..., phase_means: _Optional[bytes] = ..., coupling: _Optional[bytes] = ..., answered: _Optional[bytes] = ..., key_number: _Optional[int] = ..., count: _Optional[int] = ..., ciphertext: _Optional[bytes] = ...) -> None: ...

class Moratorium(_message.Message):
    __slots__ = ("id", "scope", "target", "issuer", "reason", "called_ms", "from_ms", "until_ms", "ends_ms", "seconded", "people_only", "clause")
    ID_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    CALLED_MS_FIELD_NUMBER: _ClassVar[int]
    FROM_MS_FIELD_NUMBER: _ClassVar[int]
    UNTIL_MS_FIELD_NUMBER: _ClassVar[int]
    ENDS_MS_FIELD_NUMBER: _ClassVar[int]
    SECONDED_FIELD_NUMBER: _ClassVar[int]
    PEOPLE_ONLY_FIELD_NUMBER: _ClassVar[int]
    CLAUSE_FIELD_NUMBER: _ClassVar[int]
    id: str
    scope: WakeScope
    target: str
    issuer: str
    reason: str
    called_ms: int
    from_ms: int
    until_ms: int
    ends_ms: int
    seconded: bool
    people_only: bool
    clause: str
    def __init__(self, id: _Optional[str] = ..., scope: _Optional[_Union[WakeScope, str]] = ..., target: _Optional[str] = ..., issuer: _Optional[str] = ..., reason: _Optional[str] = ..., called_ms: _Optional[int] = ..., from_ms: _Optional[int] = ..., until_ms: _Optional[int] = ..., ends_ms: _Optional[int] = ..., seconded: bool = ..., people_only: bool = ..., clause: _Optional[str] = ...) -> None: ...

class WakeOrder(_message.Message):
    __slots__ = ("id", "revision", "scope", "target", "issuer", "reason", "at_ms", "lifted", "moratoria", "moratoria_revision")
    ID_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    LIFTED_FIELD_NUMBER: _ClassVar[int]
    MORATORIA_FIELD_NUMBER: _ClassVar[int]
    MORATORIA_REVISION_FIELD_NUMBER: _ClassVar[int]
    id: str
    revision: int
    scope: WakeScope
    target: str
    issuer: str
    reason: str
    at_ms: int
    lifted: bool
    moratoria: _containers.RepeatedCompositeFieldContainer[Moratorium]
    moratoria_revision: int
    def __init__(self, id: _Optional[str] = ..., revision: _Optional[int] = ..., scope: _Optional[_Union[WakeScope, str]] = ..., target: _Optional[str] = ..., issuer: _Optional[str] = ..., reason: _Optional[str] = ..., at_ms: _Optional[int] = ..., lifted: bool = ..., moratoria: _Optional[_Iterable[_Union[Moratorium, _Mapping]]] = ..., moratoria_revision: _Optional[int] = ...) -> None: ...

class DaemonPresence(_message.Message):
    __slots__ = ("instance", "online", "versions", "at_ms", "writes", "checkpoint")
    INSTANCE_FIELD_NUMBER: _ClassVar[int]
    ONLINE_FIELD_NUMBER: _ClassVar[int]
    VERSIONS_FIELD_NUMBER: _ClassVar[int]
    AT_MS_FIELD_NUMBER: _ClassVar[int]
    WRITES_FIELD_NUMBER: _ClassVar[int]
    CHECKPOINT_FIELD_NUMBER: _ClassVar[int]
    instance: str
    online: bool
    versions: Versions
    at_ms: int
    writes: int
    checkpoint: str
    def __init__(self, instance: _Optional[str] = ..., online: bool = ..., versions: _Optional[_Union[Versions, _Mapping]] = ..., at_ms: _Optional[int] = ..., writes: _Optional[int] = ..., checkpoint: _Optional[str] = ...) -> None: ...
