from dreamapi.v1 import rules_pb2 as _rules_pb2
from dreamapi.v1 import severing_pb2 as _severing_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import field_mask_pb2 as _field_mask_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class DreamscapeKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DREAMSCAPE_KIND_UNSPECIFIED: _ClassVar[DreamscapeKind]
    DREAMSCAPE_KIND_SHARED: _ClassVar[DreamscapeKind]
    DREAMSCAPE_KIND_ANCHOR: _ClassVar[DreamscapeKind]
DREAMSCAPE_KIND_UNSPECIFIED: DreamscapeKind
DREAMSCAPE_KIND_SHARED: DreamscapeKind
DREAMSCAPE_KIND_ANCHOR: DreamscapeKind

class Plan(_message.Message):
    __slots__ = ("seats_min", "seats_max", "start_time", "close_time", "pods", "site", "schema", "late_joining", "intimate", "ceiling", "ramp", "guidelines", "artist_share", "record", "kind")
    SEATS_MIN_FIELD_NUMBER: _ClassVar[int]
    SEATS_MAX_FIELD_NUMBER: _ClassVar[int]
    START_TIME_FIELD_NUMBER: _ClassVar[int]
    CLOSE_TIME_FIELD_NUMBER: _ClassVar[int]
    PODS_FIELD_NUMBER: _ClassVar[int]
    SITE_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    LATE_JOINING_FIELD_NUMBER: _ClassVar[int]
    INTIMATE_FIELD_NUMBER: _ClassVar[int]
    CEILING_FIELD_NUMBER: _ClassVar[int]
    RAMP_FIELD_NUMBER: _ClassVar[int]
    GUIDELINES_FIELD_NUMBER: _ClassVar[int]
    ARTIST_SHARE_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    seats_min: int
    seats_max: int
    start_time: _timestamp_pb2.Timestamp
    close_time: _timestamp_pb2.Timestamp
    pods: _containers.RepeatedScalarFieldContainer[str]
    site: str
    schema: str
    late_joining: bool
    intimate: bool
    ceiling: float
    ramp: _duration_pb2.Duration
    guidelines: str
    artist_share: float
    record: bool
    kind: DreamscapeKind
    def __init__(self, seats_min: _Optional[int] = ..., seats_max: _Optional[int] = ..., start_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., close_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., pods: _Optional[_Iterable[str]] = ..., site: _Optional[str] = ..., schema: _Optional[str] = ..., late_joining: bool = ..., intimate: bool = ..., ceiling: _Optional[float] = ..., ramp: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., guidelines: _Optional[str] = ..., artist_share: _Optional[float] = ..., record: bool = ..., kind: _Optional[_Union[DreamscapeKind, str]] = ...) -> None: ...

class Seat(_message.Message):
    __slots__ = ("name", "pod", "sleeper", "state", "refusal_code", "refusal", "granted", "applied", "quality", "breaker", "distance", "synchrony", "identity", "cause", "heard_age", "consent", "dose_share")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[Seat.State]
        STATE_WAITING: _ClassVar[Seat.State]
        STATE_ADMITTED: _ClassVar[Seat.State]
        STATE_ASSIGNED: _ClassVar[Seat.State]
        STATE_SEVERED: _ClassVar[Seat.State]
        STATE_LEFT: _ClassVar[Seat.State]
        STATE_COMMITTING: _ClassVar[Seat.State]
    STATE_UNSPECIFIED: Seat.State
    STATE_WAITING: Seat.State
    STATE_ADMITTED: Seat.State
    STATE_ASSIGNED: Seat.State
    STATE_SEVERED: Seat.State
    STATE_LEFT: Seat.State
    STATE_COMMITTING: Seat.State
    NAME_FIELD_NUMBER: _ClassVar[int]
    POD_FIELD_NUMBER: _ClassVar[int]
    SLEEPER_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_CODE_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    GRANTED_FIELD_NUMBER: _ClassVar[int]
    APPLIED_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    BREAKER_FIELD_NUMBER: _ClassVar[int]
    DISTANCE_FIELD_NUMBER: _ClassVar[int]
    SYNCHRONY_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    HEARD_AGE_FIELD_NUMBER: _ClassVar[int]
    CONSENT_FIELD_NUMBER: _ClassVar[int]
    DOSE_SHARE_FIELD_NUMBER: _ClassVar[int]
    name: str
    pod: str
    sleeper: str
    state: Seat.State
    refusal_code: str
    refusal: str
    granted: float
    applied: float
    quality: float
    breaker: _severing_pb2.Breaker
    distance: float
    synchrony: float
    identity: float
    cause: str
    heard_age: _duration_pb2.Duration
    consent: str
    dose_share: float
    def __init__(self, name: _Optional[str] = ..., pod: _Optional[str] = ..., sleeper: _Optional[str] = ..., state: _Optional[_Union[Seat.State, str]] = ..., refusal_code: _Optional[str] = ..., refusal: _Optional[str] = ..., granted: _Optional[float] = ..., applied: _Optional[float] = ..., quality: _Optional[float] = ..., breaker: _Optional[_Union[_severing_pb2.Breaker, _Mapping]] = ..., distance: _Optional[float] = ..., synchrony: _Optional[float] = ..., identity: _Optional[float] = ..., cause: _Optional[str] = ..., heard_age: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., consent: _Optional[str] = ..., dose_share: _Optional[float] = ...) -> None: ...

