from dreamapi.v1 import rules_pb2 as _rules_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class HarmKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    HARM_KIND_UNSPECIFIED: _ClassVar[HarmKind]
    HARM_KIND_DISTRESS: _ClassVar[HarmKind]
    HARM_KIND_IDENTITY: _ClassVar[HarmKind]
    HARM_KIND_CHECK_IN: _ClassVar[HarmKind]
HARM_KIND_UNSPECIFIED: HarmKind
HARM_KIND_DISTRESS: HarmKind
HARM_KIND_IDENTITY: HarmKind
HARM_KIND_CHECK_IN: HarmKind

class DoseWindow(_message.Message):
    __slots__ = ("used_min", "limit_min", "below_time")
    USED_MIN_FIELD_NUMBER: _ClassVar[int]
    LIMIT_MIN_FIELD_NUMBER: _ClassVar[int]
    BELOW_TIME_FIELD_NUMBER: _ClassVar[int]
    used_min: float
    limit_min: float
    below_time: _timestamp_pb2.Timestamp
    def __init__(self, used_min: _Optional[float] = ..., limit_min: _Optional[float] = ..., below_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class Dose(_message.Message):
    __slots__ = ("name", "day", "week", "left_min", "admitted")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DAY_FIELD_NUMBER: _ClassVar[int]
    WEEK_FIELD_NUMBER: _ClassVar[int]
    LEFT_MIN_FIELD_NUMBER: _ClassVar[int]
    ADMITTED_FIELD_NUMBER: _ClassVar[int]
    name: str
    day: DoseWindow
    week: DoseWindow
    left_min: float
    admitted: bool
    def __init__(self, name: _Optional[str] = ..., day: _Optional[_Union[DoseWindow, _Mapping]] = ..., week: _Optional[_Union[DoseWindow, _Mapping]] = ..., left_min: _Optional[float] = ..., admitted: bool = ...) -> None: ...

class GetDoseRequest(_message.Message):
    __slots__ = ("name", "reason")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    name: str
    reason: str
    def __init__(self, name: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class Night(_message.Message):
    __slots__ = ("name", "begin_time", "end_time", "planned_min", "lived_min")
    NAME_FIELD_NUMBER: _ClassVar[int]
    BEGIN_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    PLANNED_MIN_FIELD_NUMBER: _ClassVar[int]
    LIVED_MIN_FIELD_NUMBER: _ClassVar[int]
    name: str
    begin_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    planned_min: float
    lived_min: float
    def __init__(self, name: _Optional[str] = ..., begin_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., planned_min: _Optional[float] = ..., lived_min: _Optional[float] = ...) -> None: ...

class ListNightsRequest(_message.Message):
    __slots__ = ("name", "reason", "page_size", "page_token")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    name: str
    reason: str
    page_size: int
    page_token: str
    def __init__(self, name: _Optional[str] = ..., reason: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListNightsResponse(_message.Message):
    __slots__ = ("nights", "next_page_token")
    NIGHTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    nights: _containers.RepeatedCompositeFieldContainer[Night]
    next_page_token: str
    def __init__(self, nights: _Optional[_Iterable[_Union[Night, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class JudgedNight(_message.Message):
    __slots__ = ("end_time", "dreamscapes", "harmed", "sleepers", "value", "rate")
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    DREAMSCAPES_FIELD_NUMBER: _ClassVar[int]
    HARMED_FIELD_NUMBER: _ClassVar[int]
    SLEEPERS_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    end_time: _timestamp_pb2.Timestamp
    dreamscapes: int
    harmed: int
    sleepers: int
    value: float
    rate: float
    def __init__(self, end_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., dreamscapes: _Optional[int] = ..., harmed: _Optional[int] = ..., sleepers: _Optional[int] = ..., value: _Optional[float] = ..., rate: _Optional[float] = ...) -> None: ...

class HarmAlarm(_message.Message):
    __slots__ = ("begin_time", "value", "rate", "clinician", "advocate")
    BEGIN_TIME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    CLINICIAN_FIELD_NUMBER: _ClassVar[int]
    ADVOCATE_FIELD_NUMBER: _ClassVar[int]
    begin_time: _timestamp_pb2.Timestamp
    value: float
    rate: float
    clinician: str
    advocate: str
    def __init__(self, begin_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., value: _Optional[float] = ..., rate: _Optional[float] = ..., clinician: _Optional[str] = ..., advocate: _Optional[str] = ...) -> None: ...

class HarmWatch(_message.Message):
    __slots__ = ("kind", "state", "value", "threshold", "rate", "declared", "own_rate", "above_clause", "gathered", "gathered_least", "nights", "alarm", "past")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[HarmWatch.State]
        STATE_BLIND: _ClassVar[HarmWatch.State]
        STATE_WATCHING: _ClassVar[HarmWatch.State]
        STATE_ALARM: _ClassVar[HarmWatch.State]
    STATE_UNSPECIFIED: HarmWatch.State
    STATE_BLIND: HarmWatch.State
    STATE_WATCHING: HarmWatch.State
    STATE_ALARM: HarmWatch.State
    KIND_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    THRESHOLD_FIELD_NUMBER: _ClassVar[int]
    RATE_FIELD_NUMBER: _ClassVar[int]
    DECLARED_FIELD_NUMBER: _ClassVar[int]
    OWN_RATE_FIELD_NUMBER: _ClassVar[int]
    ABOVE_CLAUSE_FIELD_NUMBER: _ClassVar[int]
    GATHERED_FIELD_NUMBER: _ClassVar[int]
    GATHERED_LEAST_FIELD_NUMBER: _ClassVar[int]
    NIGHTS_FIELD_NUMBER: _ClassVar[int]
    ALARM_FIELD_NUMBER: _ClassVar[int]
    PAST_FIELD_NUMBER: _ClassVar[int]
    kind: HarmKind
    state: HarmWatch.State
    value: float
    threshold: float
    rate: float
    declared: bool
    own_rate: float
    above_clause: bool
    gathered: int
    gathered_least: int
    nights: int
    alarm: HarmAlarm
    past: _containers.RepeatedCompositeFieldContainer[JudgedNight]
    def __init__(self, kind: _Optional[_Union[HarmKind, str]] = ..., state: _Optional[_Union[HarmWatch.State, str]] = ..., value: _Optional[float] = ..., threshold: _Optional[float] = ..., rate: _Optional[float] = ..., declared: bool = ..., own_rate: _Optional[float] = ..., above_clause: bool = ..., gathered: _Optional[int] = ..., gathered_least: _Optional[int] = ..., nights: _Optional[int] = ..., alarm: _Optional[_Union[HarmAlarm, _Mapping]] = ..., past: _Optional[_Iterable[_Union[JudgedNight, _Mapping]]] = ...) -> None: ...

class Surveillance(_message.Message):
    __slots__ = ("watches", "clause", "clause_rate")
    WATCHES_FIELD_NUMBER: _ClassVar[int]
    CLAUSE_FIELD_NUMBER: _ClassVar[int]
    CLAUSE_RATE_FIELD_NUMBER: _ClassVar[int]
    watches: _containers.RepeatedCompositeFieldContainer[HarmWatch]
    clause: str
    clause_rate: float
    def __init__(self, watches: _Optional[_Iterable[_Union[HarmWatch, _Mapping]]] = ..., clause: _Optional[str] = ..., clause_rate: _Optional[float] = ...) -> None: ...

class GetSurveillanceRequest(_message.Message):
    __slots__ = ("nights",)
    NIGHTS_FIELD_NUMBER: _ClassVar[int]
    nights: int
    def __init__(self, nights: _Optional[int] = ...) -> None: ...

class LiftAlarmRequest(_message.Message):
    __slots__ = ("kind", "role", "request_id")
    KIND_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    kind: HarmKind
    role: _rules_pb2.Role
    request_id: str
    def __init__(self, kind: _Optional[_Union[HarmKind, str]] = ..., role: _Optional[_Union[_rules_pb2.Role, str]] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetExposureResponseRequest(_message.Message):
    __slots__ = ("nights",)
    NIGHTS_FIELD_NUMBER: _ClassVar[int]
    nights: int
    def __init__(self, nights: _Optional[int] = ...) -> None: ...

class DoseBin(_message.Message):
    __slots__ = ("from_min", "to_min", "mornings", "sleepers", "events", "deff", "share_low", "share_high")
    FROM_MIN_FIELD_NUMBER: _ClassVar[int]
    TO_MIN_FIELD_NUMBER: _ClassVar[int]
    MORNINGS_FIELD_NUMBER: _ClassVar[int]
    SLEEPERS_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    DEFF_FIELD_NUMBER: _ClassVar[int]
    SHARE_LOW_FIELD_NUMBER: _ClassVar[int]
    SHARE_HIGH_FIELD_NUMBER: _ClassVar[int]
    from_min: float
    to_min: float
    mornings: int
    sleepers: int
    events: int
    deff: float
    share_low: float
    share_high: float
    def __init__(self, from_min: _Optional[float] = ..., to_min: _Optional[float] = ..., mornings: _Optional[int] = ..., sleepers: _Optional[int] = ..., events: _Optional[int] = ..., deff: _Optional[float] = ..., share_low: _Optional[float] = ..., share_high: _Optional[float] = ...) -> None: ...

class ExposureResponse(_message.Message):
    __slots__ = ("intercept", "slope", "slope_se", "slope_low", "slope_high", "sleepers", "mornings", "events", "bins")
    INTERCEPT_FIELD_NUMBER: _ClassVar[int]
    SLOPE_FIELD_NUMBER: _ClassVar[int]
    SLOPE_SE_FIELD_NUMBER: _ClassVar[int]
    SLOPE_LOW_FIELD_NUMBER: _ClassVar[int]
    SLOPE_HIGH_FIELD_NUMBER: _ClassVar[int]
    SLEEPERS_FIELD_NUMBER: _ClassVar[int]
    MORNINGS_FIELD_NUMBER: _ClassVar[int]
    EVENTS_FIELD_NUMBER: _ClassVar[int]
    BINS_FIELD_NUMBER: _ClassVar[int]
    intercept: float
    slope: float
    slope_se: float
    slope_low: float
    slope_high: float
    sleepers: int
    mornings: int
    events: int
    bins: _containers.RepeatedCompositeFieldContainer[DoseBin]
    def __init__(self, intercept: _Optional[float] = ..., slope: _Optional[float] = ..., slope_se: _Optional[float] = ..., slope_low: _Optional[float] = ..., slope_high: _Optional[float] = ..., sleepers: _Optional[int] = ..., mornings: _Optional[int] = ..., events: _Optional[int] = ..., bins: _Optional[_Iterable[_Union[DoseBin, _Mapping]]] = ...) -> None: ...
