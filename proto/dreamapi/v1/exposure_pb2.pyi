from dreamapi.v1 import rules_pb2 as _rules_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

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