class Dreamscape(_message.Message):
    __slots__ = ("name", "plan", "state", "state_cause", "create_time", "term", "tick", "ticks_skipped", "assigned", "merged", "seats", "etag", "unheard", "unknown_pods", "recording")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[Dreamscape.State]
        STATE_PLANNED: _ClassVar[Dreamscape.State]
        STATE_GATHERING: _ClassVar[Dreamscape.State]
        STATE_DREAMING: _ClassVar[Dreamscape.State]
        STATE_SEVERED: _ClassVar[Dreamscape.State]
        STATE_WAKING: _ClassVar[Dreamscape.State]
        STATE_ENDED: _ClassVar[Dreamscape.State]
    STATE_UNSPECIFIED: Dreamscape.State
    STATE_PLANNED: Dreamscape.State
    STATE_GATHERING: Dreamscape.State
    STATE_DREAMING: Dreamscape.State
    STATE_SEVERED: Dreamscape.State
    STATE_WAKING: Dreamscape.State
    STATE_ENDED: Dreamscape.State
    NAME_FIELD_NUMBER: _ClassVar[int]
    PLAN_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    STATE_CAUSE_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    TERM_FIELD_NUMBER: _ClassVar[int]
    TICK_FIELD_NUMBER: _ClassVar[int]
    TICKS_SKIPPED_FIELD_NUMBER: _ClassVar[int]
    ASSIGNED_FIELD_NUMBER: _ClassVar[int]
    MERGED_FIELD_NUMBER: _ClassVar[int]
    SEATS_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    UNHEARD_FIELD_NUMBER: _ClassVar[int]
    UNKNOWN_PODS_FIELD_NUMBER: _ClassVar[int]
    RECORDING_FIELD_NUMBER: _ClassVar[int]
    name: str
    plan: Plan
    state: Dreamscape.State
    state_cause: str
    create_time: _timestamp_pb2.Timestamp
    term: int
    tick: int
    ticks_skipped: int
    assigned: int
    merged: int
    seats: _containers.RepeatedCompositeFieldContainer[Seat]
    etag: str
    unheard: int
    unknown_pods: _containers.RepeatedScalarFieldContainer[str]
    recording: Recording
    def __init__(self, name: _Optional[str] = ..., plan: _Optional[_Union[Plan, _Mapping]] = ..., state: _Optional[_Union[Dreamscape.State, str]] = ..., state_cause: _Optional[str] = ..., create_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., term: _Optional[int] = ..., tick: _Optional[int] = ..., ticks_skipped: _Optional[int] = ..., assigned: _Optional[int] = ..., merged: _Optional[int] = ..., seats: _Optional[_Iterable[_Union[Seat, _Mapping]]] = ..., etag: _Optional[str] = ..., unheard: _Optional[int] = ..., unknown_pods: _Optional[_Iterable[str]] = ..., recording: _Optional[_Union[Recording, _Mapping]] = ...) -> None: ...

class Recording(_message.Message):
    __slots__ = ("state", "directory", "written_duration", "parts", "missing", "trouble")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[Recording.State]
        STATE_WAITING: _ClassVar[Recording.State]
        STATE_RUNNING: _ClassVar[Recording.State]
        STATE_STOPPED: _ClassVar[Recording.State]
        STATE_COMPLETE: _ClassVar[Recording.State]
    STATE_UNSPECIFIED: Recording.State
    STATE_WAITING: Recording.State
    STATE_RUNNING: Recording.State
    STATE_STOPPED: Recording.State
    STATE_COMPLETE: Recording.State
    STATE_FIELD_NUMBER: _ClassVar[int]
    DIRECTORY_FIELD_NUMBER: _ClassVar[int]
    WRITTEN_DURATION_FIELD_NUMBER: _ClassVar[int]
    PARTS_FIELD_NUMBER: _ClassVar[int]
    MISSING_FIELD_NUMBER: _ClassVar[int]
    TROUBLE_FIELD_NUMBER: _ClassVar[int]
    state: Recording.State
    directory: str
    written_duration: _duration_pb2.Duration
    parts: int
    missing: int
    trouble: str
    def __init__(self, state: _Optional[_Union[Recording.State, str]] = ..., directory: _Optional[str] = ..., written_duration: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., parts: _Optional[int] = ..., missing: _Optional[int] = ..., trouble: _Optional[str] = ...) -> None: ...

