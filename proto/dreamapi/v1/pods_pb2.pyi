from dreamapi.v1 import rules_pb2 as _rules_pb2
from dreamapi.v1 import severing_pb2 as _severing_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Channel(_message.Message):
    __slots__ = ("name", "quality", "cause")
    NAME_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    name: str
    quality: float
    cause: str
    def __init__(self, name: _Optional[str] = ..., quality: _Optional[float] = ..., cause: _Optional[str] = ...) -> None: ...

class Device(_message.Message):
    __slots__ = ("kind", "model")
    KIND_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    kind: str
    model: str
    def __init__(self, kind: _Optional[str] = ..., model: _Optional[str] = ...) -> None: ...

class Calibration(_message.Message):
    __slots__ = ("done", "source", "clean_duration", "alpha_hz")
    DONE_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    CLEAN_DURATION_FIELD_NUMBER: _ClassVar[int]
    ALPHA_HZ_FIELD_NUMBER: _ClassVar[int]
    done: bool
    source: str
    clean_duration: _duration_pb2.Duration
    alpha_hz: float
    def __init__(self, done: bool = ..., source: _Optional[str] = ..., clean_duration: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., alpha_hz: _Optional[float] = ...) -> None: ...

class Clock(_message.Message):
    __slots__ = ("synced", "uncertainty")
    SYNCED_FIELD_NUMBER: _ClassVar[int]
    UNCERTAINTY_FIELD_NUMBER: _ClassVar[int]
    synced: bool
    uncertainty: _duration_pb2.Duration
    def __init__(self, synced: bool = ..., uncertainty: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class Pod(_message.Message):
    __slots__ = ("name", "state", "online", "site", "device", "schema", "software", "sleeper", "dreamscape", "seat", "quality", "quality_cause", "channels", "calibration", "clock", "applied", "latched", "breaker", "last_seen_time", "etag", "heard_age", "renderer", "renderer_fault", "gateway", "unheard_gateway", "wire")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[Pod.State]
        STATE_OFFLINE: _ClassVar[Pod.State]
        STATE_IDLE: _ClassVar[Pod.State]
        STATE_CALIBRATING: _ClassVar[Pod.State]
        STATE_READY: _ClassVar[Pod.State]
        STATE_SEATED: _ClassVar[Pod.State]
        STATE_LATCHED: _ClassVar[Pod.State]
        STATE_UNHEARD: _ClassVar[Pod.State]
    STATE_UNSPECIFIED: Pod.State
    STATE_OFFLINE: Pod.State
    STATE_IDLE: Pod.State
    STATE_CALIBRATING: Pod.State
    STATE_READY: Pod.State
    STATE_SEATED: Pod.State
    STATE_LATCHED: Pod.State
    STATE_UNHEARD: Pod.State
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    ONLINE_FIELD_NUMBER: _ClassVar[int]
    SITE_FIELD_NUMBER: _ClassVar[int]
    DEVICE_FIELD_NUMBER: _ClassVar[int]
    SCHEMA_FIELD_NUMBER: _ClassVar[int]
    SOFTWARE_FIELD_NUMBER: _ClassVar[int]
    SLEEPER_FIELD_NUMBER: _ClassVar[int]
    DREAMSCAPE_FIELD_NUMBER: _ClassVar[int]
    SEAT_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    QUALITY_CAUSE_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    CALIBRATION_FIELD_NUMBER: _ClassVar[int]
    CLOCK_FIELD_NUMBER: _ClassVar[int]
    APPLIED_FIELD_NUMBER: _ClassVar[int]
    LATCHED_FIELD_NUMBER: _ClassVar[int]
    BREAKER_FIELD_NUMBER: _ClassVar[int]
    LAST_SEEN_TIME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    HEARD_AGE_FIELD_NUMBER: _ClassVar[int]
    RENDERER_FIELD_NUMBER: _ClassVar[int]
    RENDERER_FAULT_FIELD_NUMBER: _ClassVar[int]
    GATEWAY_FIELD_NUMBER: _ClassVar[int]
    UNHEARD_GATEWAY_FIELD_NUMBER: _ClassVar[int]
    WIRE_FIELD_NUMBER: _ClassVar[int]
    name: str
    state: Pod.State
    online: bool
    site: str
    device: Device
    schema: str
    software: str
    sleeper: str
    dreamscape: str
    seat: str
    quality: float
    quality_cause: str
    channels: _containers.RepeatedCompositeFieldContainer[Channel]
    calibration: Calibration
    clock: Clock
    applied: float
    latched: str
    breaker: _severing_pb2.Breaker
    last_seen_time: _timestamp_pb2.Timestamp
    etag: str
    heard_age: _duration_pb2.Duration
    renderer: str
    renderer_fault: str
    gateway: str
    unheard_gateway: str
    wire: int
    def __init__(self, name: _Optional[str] = ..., state: _Optional[_Union[Pod.State, str]] = ..., online: bool = ..., site: _Optional[str] = ..., device: _Optional[_Union[Device, _Mapping]] = ..., schema: _Optional[str] = ..., software: _Optional[str] = ..., sleeper: _Optional[str] = ..., dreamscape: _Optional[str] = ..., seat: _Optional[str] = ..., quality: _Optional[float] = ..., quality_cause: _Optional[str] = ..., channels: _Optional[_Iterable[_Union[Channel, _Mapping]]] = ..., calibration: _Optional[_Union[Calibration, _Mapping]] = ..., clock: _Optional[_Union[Clock, _Mapping]] = ..., applied: _Optional[float] = ..., latched: _Optional[str] = ..., breaker: _Optional[_Union[_severing_pb2.Breaker, _Mapping]] = ..., last_seen_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., etag: _Optional[str] = ..., heard_age: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., renderer: _Optional[str] = ..., renderer_fault: _Optional[str] = ..., gateway: _Optional[str] = ..., unheard_gateway: _Optional[str] = ..., wire: _Optional[int] = ...) -> None: ...

class ListPodsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListPodsResponse(_message.Message):
    __slots__ = ("pods", "next_page_token")
    PODS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    pods: _containers.RepeatedCompositeFieldContainer[Pod]
    next_page_token: str
    def __init__(self, pods: _Optional[_Iterable[_Union[Pod, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetPodRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class WatchPodsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class WatchPodsResponse(_message.Message):
    __slots__ = ("pods",)
    PODS_FIELD_NUMBER: _ClassVar[int]
    pods: _containers.RepeatedCompositeFieldContainer[Pod]
    def __init__(self, pods: _Optional[_Iterable[_Union[Pod, _Mapping]]] = ...) -> None: ...

class CheckInPodRequest(_message.Message):
    __slots__ = ("name", "sleeper", "etag", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SLEEPER_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    sleeper: str
    etag: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., sleeper: _Optional[str] = ..., etag: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class CheckOutPodRequest(_message.Message):
    __slots__ = ("name", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class ReleasePodRequest(_message.Message):
    __slots__ = ("name", "reason", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    reason: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., reason: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...
