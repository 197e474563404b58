from dreamapi.v1 import rules_pb2 as _rules_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Case(_message.Message):
    __slots__ = ("name", "kind", "state", "level", "sleeper", "site", "dreamscape", "parent", "open_time", "due_time", "answer_time", "end_time", "held", "climbed", "step", "share", "causes", "related", "expected", "evidence", "notes", "sittings", "pull", "contact")
    class Kind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        KIND_UNSPECIFIED: _ClassVar[Case.Kind]
        KIND_PERSON: _ClassVar[Case.Kind]
        KIND_PARENT: _ClassVar[Case.Kind]
        KIND_FLEET: _ClassVar[Case.Kind]
    KIND_UNSPECIFIED: Case.Kind
    KIND_PERSON: Case.Kind
    KIND_PARENT: Case.Kind
    KIND_FLEET: Case.Kind
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[Case.State]
        STATE_OPEN: _ClassVar[Case.State]
        STATE_TRIAGED: _ClassVar[Case.State]
        STATE_HELD: _ClassVar[Case.State]
        STATE_RETURNING: _ClassVar[Case.State]
        STATE_RELEASED: _ClassVar[Case.State]
        STATE_CLOSED: _ClassVar[Case.State]
    STATE_UNSPECIFIED: Case.State
    STATE_OPEN: Case.State
    STATE_TRIAGED: Case.State
    STATE_HELD: Case.State
    STATE_RETURNING: Case.State
    STATE_RELEASED: Case.State
    STATE_CLOSED: Case.State
    NAME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    SLEEPER_FIELD_NUMBER: _ClassVar[int]
    SITE_FIELD_NUMBER: _ClassVar[int]
    DREAMSCAPE_FIELD_NUMBER: _ClassVar[int]
    PARENT_FIELD_NUMBER: _ClassVar[int]
    OPEN_TIME_FIELD_NUMBER: _ClassVar[int]
    DUE_TIME_FIELD_NUMBER: _ClassVar[int]
    ANSWER_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    HELD_FIELD_NUMBER: _ClassVar[int]
    CLIMBED_FIELD_NUMBER: _ClassVar[int]
    STEP_FIELD_NUMBER: _ClassVar[int]
    SHARE_FIELD_NUMBER: _ClassVar[int]
    CAUSES_FIELD_NUMBER: _ClassVar[int]
    RELATED_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    SITTINGS_FIELD_NUMBER: _ClassVar[int]
    PULL_FIELD_NUMBER: _ClassVar[int]
    CONTACT_FIELD_NUMBER: _ClassVar[int]
    name: str
    kind: Case.Kind
    state: Case.State
    level: int
    sleeper: str
    site: str
    dreamscape: str
    parent: str
    open_time: _timestamp_pb2.Timestamp
    due_time: _timestamp_pb2.Timestamp
    answer_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    held: bool
    climbed: int
    step: int
    share: float
    causes: _containers.RepeatedScalarFieldContainer[str]
    related: bool
    expected: bool
    evidence: _containers.RepeatedCompositeFieldContainer[CaseEvidence]
    notes: _containers.RepeatedCompositeFieldContainer[CaseNote]
    sittings: _containers.RepeatedCompositeFieldContainer[CaseSitting]
    pull: CasePull
    contact: str
    def __init__(self, name: _Optional[str] = ..., kind: _Optional[_Union[Case.Kind, str]] = ..., state: _Optional[_Union[Case.State, str]] = ..., level: _Optional[int] = ..., sleeper: _Optional[str] = ..., site: _Optional[str] = ..., dreamscape: _Optional[str] = ..., parent: _Optional[str] = ..., open_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., due_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., answer_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., held: bool = ..., climbed: _Optional[int] = ..., step: _Optional[int] = ..., share: _Optional[float] = ..., causes: _Optional[_Iterable[str]] = ..., related: bool = ..., expected: bool = ..., evidence: _Optional[_Iterable[_Union[CaseEvidence, _Mapping]]] = ..., notes: _Optional[_Iterable[_Union[CaseNote, _Mapping]]] = ..., sittings: _Optional[_Iterable[_Union[CaseSitting, _Mapping]]] = ..., pull: _Optional[_Union[CasePull, _Mapping]] = ..., contact: _Optional[str] = ...) -> None: ...

