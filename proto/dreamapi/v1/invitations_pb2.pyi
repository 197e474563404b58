from dreamapi.v1 import rules_pb2 as _rules_pb2
from dreamapi.v1 import severing_pb2 as _severing_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GuestList(_message.Message):
    __slots__ = ("name", "revision", "guests")
    class Answer(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        ANSWER_UNSPECIFIED: _ClassVar[GuestList.Answer]
        ANSWER_ASKED: _ClassVar[GuestList.Answer]
        ANSWER_ACCEPTED: _ClassVar[GuestList.Answer]
        ANSWER_ASKED_ANEW: _ClassVar[GuestList.Answer]
        ANSWER_DECLINED: _ClassVar[GuestList.Answer]
    ANSWER_UNSPECIFIED: GuestList.Answer
    ANSWER_ASKED: GuestList.Answer
    ANSWER_ACCEPTED: GuestList.Answer
    ANSWER_ASKED_ANEW: GuestList.Answer
    ANSWER_DECLINED: GuestList.Answer
    class Guest(_message.Message):
        __slots__ = ("sleeper", "answer", "since_revision", "accepted_revision", "answer_time")
        SLEEPER_FIELD_NUMBER: _ClassVar[int]
        ANSWER_FIELD_NUMBER: _ClassVar[int]
        SINCE_REVISION_FIELD_NUMBER: _ClassVar[int]
        ACCEPTED_REVISION_FIELD_NUMBER: _ClassVar[int]
        ANSWER_TIME_FIELD_NUMBER: _ClassVar[int]
        sleeper: str
        answer: GuestList.Answer
        since_revision: int
        accepted_revision: int
        answer_time: _timestamp_pb2.Timestamp
        def __init__(self, sleeper: _Optional[str] = ..., answer: _Optional[_Union[GuestList.Answer, str]] = ..., since_revision: _Optional[int] = ..., accepted_revision: _Optional[int] = ..., answer_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    GUESTS_FIELD_NUMBER: _ClassVar[int]
    name: str
    revision: int
    guests: _containers.RepeatedCompositeFieldContainer[GuestList.Guest]
    def __init__(self, name: _Optional[str] = ..., revision: _Optional[int] = ..., guests: _Optional[_Iterable[_Union[GuestList.Guest, _Mapping]]] = ...) -> None: ...

class Invitation(_message.Message):
    __slots__ = ("name", "dreamscape", "revision", "people", "answer", "answer_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DREAMSCAPE_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    PEOPLE_FIELD_NUMBER: _ClassVar[int]
    ANSWER_FIELD_NUMBER: _ClassVar[int]
    ANSWER_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    dreamscape: str
    revision: int
    people: _containers.RepeatedScalarFieldContainer[str]
    answer: GuestList.Answer
    answer_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., dreamscape: _Optional[str] = ..., revision: _Optional[int] = ..., people: _Optional[_Iterable[str]] = ..., answer: _Optional[_Union[GuestList.Answer, str]] = ..., answer_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class InviteGuestsRequest(_message.Message):
    __slots__ = ("name", "sleepers", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SLEEPERS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    sleepers: _containers.RepeatedScalarFieldContainer[str]
    request_id: str
    def __init__(self, name: _Optional[str] = ..., sleepers: _Optional[_Iterable[str]] = ..., request_id: _Optional[str] = ...) -> None: ...

class UninviteGuestsRequest(_message.Message):
    __slots__ = ("name", "sleepers", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SLEEPERS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    sleepers: _containers.RepeatedScalarFieldContainer[str]
    request_id: str
    def __init__(self, name: _Optional[str] = ..., sleepers: _Optional[_Iterable[str]] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetGuestsRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListInvitationsRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListInvitationsResponse(_message.Message):
    __slots__ = ("invitations",)
    INVITATIONS_FIELD_NUMBER: _ClassVar[int]
    invitations: _containers.RepeatedCompositeFieldContainer[Invitation]
    def __init__(self, invitations: _Optional[_Iterable[_Union[Invitation, _Mapping]]] = ...) -> None: ...

class AcceptInvitationRequest(_message.Message):
    __slots__ = ("name", "revision", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    revision: int
    request_id: str
    def __init__(self, name: _Optional[str] = ..., revision: _Optional[int] = ..., request_id: _Optional[str] = ...) -> None: ...

class DeclineInvitationRequest(_message.Message):
    __slots__ = ("name", "reason", "issuer", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    reason: str
    issuer: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., reason: _Optional[str] = ..., issuer: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...
