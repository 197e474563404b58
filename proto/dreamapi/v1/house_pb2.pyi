from dreamapi.v1 import rules_pb2 as _rules_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class House(_message.Message):
    __slots__ = ("broker_connected", "broker_change_time", "ledger_failure", "blind_dreamscapes", "pods_online", "pods_unheard", "troubles", "session_time", "lease")
    BROKER_CONNECTED_FIELD_NUMBER: _ClassVar[int]
    BROKER_CHANGE_TIME_FIELD_NUMBER: _ClassVar[int]
    LEDGER_FAILURE_FIELD_NUMBER: _ClassVar[int]
    BLIND_DREAMSCAPES_FIELD_NUMBER: _ClassVar[int]
    PODS_ONLINE_FIELD_NUMBER: _ClassVar[int]
    PODS_UNHEARD_FIELD_NUMBER: _ClassVar[int]
    TROUBLES_FIELD_NUMBER: _ClassVar[int]
    SESSION_TIME_FIELD_NUMBER: _ClassVar[int]
    LEASE_FIELD_NUMBER: _ClassVar[int]
    broker_connected: bool
    broker_change_time: _timestamp_pb2.Timestamp
    ledger_failure: str
    blind_dreamscapes: _containers.RepeatedScalarFieldContainer[str]
    pods_online: int
    pods_unheard: int
    troubles: _containers.RepeatedScalarFieldContainer[str]
    session_time: _timestamp_pb2.Timestamp
    lease: HouseLease
    def __init__(self, broker_connected: bool = ..., broker_change_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., ledger_failure: _Optional[str] = ..., blind_dreamscapes: _Optional[_Iterable[str]] = ..., pods_online: _Optional[int] = ..., pods_unheard: _Optional[int] = ..., troubles: _Optional[_Iterable[str]] = ..., session_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., lease: _Optional[_Union[HouseLease, _Mapping]] = ...) -> None: ...

class HouseLease(_message.Message):
    __slots__ = ("house", "address", "term", "left", "standbys")
    HOUSE_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    TERM_FIELD_NUMBER: _ClassVar[int]
    LEFT_FIELD_NUMBER: _ClassVar[int]
    STANDBYS_FIELD_NUMBER: _ClassVar[int]
    house: str
    address: str
    term: int
    left: _duration_pb2.Duration
    standbys: _containers.RepeatedCompositeFieldContainer[Standby]
    def __init__(self, house: _Optional[str] = ..., address: _Optional[str] = ..., term: _Optional[int] = ..., left: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., standbys: _Optional[_Iterable[_Union[Standby, _Mapping]]] = ...) -> None: ...

class Standby(_message.Message):
    __slots__ = ("address", "lacks")
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    LACKS_FIELD_NUMBER: _ClassVar[int]
    address: str
    lacks: str
    def __init__(self, address: _Optional[str] = ..., lacks: _Optional[str] = ...) -> None: ...

class GetHouseRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class HandOverRequest(_message.Message):
    __slots__ = ("reason", "request_id")
    REASON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    reason: str
    request_id: str
    def __init__(self, reason: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...
