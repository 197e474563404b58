from dreamapi.v1 import rules_pb2 as _rules_pb2
from dreamapi.v1 import severing_pb2 as _severing_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class BreakerMove(_message.Message):
    __slots__ = ("move_time", "before", "after", "cause", "detail")
    MOVE_TIME_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    move_time: _timestamp_pb2.Timestamp
    before: _severing_pb2.Breaker.State
    after: _severing_pb2.Breaker.State
    cause: str
    detail: str
    def __init__(self, move_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., before: _Optional[_Union[_severing_pb2.Breaker.State, str]] = ..., after: _Optional[_Union[_severing_pb2.Breaker.State, str]] = ..., cause: _Optional[str] = ..., detail: _Optional[str] = ...) -> None: ...

class BreakerDetail(_message.Message):
    __slots__ = ("name", "state", "cause", "state_start_time", "state_expire_time", "trip_time", "evidence", "history", "etag")
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    STATE_START_TIME_FIELD_NUMBER: _ClassVar[int]
    STATE_EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    TRIP_TIME_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    HISTORY_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    name: str
    state: _severing_pb2.Breaker.State
    cause: str
    state_start_time: _timestamp_pb2.Timestamp
    state_expire_time: _timestamp_pb2.Timestamp
    trip_time: _timestamp_pb2.Timestamp
    evidence: str
    history: _containers.RepeatedCompositeFieldContainer[BreakerMove]
    etag: str
    def __init__(self, name: _Optional[str] = ..., state: _Optional[_Union[_severing_pb2.Breaker.State, str]] = ..., cause: _Optional[str] = ..., state_start_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., state_expire_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., trip_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., evidence: _Optional[str] = ..., history: _Optional[_Iterable[_Union[BreakerMove, _Mapping]]] = ..., etag: _Optional[str] = ...) -> None: ...

class ListBreakersRequest(_message.Message):
    __slots__ = ("state", "page_size", "page_token")
    STATE_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    state: _severing_pb2.Breaker.State
    page_size: int
    page_token: str
    def __init__(self, state: _Optional[_Union[_severing_pb2.Breaker.State, str]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListBreakersResponse(_message.Message):
    __slots__ = ("breakers", "next_page_token")
    BREAKERS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    breakers: _containers.RepeatedCompositeFieldContainer[BreakerDetail]
    next_page_token: str
    def __init__(self, breakers: _Optional[_Iterable[_Union[BreakerDetail, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetBreakerRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class TripBreakerRequest(_message.Message):
    __slots__ = ("name", "by", "reason", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    by: str
    reason: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., by: _Optional[str] = ..., reason: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class ResetBreakerRequest(_message.Message):
    __slots__ = ("name", "by", "reason", "etag", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    by: str
    reason: str
    etag: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., by: _Optional[str] = ..., reason: _Optional[str] = ..., etag: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...
