from google.protobuf import descriptor_pb2 as _descriptor_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Effect(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EFFECT_UNSPECIFIED: _ClassVar[Effect]
    EFFECT_FREES: _ClassVar[Effect]
    EFFECT_BINDS: _ClassVar[Effect]
    EFFECT_READS: _ClassVar[Effect]
    EFFECT_GOVERNS: _ClassVar[Effect]

class Role(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ROLE_UNSPECIFIED: _ClassVar[Role]
    ROLE_OPERATOR: _ClassVar[Role]
    ROLE_ARTIST: _ClassVar[Role]
    ROLE_CLINICIAN: _ClassVar[Role]
    ROLE_ADVOCATE: _ClassVar[Role]
    ROLE_SLEEPER: _ClassVar[Role]
    ROLE_SERVICE: _ClassVar[Role]
    ROLE_AUDITOR: _ClassVar[Role]
    ROLE_ADMIN: _ClassVar[Role]
    ROLE_BED: _ClassVar[Role]

class Own(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    OWN_UNSPECIFIED: _ClassVar[Own]
    OWN_POD: _ClassVar[Own]
    OWN_DREAMSCAPE: _ClassVar[Own]
    OWN_PLAN: _ClassVar[Own]
    OWN_TARGET: _ClassVar[Own]
    OWN_BREAKER: _ClassVar[Own]
    OWN_SELF: _ClassVar[Own]
    OWN_SLEEPER: _ClassVar[Own]
EFFECT_UNSPECIFIED: Effect
EFFECT_FREES: Effect
EFFECT_BINDS: Effect
EFFECT_READS: Effect
EFFECT_GOVERNS: Effect
ROLE_UNSPECIFIED: Role
ROLE_OPERATOR: Role
ROLE_ARTIST: Role
ROLE_CLINICIAN: Role
ROLE_ADVOCATE: Role
ROLE_SLEEPER: Role
ROLE_SERVICE: Role
ROLE_AUDITOR: Role
ROLE_ADMIN: Role
ROLE_BED: Role
OWN_UNSPECIFIED: Own
OWN_POD: Own
OWN_DREAMSCAPE: Own
OWN_PLAN: Own
OWN_TARGET: Own
OWN_BREAKER: Own
OWN_SELF: Own
OWN_SLEEPER: Own
RULE_FIELD_NUMBER: _ClassVar[int]
rule: _descriptor.FieldDescriptor

class Rule(_message.Message):
    __slots__ = ("effect", "roles", "own", "person", "open", "on_request", "pair")
    EFFECT_FIELD_NUMBER: _ClassVar[int]
    ROLES_FIELD_NUMBER: _ClassVar[int]
    OWN_FIELD_NUMBER: _ClassVar[int]
    PERSON_FIELD_NUMBER: _ClassVar[int]
    OPEN_FIELD_NUMBER: _ClassVar[int]
    ON_REQUEST_FIELD_NUMBER: _ClassVar[int]
    PAIR_FIELD_NUMBER: _ClassVar[int]
    effect: Effect
    roles: _containers.RepeatedScalarFieldContainer[Role]
    own: Own
    person: bool
    open: bool
    on_request: _containers.RepeatedScalarFieldContainer[Role]
    pair: bool
    def __init__(self, effect: _Optional[_Union[Effect, str]] = ..., roles: _Optional[_Iterable[_Union[Role, str]]] = ..., own: _Optional[_Union[Own, str]] = ..., person: bool = ..., open: bool = ..., on_request: _Optional[_Iterable[_Union[Role, str]]] = ..., pair: bool = ...) -> None: ...
