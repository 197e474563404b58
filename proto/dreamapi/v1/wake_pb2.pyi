from dreamapi.v1 import rules_pb2 as _rules_pb2
from dreamapi.v1 import severing_pb2 as _severing_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class WakeOrder(_message.Message):
    __slots__ = ("name", "revision", "scope", "target", "issuer", "reason", "create_time", "stands", "lifted_by", "lifted_reason", "lift_time")
    class Scope(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        SCOPE_UNSPECIFIED: _ClassVar[WakeOrder.Scope]
        SCOPE_POD: _ClassVar[WakeOrder.Scope]
        SCOPE_DREAMSCAPE: _ClassVar[WakeOrder.Scope]
        SCOPE_SITE: _ClassVar[WakeOrder.Scope]
        SCOPE_FLEET: _ClassVar[WakeOrder.Scope]
        SCOPE_SLEEPER: _ClassVar[WakeOrder.Scope]
    SCOPE_UNSPECIFIED: WakeOrder.Scope
    SCOPE_POD: WakeOrder.Scope
    SCOPE_DREAMSCAPE: WakeOrder.Scope
    SCOPE_SITE: WakeOrder.Scope
    SCOPE_FLEET: WakeOrder.Scope
    SCOPE_SLEEPER: WakeOrder.Scope
    NAME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    STANDS_FIELD_NUMBER: _ClassVar[int]
    LIFTED_BY_FIELD_NUMBER: _ClassVar[int]
    LIFTED_REASON_FIELD_NUMBER: _ClassVar[int]
    LIFT_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    revision: int
    scope: WakeOrder.Scope
    target: str
    issuer: str
    reason: str
    create_time: _timestamp_pb2.Timestamp
    stands: bool
    lifted_by: str
    lifted_reason: str
    lift_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., revision: _Optional[int] = ..., scope: _Optional[_Union[WakeOrder.Scope, str]] = ..., target: _Optional[str] = ..., issuer: _Optional[str] = ..., reason: _Optional[str] = ..., create_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., stands: bool = ..., lifted_by: _Optional[str] = ..., lifted_reason: _Optional[str] = ..., lift_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class OrderWakeRequest(_message.Message):
    __slots__ = ("scope", "target", "issuer", "reason", "request_id")
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    scope: WakeOrder.Scope
    target: str
    issuer: str
    reason: str
    request_id: str
    def __init__(self, scope: _Optional[_Union[WakeOrder.Scope, str]] = ..., target: _Optional[str] = ..., issuer: _Optional[str] = ..., reason: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class OrderWakeResponse(_message.Message):
    __slots__ = ("order", "outcome")
    ORDER_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    order: WakeOrder
    outcome: _severing_pb2.SeverOutcome
    def __init__(self, order: _Optional[_Union[WakeOrder, _Mapping]] = ..., outcome: _Optional[_Union[_severing_pb2.SeverOutcome, _Mapping]] = ...) -> None: ...

class LiftWakeOrderRequest(_message.Message):
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

class ListWakeOrdersRequest(_message.Message):
    __slots__ = ("standing", "page_size", "page_token")
    STANDING_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    standing: bool
    page_size: int
    page_token: str
    def __init__(self, standing: bool = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListWakeOrdersResponse(_message.Message):
    __slots__ = ("orders", "next_page_token")
    ORDERS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    orders: _containers.RepeatedCompositeFieldContainer[WakeOrder]
    next_page_token: str
    def __init__(self, orders: _Optional[_Iterable[_Union[WakeOrder, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...
