from dreamapi.v1 import rules_pb2 as _rules_pb2
from dreamapi.v1 import severing_pb2 as _severing_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ConsentGrant(_message.Message):
    __slots__ = ("revision", "scopes", "modalities", "ceiling", "artist_share", "hours", "zone", "expire_time", "duo", "notice_sha256", "language", "method", "create_time", "adult")
    class Scope(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        SCOPE_UNSPECIFIED: _ClassVar[ConsentGrant.Scope]
        SCOPE_MERGE: _ClassVar[ConsentGrant.Scope]
        SCOPE_INTIMATE: _ClassVar[ConsentGrant.Scope]
        SCOPE_PERFORM: _ClassVar[ConsentGrant.Scope]
        SCOPE_RECORD: _ClassVar[ConsentGrant.Scope]
        SCOPE_RESEARCH: _ClassVar[ConsentGrant.Scope]
    SCOPE_UNSPECIFIED: ConsentGrant.Scope
    SCOPE_MERGE: ConsentGrant.Scope
    SCOPE_INTIMATE: ConsentGrant.Scope
    SCOPE_PERFORM: ConsentGrant.Scope
    SCOPE_RECORD: ConsentGrant.Scope
    SCOPE_RESEARCH: ConsentGrant.Scope
    class Modality(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        MODALITY_UNSPECIFIED: _ClassVar[ConsentGrant.Modality]
        MODALITY_SOUND: _ClassVar[ConsentGrant.Modality]
        MODALITY_LIGHT: _ClassVar[ConsentGrant.Modality]
        MODALITY_TOUCH: _ClassVar[ConsentGrant.Modality]
    MODALITY_UNSPECIFIED: ConsentGrant.Modality
    MODALITY_SOUND: ConsentGrant.Modality
    MODALITY_LIGHT: ConsentGrant.Modality
    MODALITY_TOUCH: ConsentGrant.Modality
    class Method(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        METHOD_UNSPECIFIED: _ClassVar[ConsentGrant.Method]
        METHOD_TOKEN: _ClassVar[ConsentGrant.Method]
        METHOD_POD: _ClassVar[ConsentGrant.Method]
        METHOD_SIMULATED: _ClassVar[ConsentGrant.Method]
    METHOD_UNSPECIFIED: ConsentGrant.Method
    METHOD_TOKEN: ConsentGrant.Method
    METHOD_POD: ConsentGrant.Method
    METHOD_SIMULATED: ConsentGrant.Method
    REVISION_FIELD_NUMBER: _ClassVar[int]
    SCOPES_FIELD_NUMBER: _ClassVar[int]
    MODALITIES_FIELD_NUMBER: _ClassVar[int]
    CEILING_FIELD_NUMBER: _ClassVar[int]
    ARTIST_SHARE_FIELD_NUMBER: _ClassVar[int]
    HOURS_FIELD_NUMBER: _ClassVar[int]
    ZONE_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    DUO_FIELD_NUMBER: _ClassVar[int]
    NOTICE_SHA256_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    ADULT_FIELD_NUMBER: _ClassVar[int]
    revision: int
    scopes: _containers.RepeatedScalarFieldContainer[ConsentGrant.Scope]
    modalities: _containers.RepeatedScalarFieldContainer[ConsentGrant.Modality]
    ceiling: float
    artist_share: float
    hours: str
    zone: str
    expire_time: _timestamp_pb2.Timestamp
    duo: _containers.RepeatedScalarFieldContainer[str]
    notice_sha256: str
    language: str
    method: ConsentGrant.Method
    create_time: _timestamp_pb2.Timestamp
    adult: bool
    def __init__(self, revision: _Optional[int] = ..., scopes: _Optional[_Iterable[_Union[ConsentGrant.Scope, str]]] = ..., modalities: _Optional[_Iterable[_Union[ConsentGrant.Modality, str]]] = ..., ceiling: _Optional[float] = ..., artist_share: _Optional[float] = ..., hours: _Optional[str] = ..., zone: _Optional[str] = ..., expire_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., duo: _Optional[_Iterable[str]] = ..., notice_sha256: _Optional[str] = ..., language: _Optional[str] = ..., method: _Optional[_Union[ConsentGrant.Method, str]] = ..., create_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., adult: bool = ...) -> None: ...

class Consent(_message.Message):
    __slots__ = ("name", "state", "revision", "grant", "until_time", "change_time", "held_scopes", "held_ceiling", "held_artist_share", "held_modalities")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[Consent.State]
        STATE_NONE: _ClassVar[Consent.State]
        STATE_GIVEN: _ClassVar[Consent.State]
        STATE_WITHDRAWN: _ClassVar[Consent.State]
        STATE_EXPIRED: _ClassVar[Consent.State]
        STATE_SUSPENDED: _ClassVar[Consent.State]
    STATE_UNSPECIFIED: Consent.State
    STATE_NONE: Consent.State
    STATE_GIVEN: Consent.State
    STATE_WITHDRAWN: Consent.State
    STATE_EXPIRED: Consent.State
    STATE_SUSPENDED: Consent.State
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    GRANT_FIELD_NUMBER: _ClassVar[int]
    UNTIL_TIME_FIELD_NUMBER: _ClassVar[int]
    CHANGE_TIME_FIELD_NUMBER: _ClassVar[int]
    HELD_SCOPES_FIELD_NUMBER: _ClassVar[int]
    HELD_CEILING_FIELD_NUMBER: _ClassVar[int]
    HELD_ARTIST_SHARE_FIELD_NUMBER: _ClassVar[int]
    HELD_MODALITIES_FIELD_NUMBER: _ClassVar[int]
    name: str
    state: Consent.State
    revision: int
    grant: ConsentGrant
    until_time: _timestamp_pb2.Timestamp
    change_time: _timestamp_pb2.Timestamp
    held_scopes: _containers.RepeatedScalarFieldContainer[ConsentGrant.Scope]
    held_ceiling: float
    held_artist_share: float
    held_modalities: _containers.RepeatedScalarFieldContainer[ConsentGrant.Modality]
    def __init__(self, name: _Optional[str] = ..., state: _Optional[_Union[Consent.State, str]] = ..., revision: _Optional[int] = ..., grant: _Optional[_Union[ConsentGrant, _Mapping]] = ..., until_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., change_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., held_scopes: _Optional[_Iterable[_Union[ConsentGrant.Scope, str]]] = ..., held_ceiling: _Optional[float] = ..., held_artist_share: _Optional[float] = ..., held_modalities: _Optional[_Iterable[_Union[ConsentGrant.Modality, str]]] = ...) -> None: ...

class GrantConsentRequest(_message.Message):
    __slots__ = ("name", "grant", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    GRANT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    grant: ConsentGrant
    request_id: str
    def __init__(self, name: _Optional[str] = ..., grant: _Optional[_Union[ConsentGrant, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetConsentRequest(_message.Message):
    __slots__ = ("name", "reason")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    name: str
    reason: str
    def __init__(self, name: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class WithdrawConsentRequest(_message.Message):
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

class ListGrantsRequest(_message.Message):
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

class ListGrantsResponse(_message.Message):
    __slots__ = ("grants", "next_page_token")
    GRANTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    grants: _containers.RepeatedCompositeFieldContainer[ConsentGrant]
    next_page_token: str
    def __init__(self, grants: _Optional[_Iterable[_Union[ConsentGrant, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetReceiptRequest(_message.Message):
    __slots__ = ("name", "reason", "revision")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    name: str
    reason: str
    revision: int
    def __init__(self, name: _Optional[str] = ..., reason: _Optional[str] = ..., revision: _Optional[int] = ...) -> None: ...

class Receipt(_message.Message):
    __slots__ = ("name", "revision", "document", "fhir")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    FHIR_FIELD_NUMBER: _ClassVar[int]
    name: str
    revision: int
    document: bytes
    fhir: bytes
    def __init__(self, name: _Optional[str] = ..., revision: _Optional[int] = ..., document: _Optional[bytes] = ..., fhir: _Optional[bytes] = ...) -> None: ...

class ExportSleeperRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ExportSleeperResponse(_message.Message):
    __slots__ = ("path", "media_type", "content", "last")
    PATH_FIELD_NUMBER: _ClassVar[int]
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    path: str
    media_type: str
    content: bytes
    last: bool
    def __init__(self, path: _Optional[str] = ..., media_type: _Optional[str] = ..., content: _Optional[bytes] = ..., last: bool = ...) -> None: ...

class EraseSleeperRequest(_message.Message):
    __slots__ = ("name", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class Erasure(_message.Message):
    __slots__ = ("erase_time", "named_files")
    ERASE_TIME_FIELD_NUMBER: _ClassVar[int]
    NAMED_FILES_FIELD_NUMBER: _ClassVar[int]
    erase_time: _timestamp_pb2.Timestamp
    named_files: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, erase_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., named_files: _Optional[_Iterable[str]] = ...) -> None: ...
