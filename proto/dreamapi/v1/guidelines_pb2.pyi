from dreamapi.v1 import rules_pb2 as _rules_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Clause(_message.Message):
    __slots__ = ("number", "key", "limit", "hours", "unit", "text", "basis")
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    KEY_FIELD_NUMBER: _ClassVar[int]
    LIMIT_FIELD_NUMBER: _ClassVar[int]
    HOURS_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    BASIS_FIELD_NUMBER: _ClassVar[int]
    number: str
    key: str
    limit: float
    hours: str
    unit: str
    text: str
    basis: str
    def __init__(self, number: _Optional[str] = ..., key: _Optional[str] = ..., limit: _Optional[float] = ..., hours: _Optional[str] = ..., unit: _Optional[str] = ..., text: _Optional[str] = ..., basis: _Optional[str] = ...) -> None: ...

class Revision(_message.Message):
    __slots__ = ("name", "revision", "digest", "title", "state", "holds", "clauses", "proposer", "create_time", "open_time", "begin_time", "in_force_time", "end_time", "due_time", "clinician", "advocate", "provisional", "dry_run")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[Revision.State]
        STATE_DRAFT: _ClassVar[Revision.State]
        STATE_OPEN: _ClassVar[Revision.State]
        STATE_RATIFIED: _ClassVar[Revision.State]
        STATE_IN_FORCE: _ClassVar[Revision.State]
        STATE_SUPERSEDED: _ClassVar[Revision.State]
        STATE_LAPSED: _ClassVar[Revision.State]
        STATE_WITHDRAWN: _ClassVar[Revision.State]
    STATE_UNSPECIFIED: Revision.State
    STATE_DRAFT: Revision.State
    STATE_OPEN: Revision.State
    STATE_RATIFIED: Revision.State
    STATE_IN_FORCE: Revision.State
    STATE_SUPERSEDED: Revision.State
    STATE_LAPSED: Revision.State
    STATE_WITHDRAWN: Revision.State
    NAME_FIELD_NUMBER: _ClassVar[int]
    REVISION_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    HOLDS_FIELD_NUMBER: _ClassVar[int]
    CLAUSES_FIELD_NUMBER: _ClassVar[int]
    PROPOSER_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    OPEN_TIME_FIELD_NUMBER: _ClassVar[int]
    BEGIN_TIME_FIELD_NUMBER: _ClassVar[int]
    IN_FORCE_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    DUE_TIME_FIELD_NUMBER: _ClassVar[int]
    CLINICIAN_FIELD_NUMBER: _ClassVar[int]
    ADVOCATE_FIELD_NUMBER: _ClassVar[int]
    PROVISIONAL_FIELD_NUMBER: _ClassVar[int]
    DRY_RUN_FIELD_NUMBER: _ClassVar[int]
    name: str
    revision: int
    digest: str
    title: str
    state: Revision.State
    holds: bool
    clauses: _containers.RepeatedCompositeFieldContainer[Clause]
    proposer: str
    create_time: _timestamp_pb2.Timestamp
    open_time: _timestamp_pb2.Timestamp
    begin_time: _timestamp_pb2.Timestamp
    in_force_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    due_time: _timestamp_pb2.Timestamp
    clinician: str
    advocate: str
    provisional: bool
    dry_run: str
    def __init__(self, name: _Optional[str] = ..., revision: _Optional[int] = ..., digest: _Optional[str] = ..., title: _Optional[str] = ..., state: _Optional[_Union[Revision.State, str]] = ..., holds: bool = ..., clauses: _Optional[_Iterable[_Union[Clause, _Mapping]]] = ..., proposer: _Optional[str] = ..., create_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., open_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., begin_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., in_force_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., due_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., clinician: _Optional[str] = ..., advocate: _Optional[str] = ..., provisional: bool = ..., dry_run: _Optional[str] = ...) -> None: ...

class Comment(_message.Message):
    __slots__ = ("name", "by", "create_time", "text")
    NAME_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    name: str
    by: str
    create_time: _timestamp_pb2.Timestamp
    text: str
    def __init__(self, name: _Optional[str] = ..., by: _Optional[str] = ..., create_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., text: _Optional[str] = ...) -> None: ...

