from dreamapi.v1 import rules_pb2 as _rules_pb2
from dreamapi.v1 import severing_pb2 as _severing_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Moratorium(_message.Message):
    __slots__ = ("name", "scope", "target", "state", "acts", "reason", "by", "clause", "people_only", "create_time", "begin_time", "end_time", "expire_time", "seconds", "sleepers", "sleepers_needed", "second_time", "lifts", "close_time", "close_reason")
    class Scope(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        SCOPE_UNSPECIFIED: _ClassVar[Moratorium.Scope]
        SCOPE_SITE: _ClassVar[Moratorium.Scope]
        SCOPE_FLEET: _ClassVar[Moratorium.Scope]
    SCOPE_UNSPECIFIED: Moratorium.Scope
    SCOPE_SITE: Moratorium.Scope
    SCOPE_FLEET: Moratorium.Scope
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[Moratorium.State]
        STATE_CALLED: _ClassVar[Moratorium.State]
        STATE_STANDING: _ClassVar[Moratorium.State]
        STATE_LAPSED: _ClassVar[Moratorium.State]
        STATE_LIFTED: _ClassVar[Moratorium.State]
        STATE_ENDED: _ClassVar[Moratorium.State]
    STATE_UNSPECIFIED: Moratorium.State
    STATE_CALLED: Moratorium.State
    STATE_STANDING: Moratorium.State
    STATE_LAPSED: Moratorium.State
    STATE_LIFTED: Moratorium.State
    STATE_ENDED: Moratorium.State
    class Signature(_message.Message):
        __slots__ = ("by", "role", "create_time")
        BY_FIELD_NUMBER: _ClassVar[int]
        ROLE_FIELD_NUMBER: _ClassVar[int]
        CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
        by: str
        role: _rules_pb2.Role
        create_time: _timestamp_pb2.Timestamp
        def __init__(self, by: _Optional[str] = ..., role: _Optional[_Union[_rules_pb2.Role, str]] = ..., create_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    ACTS_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    CLAUSE_FIELD_NUMBER: _ClassVar[int]
    PEOPLE_ONLY_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    BEGIN_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    SLEEPERS_FIELD_NUMBER: _ClassVar[int]
    SLEEPERS_NEEDED_FIELD_NUMBER: _ClassVar[int]
    SECOND_TIME_FIELD_NUMBER: _ClassVar[int]
    LIFTS_FIELD_NUMBER: _ClassVar[int]
    CLOSE_TIME_FIELD_NUMBER: _ClassVar[int]
    CLOSE_REASON_FIELD_NUMBER: _ClassVar[int]
    name: str
    scope: Moratorium.Scope
    target: str
    state: Moratorium.State
    acts: bool
    reason: str
    by: str
    clause: str
    people_only: bool
    create_time: _timestamp_pb2.Timestamp
    begin_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    expire_time: _timestamp_pb2.Timestamp
    seconds: _containers.RepeatedCompositeFieldContainer[Moratorium.Signature]
    sleepers: int
    sleepers_needed: int
    second_time: _timestamp_pb2.Timestamp
    lifts: _containers.RepeatedCompositeFieldContainer[Moratorium.Signature]
    close_time: _timestamp_pb2.Timestamp
    close_reason: str
    def __init__(self, name: _Optional[str] = ..., scope: _Optional[_Union[Moratorium.Scope, str]] = ..., target: _Optional[str] = ..., state: _Optional[_Union[Moratorium.State, str]] = ..., acts: bool = ..., reason: _Optional[str] = ..., by: _Optional[str] = ..., clause: _Optional[str] = ..., people_only: bool = ..., create_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., begin_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., expire_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., seconds: _Optional[_Iterable[_Union[Moratorium.Signature, _Mapping]]] = ..., sleepers: _Optional[int] = ..., sleepers_needed: _Optional[int] = ..., second_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., lifts: _Optional[_Iterable[_Union[Moratorium.Signature, _Mapping]]] = ..., close_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., close_reason: _Optional[str] = ...) -> None: ...

class CallMoratoriumRequest(_message.Message):
    __slots__ = ("scope", "target", "begin_time", "end_time", "reason", "by", "request_id")
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    BEGIN_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    scope: Moratorium.Scope
    target: str
    begin_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    reason: str
    by: str
    request_id: str
    def __init__(self, scope: _Optional[_Union[Moratorium.Scope, str]] = ..., target: _Optional[str] = ..., begin_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., reason: _Optional[str] = ..., by: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class CallMoratoriumResponse(_message.Message):
    __slots__ = ("moratorium", "outcome")
    MORATORIUM_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    moratorium: Moratorium
    outcome: _severing_pb2.SeverOutcome
    def __init__(self, moratorium: _Optional[_Union[Moratorium, _Mapping]] = ..., outcome: _Optional[_Union[_severing_pb2.SeverOutcome, _Mapping]] = ...) -> None: ...

class SecondMoratoriumRequest(_message.Message):
    __slots__ = ("name", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class LiftMoratoriumRequest(_message.Message):
    __slots__ = ("name", "reason", "role", "by", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    reason: str
    role: _rules_pb2.Role
    by: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., reason: _Optional[str] = ..., role: _Optional[_Union[_rules_pb2.Role, str]] = ..., by: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class ListMoratoriaRequest(_message.Message):
    __slots__ = ("acting", "page_size", "page_token")
    ACTING_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    acting: bool
    page_size: int
    page_token: str
    def __init__(self, acting: bool = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListMoratoriaResponse(_message.Message):
    __slots__ = ("moratoria", "next_page_token")
    MORATORIA_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    moratoria: _containers.RepeatedCompositeFieldContainer[Moratorium]
    next_page_token: str
    def __init__(self, moratoria: _Optional[_Iterable[_Union[Moratorium, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...