class CasePull(_message.Message):
    __slots__ = ("baseline", "upper", "restored", "why", "offered_days")
    BASELINE_FIELD_NUMBER: _ClassVar[int]
    UPPER_FIELD_NUMBER: _ClassVar[int]
    RESTORED_FIELD_NUMBER: _ClassVar[int]
    WHY_FIELD_NUMBER: _ClassVar[int]
    OFFERED_DAYS_FIELD_NUMBER: _ClassVar[int]
    baseline: _containers.RepeatedScalarFieldContainer[float]
    upper: float
    restored: bool
    why: str
    offered_days: _containers.RepeatedCompositeFieldContainer[_timestamp_pb2.Timestamp]
    def __init__(self, baseline: _Optional[_Iterable[float]] = ..., upper: _Optional[float] = ..., restored: bool = ..., why: _Optional[str] = ..., offered_days: _Optional[_Iterable[_Union[_timestamp_pb2.Timestamp, _Mapping]]] = ...) -> None: ...

class CaseEvidence(_message.Message):
    __slots__ = ("time", "cause", "words", "value")
    TIME_FIELD_NUMBER: _ClassVar[int]
    CAUSE_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    time: _timestamp_pb2.Timestamp
    cause: str
    words: str
    value: float
    def __init__(self, time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., cause: _Optional[str] = ..., words: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...

class CaseNote(_message.Message):
    __slots__ = ("time", "by", "text")
    TIME_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    time: _timestamp_pb2.Timestamp
    by: str
    text: str
    def __init__(self, time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., by: _Optional[str] = ..., text: _Optional[str] = ...) -> None: ...

class CaseSitting(_message.Message):
    __slots__ = ("day", "pull", "anchored")
    DAY_FIELD_NUMBER: _ClassVar[int]
    PULL_FIELD_NUMBER: _ClassVar[int]
    ANCHORED_FIELD_NUMBER: _ClassVar[int]
    day: _timestamp_pb2.Timestamp
    pull: float
    anchored: bool
    def __init__(self, day: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., pull: _Optional[float] = ..., anchored: bool = ...) -> None: ...

class ListCasesRequest(_message.Message):
    __slots__ = ("states", "site", "level", "page_size", "page_token")
    STATES_FIELD_NUMBER: _ClassVar[int]
    SITE_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    states: _containers.RepeatedScalarFieldContainer[Case.State]
    site: str
    level: int
    page_size: int
    page_token: str
    def __init__(self, states: _Optional[_Iterable[_Union[Case.State, str]]] = ..., site: _Optional[str] = ..., level: _Optional[int] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListCasesResponse(_message.Message):
    __slots__ = ("cases", "next_page_token")
    CASES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    cases: _containers.RepeatedCompositeFieldContainer[Case]
    next_page_token: str
    def __init__(self, cases: _Optional[_Iterable[_Union[Case, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetCaseRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class GetOwnCaseRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class OpenCaseRequest(_message.Message):
    __slots__ = ("sleeper", "level", "words", "site", "request_id")
    SLEEPER_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    WORDS_FIELD_NUMBER: _ClassVar[int]
    SITE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    sleeper: str
    level: int
    words: str
    site: str
    request_id: str
    def __init__(self, sleeper: _Optional[str] = ..., level: _Optional[int] = ..., words: _Optional[str] = ..., site: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class TriageCaseRequest(_message.Message):
    __slots__ = ("name", "level", "related", "expected", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    RELATED_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    level: int
    related: bool
    expected: bool
    request_id: str
    def __init__(self, name: _Optional[str] = ..., level: _Optional[int] = ..., related: bool = ..., expected: bool = ..., request_id: _Optional[str] = ...) -> None: ...

class AddCaseNoteRequest(_message.Message):
    __slots__ = ("name", "text", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    text: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., text: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class HoldCaseRequest(_message.Message):
    __slots__ = ("name", "reason", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    reason: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., reason: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class PlanReturnRequest(_message.Message):
    __slots__ = ("name", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class ReleaseCaseRequest(_message.Message):
    __slots__ = ("name", "reason", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    reason: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., reason: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class CloseCaseRequest(_message.Message):
    __slots__ = ("name", "reason", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    reason: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., reason: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class AnswerMorningRequest(_message.Message):
    __slots__ = ("name", "kss", "who5", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    KSS_FIELD_NUMBER: _ClassVar[int]
    WHO5_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    kss: int
    who5: int
    request_id: str
    def __init__(self, name: _Optional[str] = ..., kss: _Optional[int] = ..., who5: _Optional[int] = ..., request_id: _Optional[str] = ...) -> None: ...

class MorningAnswers(_message.Message):
    __slots__ = ("case", "level", "physician")
    CASE_FIELD_NUMBER: _ClassVar[int]
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    PHYSICIAN_FIELD_NUMBER: _ClassVar[int]
    case: str
    level: int
    physician: bool
    def __init__(self, case: _Optional[str] = ..., level: _Optional[int] = ..., physician: bool = ...) -> None: ...

class GetCaseReportRequest(_message.Message):
    __slots__ = ("begin_time", "end_time")
    BEGIN_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    begin_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    def __init__(self, begin_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CaseLevelReport(_message.Message):
    __slots__ = ("level", "cases", "triaged", "within", "late", "to_triage_s")
    LEVEL_FIELD_NUMBER: _ClassVar[int]
    CASES_FIELD_NUMBER: _ClassVar[int]
    TRIAGED_FIELD_NUMBER: _ClassVar[int]
    WITHIN_FIELD_NUMBER: _ClassVar[int]
    LATE_FIELD_NUMBER: _ClassVar[int]
    TO_TRIAGE_S_FIELD_NUMBER: _ClassVar[int]
    level: int
    cases: int
    triaged: int
    within: int
    late: int
    to_triage_s: float
    def __init__(self, level: _Optional[int] = ..., cases: _Optional[int] = ..., triaged: _Optional[int] = ..., within: _Optional[int] = ..., late: _Optional[int] = ..., to_triage_s: _Optional[float] = ...) -> None: ...

class CaseReport(_message.Message):
    __slots__ = ("begin_time", "end_time", "levels", "states", "causes", "unanticipated")
    class StatesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    class CausesEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: int
        def __init__(self, key: _Optional[str] = ..., value: _Optional[int] = ...) -> None: ...
    BEGIN_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    LEVELS_FIELD_NUMBER: _ClassVar[int]
    STATES_FIELD_NUMBER: _ClassVar[int]
    CAUSES_FIELD_NUMBER: _ClassVar[int]
    UNANTICIPATED_FIELD_NUMBER: _ClassVar[int]
    begin_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    levels: _containers.RepeatedCompositeFieldContainer[CaseLevelReport]
    states: _containers.ScalarMap[str, int]
    causes: _containers.ScalarMap[str, int]
    unanticipated: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, begin_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., levels: _Optional[_Iterable[_Union[CaseLevelReport, _Mapping]]] = ..., states: _Optional[_Mapping[str, int]] = ..., causes: _Optional[_Mapping[str, int]] = ..., unanticipated: _Optional[_Iterable[str]] = ...) -> None: ...

class WatchCasesRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class WatchCasesResponse(_message.Message):
    __slots__ = ("cases",)
    CASES_FIELD_NUMBER: _ClassVar[int]
    cases: _containers.RepeatedCompositeFieldContainer[Case]
    def __init__(self, cases: _Optional[_Iterable[_Union[Case, _Mapping]]] = ...) -> None: ...