class ProposeRevisionRequest(_message.Message):
    __slots__ = ("document", "begin_time", "by", "request_id")
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    BEGIN_TIME_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    document: bytes
    begin_time: _timestamp_pb2.Timestamp
    by: str
    request_id: str
    def __init__(self, document: _Optional[bytes] = ..., begin_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., by: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class OpenRevisionRequest(_message.Message):
    __slots__ = ("name", "by", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    by: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., by: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class CommentOnRevisionRequest(_message.Message):
    __slots__ = ("name", "text", "by", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    text: str
    by: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., text: _Optional[str] = ..., by: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class RatifyRevisionRequest(_message.Message):
    __slots__ = ("name", "role", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    role: _rules_pb2.Role
    request_id: str
    def __init__(self, name: _Optional[str] = ..., role: _Optional[_Union[_rules_pb2.Role, str]] = ..., request_id: _Optional[str] = ...) -> None: ...

class WithdrawRevisionRequest(_message.Message):
    __slots__ = ("name", "by", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    by: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., by: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetRevisionRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListRevisionsRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListRevisionsResponse(_message.Message):
    __slots__ = ("revisions", "next_page_token")
    REVISIONS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    revisions: _containers.RepeatedCompositeFieldContainer[Revision]
    next_page_token: str
    def __init__(self, revisions: _Optional[_Iterable[_Union[Revision, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListCommentsRequest(_message.Message):
    __slots__ = ("name", "page_size", "page_token")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    name: str
    page_size: int
    page_token: str
    def __init__(self, name: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListCommentsResponse(_message.Message):
    __slots__ = ("comments", "next_page_token")
    COMMENTS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    comments: _containers.RepeatedCompositeFieldContainer[Comment]
    next_page_token: str
    def __init__(self, comments: _Optional[_Iterable[_Union[Comment, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class DiffRevisionsRequest(_message.Message):
    __slots__ = ("old", "new")
    OLD_FIELD_NUMBER: _ClassVar[int]
    NEW_FIELD_NUMBER: _ClassVar[int]
    old: str
    new: str
    def __init__(self, old: _Optional[str] = ..., new: _Optional[str] = ...) -> None: ...

class Difference(_message.Message):
    __slots__ = ("change", "old_clause", "new_clause")
    class Change(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        CHANGE_UNSPECIFIED: _ClassVar[Difference.Change]
        CHANGE_ADDED: _ClassVar[Difference.Change]
        CHANGE_REMOVED: _ClassVar[Difference.Change]
        CHANGE_TIGHTENED: _ClassVar[Difference.Change]
        CHANGE_LOOSENED: _ClassVar[Difference.Change]
        CHANGE_REWORDED: _ClassVar[Difference.Change]
    CHANGE_UNSPECIFIED: Difference.Change
    CHANGE_ADDED: Difference.Change
    CHANGE_REMOVED: Difference.Change
    CHANGE_TIGHTENED: Difference.Change
    CHANGE_LOOSENED: Difference.Change
    CHANGE_REWORDED: Difference.Change
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    OLD_CLAUSE_FIELD_NUMBER: _ClassVar[int]
    NEW_CLAUSE_FIELD_NUMBER: _ClassVar[int]
    change: Difference.Change
    old_clause: Clause
    new_clause: Clause
    def __init__(self, change: _Optional[_Union[Difference.Change, str]] = ..., old_clause: _Optional[_Union[Clause, _Mapping]] = ..., new_clause: _Optional[_Union[Clause, _Mapping]] = ...) -> None: ...

class DiffRevisionsResponse(_message.Message):
    __slots__ = ("differences", "only_tightens")
    DIFFERENCES_FIELD_NUMBER: _ClassVar[int]
    ONLY_TIGHTENS_FIELD_NUMBER: _ClassVar[int]
    differences: _containers.RepeatedCompositeFieldContainer[Difference]
    only_tightens: bool
    def __init__(self, differences: _Optional[_Iterable[_Union[Difference, _Mapping]]] = ..., only_tightens: bool = ...) -> None: ...

class DryRunRevisionRequest(_message.Message):
    __slots__ = ("name", "document", "nights")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DOCUMENT_FIELD_NUMBER: _ClassVar[int]
    NIGHTS_FIELD_NUMBER: _ClassVar[int]
    name: str
    document: bytes
    nights: int
    def __init__(self, name: _Optional[str] = ..., document: _Optional[bytes] = ..., nights: _Optional[int] = ...) -> None: ...

class DryRun(_message.Message):
    __slots__ = ("admissions", "clauses", "sites")
    class Moved(_message.Message):
        __slots__ = ("clause", "site", "more", "fewer")
        CLAUSE_FIELD_NUMBER: _ClassVar[int]
        SITE_FIELD_NUMBER: _ClassVar[int]
        MORE_FIELD_NUMBER: _ClassVar[int]
        FEWER_FIELD_NUMBER: _ClassVar[int]
        clause: str
        site: str
        more: int
        fewer: int
        def __init__(self, clause: _Optional[str] = ..., site: _Optional[str] = ..., more: _Optional[int] = ..., fewer: _Optional[int] = ...) -> None: ...
    class SiteLoss(_message.Message):
        __slots__ = ("site", "refused", "admitted", "lost_minutes")
        SITE_FIELD_NUMBER: _ClassVar[int]
        REFUSED_FIELD_NUMBER: _ClassVar[int]
        ADMITTED_FIELD_NUMBER: _ClassVar[int]
        LOST_MINUTES_FIELD_NUMBER: _ClassVar[int]
        site: str
        refused: int
        admitted: int
        lost_minutes: float
        def __init__(self, site: _Optional[str] = ..., refused: _Optional[int] = ..., admitted: _Optional[int] = ..., lost_minutes: _Optional[float] = ...) -> None: ...
    ADMISSIONS_FIELD_NUMBER: _ClassVar[int]
    CLAUSES_FIELD_NUMBER: _ClassVar[int]
    SITES_FIELD_NUMBER: _ClassVar[int]
    admissions: int
    clauses: _containers.RepeatedCompositeFieldContainer[DryRun.Moved]
    sites: _containers.RepeatedCompositeFieldContainer[DryRun.SiteLoss]
    def __init__(self, admissions: _Optional[int] = ..., clauses: _Optional[_Iterable[_Union[DryRun.Moved, _Mapping]]] = ..., sites: _Optional[_Iterable[_Union[DryRun.SiteLoss, _Mapping]]] = ...) -> None: ...
