from dreamapi.v1 import rules_pb2 as _rules_pb2
from dreamapi.v1 import severing_pb2 as _severing_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class OrderSeverRequest(_message.Message):
    __slots__ = ("scope", "target", "reason", "issuer", "request_id")
    class Scope(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        SCOPE_UNSPECIFIED: _ClassVar[OrderSeverRequest.Scope]
        SCOPE_POD: _ClassVar[OrderSeverRequest.Scope]
        SCOPE_DREAMSCAPE: _ClassVar[OrderSeverRequest.Scope]
        SCOPE_SITE: _ClassVar[OrderSeverRequest.Scope]
        SCOPE_FLEET: _ClassVar[OrderSeverRequest.Scope]
        SCOPE_SLEEPER: _ClassVar[OrderSeverRequest.Scope]
    SCOPE_UNSPECIFIED: OrderSeverRequest.Scope
    SCOPE_POD: OrderSeverRequest.Scope
    SCOPE_DREAMSCAPE: OrderSeverRequest.Scope
    SCOPE_SITE: OrderSeverRequest.Scope
    SCOPE_FLEET: OrderSeverRequest.Scope
    SCOPE_SLEEPER: OrderSeverRequest.Scope
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    TARGET_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    scope: OrderSeverRequest.Scope
    target: str
    reason: str
    issuer: str
    request_id: str
    def __init__(self, scope: _Optional[_Union[OrderSeverRequest.Scope, str]] = ..., target: _Optional[str] = ..., reason: _Optional[str] = ..., issuer: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...
