from dreamapi.v1 import rules_pb2 as _rules_pb2
from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Grant(_message.Message):
    __slots__ = ("role", "sites", "dreamscapes", "sleeper", "methods")
    ROLE_FIELD_NUMBER: _ClassVar[int]
    SITES_FIELD_NUMBER: _ClassVar[int]
    DREAMSCAPES_FIELD_NUMBER: _ClassVar[int]
    SLEEPER_FIELD_NUMBER: _ClassVar[int]
    METHODS_FIELD_NUMBER: _ClassVar[int]
    role: _rules_pb2.Role
    sites: _containers.RepeatedScalarFieldContainer[str]
    dreamscapes: _containers.RepeatedScalarFieldContainer[str]
    sleeper: str
    methods: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, role: _Optional[_Union[_rules_pb2.Role, str]] = ..., sites: _Optional[_Iterable[str]] = ..., dreamscapes: _Optional[_Iterable[str]] = ..., sleeper: _Optional[str] = ..., methods: _Optional[_Iterable[str]] = ...) -> None: ...

class Principal(_message.Message):
    __slots__ = ("name", "kind", "grants", "paused", "issue_time", "expire_time", "revoke_time", "expires_in", "renew_in", "display_name", "issuer", "subject", "made_by")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[Principal.Kind]
        KIND_BED: _ClassVar[Principal.Kind]
        KIND_PERSON: _ClassVar[Principal.Kind]
        KIND_SERVICE: _ClassVar[Principal.Kind]
    KIND_UNSPECIFIED: Principal.Kind
    KIND_BED: Principal.Kind
    KIND_PERSON: Principal.Kind
    KIND_SERVICE: Principal.Kind
    NAME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    GRANTS_FIELD_NUMBER: _ClassVar[int]
    PAUSED_FIELD_NUMBER: _ClassVar[int]
    ISSUE_TIME_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    REVOKE_TIME_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_IN_FIELD_NUMBER: _ClassVar[int]
    RENEW_IN_FIELD_NUMBER: _ClassVar[int]
    DISPLAY_NAME_FIELD_NUMBER: _ClassVar[int]
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    MADE_BY_FIELD_NUMBER: _ClassVar[int]
    name: str
    kind: Principal.Kind
    grants: _containers.RepeatedCompositeFieldContainer[Grant]
    paused: str
    issue_time: _timestamp_pb2.Timestamp
    expire_time: _timestamp_pb2.Timestamp
    revoke_time: _timestamp_pb2.Timestamp
    expires_in: _duration_pb2.Duration
    renew_in: _duration_pb2.Duration
    display_name: str
    issuer: str
    subject: str
    made_by: str
    def __init__(self, name: _Optional[str] = ..., kind: _Optional[_Union[Principal.Kind, str]] = ..., grants: _Optional[_Iterable[_Union[Grant, _Mapping]]] = ..., paused: _Optional[str] = ..., issue_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., expire_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., revoke_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., expires_in: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., renew_in: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., display_name: _Optional[str] = ..., issuer: _Optional[str] = ..., subject: _Optional[str] = ..., made_by: _Optional[str] = ...) -> None: ...

class EnrolPrincipalRequest(_message.Message):
    __slots__ = ("principal_id", "kind", "grants", "request_id")
    PRINCIPAL_ID_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    GRANTS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    principal_id: str
    kind: Principal.Kind
    grants: _containers.RepeatedCompositeFieldContainer[Grant]
    request_id: str
    def __init__(self, principal_id: _Optional[str] = ..., kind: _Optional[_Union[Principal.Kind, str]] = ..., grants: _Optional[_Iterable[_Union[Grant, _Mapping]]] = ..., request_id: _Optional[str] = ...) -> None: ...

class EnrolSleeperRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class Enrolment(_message.Message):
    __slots__ = ("principal", "code", "expire_time")
    PRINCIPAL_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    principal: Principal
    code: str
    expire_time: _timestamp_pb2.Timestamp
    def __init__(self, principal: _Optional[_Union[Principal, _Mapping]] = ..., code: _Optional[str] = ..., expire_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class RedeemCodeRequest(_message.Message):
    __slots__ = ("code",)
    CODE_FIELD_NUMBER: _ClassVar[int]
    code: str
    def __init__(self, code: _Optional[str] = ...) -> None: ...

class GetProviderRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Provider(_message.Message):
    __slots__ = ("issuer", "client_id", "authorization_endpoint", "scope")
    ISSUER_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    AUTHORIZATION_ENDPOINT_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    issuer: str
    client_id: str
    authorization_endpoint: str
    scope: str
    def __init__(self, issuer: _Optional[str] = ..., client_id: _Optional[str] = ..., authorization_endpoint: _Optional[str] = ..., scope: _Optional[str] = ...) -> None: ...

class RedeemSignInRequest(_message.Message):
    __slots__ = ("code", "code_verifier", "nonce", "redirect_uri")
    CODE_FIELD_NUMBER: _ClassVar[int]
    CODE_VERIFIER_FIELD_NUMBER: _ClassVar[int]
    NONCE_FIELD_NUMBER: _ClassVar[int]
    REDIRECT_URI_FIELD_NUMBER: _ClassVar[int]
    code: str
    code_verifier: str
    nonce: str
    redirect_uri: str
    def __init__(self, code: _Optional[str] = ..., code_verifier: _Optional[str] = ..., nonce: _Optional[str] = ..., redirect_uri: _Optional[str] = ...) -> None: ...

class IssuedCredential(_message.Message):
    __slots__ = ("principal", "credential", "expire_time", "authority", "signing_keys", "broker_url", "expires_in", "renew_in")
    PRINCIPAL_FIELD_NUMBER: _ClassVar[int]
    CREDENTIAL_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    AUTHORITY_FIELD_NUMBER: _ClassVar[int]
    SIGNING_KEYS_FIELD_NUMBER: _ClassVar[int]
    BROKER_URL_FIELD_NUMBER: _ClassVar[int]
    EXPIRES_IN_FIELD_NUMBER: _ClassVar[int]
    RENEW_IN_FIELD_NUMBER: _ClassVar[int]
    principal: Principal
    credential: str
    expire_time: _timestamp_pb2.Timestamp
    authority: str
    signing_keys: _containers.RepeatedScalarFieldContainer[bytes]
    broker_url: str
    expires_in: _duration_pb2.Duration
    renew_in: _duration_pb2.Duration
    def __init__(self, principal: _Optional[_Union[Principal, _Mapping]] = ..., credential: _Optional[str] = ..., expire_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., authority: _Optional[str] = ..., signing_keys: _Optional[_Iterable[bytes]] = ..., broker_url: _Optional[str] = ..., expires_in: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ..., renew_in: _Optional[_Union[_duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class RenewCredentialRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetCallerRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListPrincipalsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListPrincipalsResponse(_message.Message):
    __slots__ = ("principals", "next_page_token")
    PRINCIPALS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    principals: _containers.RepeatedCompositeFieldContainer[Principal]
    next_page_token: str
    def __init__(self, principals: _Optional[_Iterable[_Union[Principal, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class RevokePrincipalRequest(_message.Message):
    __slots__ = ("name", "reason")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    name: str
    reason: str
    def __init__(self, name: _Optional[str] = ..., reason: _Optional[str] = ...) -> None: ...

class ResumePrincipalRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListRulesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class ListRulesResponse(_message.Message):
    __slots__ = ("rules",)
    RULES_FIELD_NUMBER: _ClassVar[int]
    rules: _containers.RepeatedCompositeFieldContainer[MethodRule]
    def __init__(self, rules: _Optional[_Iterable[_Union[MethodRule, _Mapping]]] = ...) -> None: ...

class MethodRule(_message.Message):
    __slots__ = ("method", "rule")
    METHOD_FIELD_NUMBER: _ClassVar[int]
    RULE_FIELD_NUMBER: _ClassVar[int]
    method: str
    rule: _rules_pb2.Rule
    def __init__(self, method: _Optional[str] = ..., rule: _Optional[_Union[_rules_pb2.Rule, _Mapping]] = ...) -> None: ...