class Synchrony(_message.Message):
    __slots__ = ("band", "ppc", "z", "surrogate_z", "order")
    BAND_FIELD_NUMBER: _ClassVar[int]
    PPC_FIELD_NUMBER: _ClassVar[int]
    Z_FIELD_NUMBER: _ClassVar[int]
    SURROGATE_Z_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    band: str
    ppc: float
    z: float
    surrogate_z: float
    order: float
    def __init__(self, band: _Optional[str] = ..., ppc: _Optional[float] = ..., z: _Optional[float] = ..., surrogate_z: _Optional[float] = ..., order: _Optional[float] = ...) -> None: ...

class Identity(_message.Message):
    __slots__ = ("dispersion_ratio", "rank_ratio", "i_self", "i_others", "i_diff", "identified")
    DISPERSION_RATIO_FIELD_NUMBER: _ClassVar[int]
    RANK_RATIO_FIELD_NUMBER: _ClassVar[int]
    I_SELF_FIELD_NUMBER: _ClassVar[int]
    I_OTHERS_FIELD_NUMBER: _ClassVar[int]
    I_DIFF_FIELD_NUMBER: _ClassVar[int]
    IDENTIFIED_FIELD_NUMBER: _ClassVar[int]
    dispersion_ratio: float
    rank_ratio: float
    i_self: float
    i_others: float
    i_diff: float
    identified: float
    def __init__(self, dispersion_ratio: _Optional[float] = ..., rank_ratio: _Optional[float] = ..., i_self: _Optional[float] = ..., i_others: _Optional[float] = ..., i_diff: _Optional[float] = ..., identified: _Optional[float] = ...) -> None: ...

class Runaway(_message.Message):
    __slots__ = ("energy", "energy_limit", "lag_correlation")
    ENERGY_FIELD_NUMBER: _ClassVar[int]
    ENERGY_LIMIT_FIELD_NUMBER: _ClassVar[int]
    LAG_CORRELATION_FIELD_NUMBER: _ClassVar[int]
    energy: float
    energy_limit: float
    lag_correlation: float
    def __init__(self, energy: _Optional[float] = ..., energy_limit: _Optional[float] = ..., lag_correlation: _Optional[float] = ...) -> None: ...

class Collective(_message.Message):
    __slots__ = ("dreamscape", "term", "tick", "grid_time", "centre", "centre_hidden", "included", "assigned", "merged", "dispersion", "seats", "tick_duration", "skipped", "synchrony", "identity", "runaway", "level", "halved_cause", "artist", "artist_share", "unheard")
    DREAMSCAPE_FIELD_NUMBER: _ClassVar[int]
    TERM_FIELD_NUMBER: _ClassVar[int]
    TICK_FIELD_NUMBER: _ClassVar[int]
    GRID_TIME_FIELD_NUMBER: _ClassVar[int]
    CENTRE_FIELD_NUMBER: _ClassVar[int]
    CENTRE_HIDDEN_FIELD_NUMBER: _ClassVar[int]
    INCLUDED_FIELD_NUMBER: _ClassVar[int]
    ASSIGNED_FIELD_NUMBER: _ClassVar[int]
    MERGED_FIELD_NUMBER: _ClassVar[int]
    DISPERSION_FIELD_NUMBER: _ClassVar[int]
    SEATS_FIELD_NUMBER: _ClassVar[int]
    TICK_DURATION_FIELD_NUMBER: _ClassVar[int]
    SKIPPED_FIELD_NUMBER: _ClassVar[int]
    SYNCHRONY_FIELD_NUMBER: _ClassVar[int]
    IDENTITY_FIELD_NUMBER: _ClassVar[int]
    RUNAWAY_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    HALVED_CAUSE_FIELD_NUMBER: _ClassVar[int]
    ARTIST_FIELD_NUMBER: _ClassVar[int]
    ARTIST_SHARE_FIELD_NUMBER: _ClassVar[int]
    UNHEARD_FIELD_NUMBER: _ClassVar[int]
    dreamscape: str
    term: int
    tick: int
    grid_time: _timestamp_pb2.Timestamp
    centre: _containers.RepeatedScalarFieldContainer[float]
    centre_hidden: bool
    included: int
    assigned: int
    merged: int
    dispersion: float
    seats: _containers.RepeatedCompositeFieldContainer[Seat]
    tick_duration: _duration_pb2.Duration
    skipped: int
    synchrony: _containers.RepeatedCompositeFieldContainer[Synchrony]
    identity: Identity
    runaway: Runaway
    level: float
    halved_cause: str
    artist: _containers.RepeatedScalarFieldContainer[float]
    artist_share: float
    unheard: int
    def __init__(self, dreamscape: _Optional[str] = ..., term: _Optional[int] = ..., tick: _Optional[int] = ..., grid_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., centre: _Optional[_Iterable[float]] = ..., centre_hidden: bool = ..., included: _Optional[int] = ..., assigned: _Optional[int] = ..., merged: _Optional[int] = ..., dispersion: _Optional[float] = ..., seats: _Optional[_Iterable[_Union[Seat, _Mapping]]] = ..., tick_duration: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., skipped: _Optional[int] = ..., synchrony: _Optional[_Iterable[_Union[Synchrony, _Mapping]]] = ..., identity: _Optional[_Union[Identity, _Mapping]] = ..., runaway: _Optional[_Union[Runaway, _Mapping]] = ..., level: _Optional[float] = ..., halved_cause: _Optional[str] = ..., artist: _Optional[_Iterable[float]] = ..., artist_share: _Optional[float] = ..., unheard: _Optional[int] = ...) -> None: ...

