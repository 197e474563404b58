from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Breaker(_message.Message):
    __slots__ = ("name", "state", "cause")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[Breaker.State]
        STATE_CLOSED: _ClassVar[Breaker.State]
        STATE_OPEN: _ClassVar[Breaker.State]
        STATE_HALF_OPEN: _ClassVar[Breaker.State]
        STATE_LOCKED: _ClassVar[Breaker.State]
    STATE_UNSPECIFIED: Breaker.State
    STATE_CLOSED: Breaker.State
    STATE_OPEN: Breaker.State
    STATE_HALF_OPEN: Breaker.State
    STATE_LOCKED: Breaker.State
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    name: str
    state: Breaker.State
    cause: str
    def __init__(self, name: _Optional[str] = ..., state: _Optional[_Union[Breaker.State, str]] = ..., cause: _Optional[str] = ...) -> None: ...

class SeverOutcome(_message.Message):
    __slots__ = ("zeroed", "confirmed", "unconfirmed", "kept")
    ZEROED_FIELD_NUMBER: _ClassVar[int]
    CONFIRMED_FIELD_NUMBER: _ClassVar[int]
    UNCONFIRMED_FIELD_NUMBER: _ClassVar[int]
    KEPT_FIELD_NUMBER: _ClassVar[int]
    zeroed: int
    confirmed: int
    unconfirmed: _containers.RepeatedScalarFieldContainer[str]
    kept: str
    def __init__(self, zeroed: _Optional[int] = ..., confirmed: _Optional[int] = ..., unconfirmed: _Optional[_Iterable[str]] = ..., kept: _Optional[str] = ...) -> None: ...