class Event(_message.Message):
    __slots__ = ("cursor", "event_time", "kind", "dreamscape", "pod", "seat", "cause", "sentence", "values", "act_time")
    class ValuesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    EVENT_TIME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    DREAMSCAPE_FIELD_NUMBER: _ClassVar[int]
    POD_FIELD_NUMBER: _ClassVar[int]
    SEAT_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    SENTENCE_FIELD_NUMBER: _ClassVar[int]
    VALUES_FIELD_NUMBER: _ClassVar[int]
    ACT_TIME_FIELD_NUMBER: _ClassVar[int]
    cursor: int
    event_time: _timestamp_pb2.Timestamp
    kind: str
    dreamscape: str
    pod: str
    seat: str
    cause: str
    sentence: str
    values: _containers.ScalarMap[str, float]
    act_time: _timestamp_pb2.Timestamp
    def __init__(self, cursor: _Optional[int] = ..., event_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., kind: _Optional[str] = ..., dreamscape: _Optional[str] = ..., pod: _Optional[str] = ..., seat: _Optional[str] = ..., cause: _Optional[str] = ..., sentence: _Optional[str] = ..., values: _Optional[_Mapping[str, float]] = ..., act_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CreateDreamscapeRequest(_message.Message):
    __slots__ = ("dreamscape_id", "plan", "validate_only", "request_id")
    DREAMSCAPE_ID_FIELD_NUMBER: _ClassVar[int]
    PLAN_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    dreamscape_id: str
    plan: Plan
    validate_only: bool
    request_id: str
    def __init__(self, dreamscape_id: _Optional[str] = ..., plan: _Optional[_Union[Plan, _Mapping]] = ..., validate_only: bool = ..., request_id: _Optional[str] = ...) -> None: ...

class GetDreamscapeRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListDreamscapesRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListDreamscapesResponse(_message.Message):
    __slots__ = ("dreamscapes", "next_page_token")
    DREAMSCAPES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    dreamscapes: _containers.RepeatedCompositeFieldContainer[Dreamscape]
    next_page_token: str
    def __init__(self, dreamscapes: _Optional[_Iterable[_Union[Dreamscape, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class UpdateDreamscapeRequest(_message.Message):
    __slots__ = ("dreamscape", "update_mask", "validate_only", "request_id")
    DREAMSCAPE_FIELD_NUMBER: _ClassVar[int]
    UPDATE_MASK_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    dreamscape: Dreamscape
    update_mask: _field_mask_pb2.FieldMask
    validate_only: bool
    request_id: str
    def __init__(self, dreamscape: _Optional[_Union[Dreamscape, _Mapping]] = ..., update_mask: _Optional[_Union[_field_mask_pb2.FieldMask, _Mapping]] = ..., validate_only: bool = ..., request_id: _Optional[str] = ...) -> None: ...

class StartDreamscapeRequest(_message.Message):
    __slots__ = ("name", "etag", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    etag: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., etag: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class SeverDreamscapeRequest(_message.Message):
    __slots__ = ("name", "reason", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    reason: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., reason: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class ResumeDreamscapeRequest(_message.Message):
    __slots__ = ("name", "etag", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    etag: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., etag: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class WakeDreamscapeRequest(_message.Message):
    __slots__ = ("name", "issuer", "reason", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    issuer: str
    reason: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., issuer: _Optional[str] = ..., reason: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class EndDreamscapeRequest(_message.Message):
    __slots__ = ("name", "reason", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    reason: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., reason: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class ExplainAdmissionRequest(_message.Message):
    __slots__ = ("name", "pod")
    NAME_FIELD_NUMBER: _ClassVar[int]
    POD_FIELD_NUMBER: _ClassVar[int]
    name: str
    pod: str
    def __init__(self, name: _Optional[str] = ..., pod: _Optional[str] = ...) -> None: ...

class Check(_message.Message):
    __slots__ = ("name", "passed", "code", "sentence", "metadata", "next_step")
    class MetadataEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    PASSED_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    SENTENCE_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    NEXT_STEP_FIELD_NUMBER: _ClassVar[int]
    name: str
    passed: bool
    code: str
    sentence: str
    metadata: _containers.ScalarMap[str, str]
    next_step: str
    def __init__(self, name: _Optional[str] = ..., passed: bool = ..., code: _Optional[str] = ..., sentence: _Optional[str] = ..., metadata: _Optional[_Mapping[str, str]] = ..., next_step: _Optional[str] = ...) -> None: ...

class ExplainAdmissionResponse(_message.Message):
    __slots__ = ("checks",)
    CHECKS_FIELD_NUMBER: _ClassVar[int]
    checks: _containers.RepeatedCompositeFieldContainer[Check]
    def __init__(self, checks: _Optional[_Iterable[_Union[Check, _Mapping]]] = ...) -> None: ...

class WatchCollectiveRequest(_message.Message):
    __slots__ = ("name", "omit_seats")
    NAME_FIELD_NUMBER: _ClassVar[int]
    OMIT_SEATS_FIELD_NUMBER: _ClassVar[int]
    name: str
    omit_seats: bool
    def __init__(self, name: _Optional[str] = ..., omit_seats: bool = ...) -> None: ...

class LeadDreamscapeRequest(_message.Message):
    __slots__ = ("name", "vector", "share", "title", "artist", "score_sha256")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VECTOR_FIELD_NUMBER: _ClassVar[int]
    SHARE_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    ARTIST_FIELD_NUMBER: _ClassVar[int]
    SCORE_SHA256_FIELD_NUMBER: _ClassVar[int]
    name: str
    vector: _containers.RepeatedScalarFieldContainer[float]
    share: float
    title: str
    artist: str
    score_sha256: str
    def __init__(self, name: _Optional[str] = ..., vector: _Optional[_Iterable[float]] = ..., share: _Optional[float] = ..., title: _Optional[str] = ..., artist: _Optional[str] = ..., score_sha256: _Optional[str] = ...) -> None: ...

class LeadDreamscapeResponse(_message.Message):
    __slots__ = ("taken", "piece")
    TAKEN_FIELD_NUMBER: _ClassVar[int]
    PIECE_FIELD_NUMBER: _ClassVar[int]
    taken: int
    piece: str
    def __init__(self, taken: _Optional[int] = ..., piece: _Optional[str] = ...) -> None: ...

class WatchEventsRequest(_message.Message):
    __slots__ = ("after", "dreamscape")
    AFTER_FIELD_NUMBER: _ClassVar[int]
    DREAMSCAPE_FIELD_NUMBER: _ClassVar[int]
    after: int
    dreamscape: str
    def __init__(self, after: _Optional[int] = ..., dreamscape: _Optional[str] = ...) -> None: ...

class WatchEventsResponse(_message.Message):
    __slots__ = ("events", "cursor")
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    CURSOR_FIELD_NUMBER: _ClassVar[int]
    events: _containers.RepeatedCompositeFieldContainer[Event]
    cursor: int
    def __init__(self, events: _Optional[_Iterable[_Union[Event, _Mapping]]] = ..., cursor: _Optional[int] = ...) -> None: ...

class WriteMarkerRequest(_message.Message):
    __slots__ = ("name", "text", "source", "marker_time", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    MARKER_TIME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    text: str
    source: str
    marker_time: _timestamp_pb2.Timestamp
    request_id: str
    def __init__(self, name: _Optional[str] = ..., text: _Optional[str] = ..., source: _Optional[str] = ..., marker_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...
