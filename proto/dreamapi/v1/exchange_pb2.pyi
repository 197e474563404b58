from dreamapi.v1 import rules_pb2 as _rules_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class AskClass(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ASK_CLASS_UNSPECIFIED: _ClassVar[AskClass]
    ASK_CLASS_CRISIS: _ClassVar[AskClass]
    ASK_CLASS_COMMUNITY: _ClassVar[AskClass]
    ASK_CLASS_OPEN: _ClassVar[AskClass]
ASK_CLASS_UNSPECIFIED: AskClass
ASK_CLASS_CRISIS: AskClass
ASK_CLASS_COMMUNITY: AskClass
ASK_CLASS_OPEN: AskClass

class RoundTerms(_message.Message):
    __slots__ = ("price_most_cents", "pool_cents", "reserve_crisis", "reserve_community", "levy")
    PRICE_MOST_CENTS_FIELD_NUMBER: _ClassVar[int]
    POOL_CENTS_FIELD_NUMBER: _ClassVar[int]
    RESERVE_CRISIS_FIELD_NUMBER: _ClassVar[int]
    RESERVE_COMMUNITY_FIELD_NUMBER: _ClassVar[int]
    LEVY_FIELD_NUMBER: _ClassVar[int]
    price_most_cents: int
    pool_cents: int
    reserve_crisis: float
    reserve_community: float
    levy: float
    def __init__(self, price_most_cents: _Optional[int] = ..., pool_cents: _Optional[int] = ..., reserve_crisis: _Optional[float] = ..., reserve_community: _Optional[float] = ..., levy: _Optional[float] = ...) -> None: ...

class RoundSide(_message.Message):
    __slots__ = ("sha256", "by", "revealed", "nonce")
    SHA256_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    REVEALED_FIELD_NUMBER: _ClassVar[int]
    NONCE_FIELD_NUMBER: _ClassVar[int]
    sha256: str
    by: str
    revealed: bool
    nonce: str
    def __init__(self, sha256: _Optional[str] = ..., by: _Optional[str] = ..., revealed: bool = ..., nonce: _Optional[str] = ...) -> None: ...

class Round(_message.Message):
    __slots__ = ("name", "state", "terms", "close_time", "closed_time", "reveal_time", "site", "advocate", "offers", "berths", "asks", "held", "book_sha256", "seed", "void_reason")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[Round.State]
        STATE_PLANNED: _ClassVar[Round.State]
        STATE_OPEN: _ClassVar[Round.State]
        STATE_CLOSED: _ClassVar[Round.State]
        STATE_DRAWN: _ClassVar[Round.State]
        STATE_CLEARED: _ClassVar[Round.State]
        STATE_SETTLED: _ClassVar[Round.State]
        STATE_VOID: _ClassVar[Round.State]
    STATE_UNSPECIFIED: Round.State
    STATE_PLANNED: Round.State
    STATE_OPEN: Round.State
    STATE_CLOSED: Round.State
    STATE_DRAWN: Round.State
    STATE_CLEARED: Round.State
    STATE_SETTLED: Round.State
    STATE_VOID: Round.State
    NAME_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    TERMS_FIELD_NUMBER: _ClassVar[int]
    CLOSE_TIME_FIELD_NUMBER: _ClassVar[int]
    CLOSED_TIME_FIELD_NUMBER: _ClassVar[int]
    REVEAL_TIME_FIELD_NUMBER: _ClassVar[int]
    SITE_FIELD_NUMBER: _ClassVar[int]
    ADVOCATE_FIELD_NUMBER: _ClassVar[int]
    OFFERS_FIELD_NUMBER: _ClassVar[int]
    BERTHS_FIELD_NUMBER: _ClassVar[int]
    ASKS_FIELD_NUMBER: _ClassVar[int]
    HELD_FIELD_NUMBER: _ClassVar[int]
    BOOK_SHA256_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    VOID_REASON_FIELD_NUMBER: _ClassVar[int]
    name: str
    state: Round.State
    terms: RoundTerms
    close_time: _timestamp_pb2.Timestamp
    closed_time: _timestamp_pb2.Timestamp
    reveal_time: _timestamp_pb2.Timestamp
    site: RoundSide
    advocate: RoundSide
    offers: int
    berths: int
    asks: int
    held: int
    book_sha256: str
    seed: str
    void_reason: str
    def __init__(self, name: _Optional[str] = ..., state: _Optional[_Union[Round.State, str]] = ..., terms: _Optional[_Union[RoundTerms, _Mapping]] = ..., close_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., closed_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., reveal_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., site: _Optional[_Union[RoundSide, _Mapping]] = ..., advocate: _Optional[_Union[RoundSide, _Mapping]] = ..., offers: _Optional[int] = ..., berths: _Optional[int] = ..., asks: _Optional[int] = ..., held: _Optional[int] = ..., book_sha256: _Optional[str] = ..., seed: _Optional[str] = ..., void_reason: _Optional[str] = ...) -> None: ...

class Offer(_message.Message):
    __slots__ = ("id", "site", "night", "features", "count", "price_cents")
    ID_FIELD_NUMBER: _ClassVar[int]
    SITE_FIELD_NUMBER: _ClassVar[int]
    NIGHT_FIELD_NUMBER: _ClassVar[int]
    FEATURES_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    PRICE_CENTS_FIELD_NUMBER: _ClassVar[int]
    id: str
    site: str
    night: str
    features: _containers.RepeatedScalarFieldContainer[str]
    count: int
    price_cents: int
    def __init__(self, id: _Optional[str] = ..., site: _Optional[str] = ..., night: _Optional[str] = ..., features: _Optional[_Iterable[str]] = ..., count: _Optional[int] = ..., price_cents: _Optional[int] = ...) -> None: ...

class Ask(_message.Message):
    __slots__ = ("round", "id", "ask_class", "offers", "state", "berth", "sentences")
    class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
        __slots__ = ()
        STATE_UNSPECIFIED: _ClassVar[Ask.State]
        STATE_PLACED: _ClassVar[Ask.State]
        STATE_WITHDRAWN: _ClassVar[Ask.State]
        STATE_HELD: _ClassVar[Ask.State]
        STATE_UNPLACED: _ClassVar[Ask.State]
        STATE_CANCELLED: _ClassVar[Ask.State]
    STATE_UNSPECIFIED: Ask.State
    STATE_PLACED: Ask.State
    STATE_WITHDRAWN: Ask.State
    STATE_HELD: Ask.State
    STATE_UNPLACED: Ask.State
    STATE_CANCELLED: Ask.State
    ROUND_FIELD_NUMBER: _ClassVar[int]
    ID_FIELD_NUMBER: _ClassVar[int]
    ASK_CLASS_FIELD_NUMBER: _ClassVar[int]
    OFFERS_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    BERTH_FIELD_NUMBER: _ClassVar[int]
    SENTENCES_FIELD_NUMBER: _ClassVar[int]
    round: str
    id: str
    ask_class: AskClass
    offers: _containers.RepeatedScalarFieldContainer[str]
    state: Ask.State
    berth: Offer
    sentences: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, round: _Optional[str] = ..., id: _Optional[str] = ..., ask_class: _Optional[_Union[AskClass, str]] = ..., offers: _Optional[_Iterable[str]] = ..., state: _Optional[_Union[Ask.State, str]] = ..., berth: _Optional[_Union[Offer, _Mapping]] = ..., sentences: _Optional[_Iterable[str]] = ...) -> None: ...

class Attestation(_message.Message):
    __slots__ = ("name", "ask_class", "by", "expire_time")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ASK_CLASS_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    EXPIRE_TIME_FIELD_NUMBER: _ClassVar[int]
    name: str
    ask_class: AskClass
    by: str
    expire_time: _timestamp_pb2.Timestamp
    def __init__(self, name: _Optional[str] = ..., ask_class: _Optional[_Union[AskClass, str]] = ..., by: _Optional[str] = ..., expire_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class PlanRoundRequest(_message.Message):
    __slots__ = ("price_most_cents", "close_time", "pool_cents", "paid_in_cents", "request_id", "by")
    PRICE_MOST_CENTS_FIELD_NUMBER: _ClassVar[int]
    CLOSE_TIME_FIELD_NUMBER: _ClassVar[int]
    POOL_CENTS_FIELD_NUMBER: _ClassVar[int]
    PAID_IN_CENTS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    price_most_cents: int
    close_time: _timestamp_pb2.Timestamp
    pool_cents: int
    paid_in_cents: int
    request_id: str
    by: str
    def __init__(self, price_most_cents: _Optional[int] = ..., close_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., pool_cents: _Optional[int] = ..., paid_in_cents: _Optional[int] = ..., request_id: _Optional[str] = ..., by: _Optional[str] = ...) -> None: ...

class AddOfferRequest(_message.Message):
    __slots__ = ("name", "offer", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    OFFER_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    offer: Offer
    request_id: str
    def __init__(self, name: _Optional[str] = ..., offer: _Optional[_Union[Offer, _Mapping]] = ..., request_id: _Optional[str] = ...) -> None: ...

class CommitNonceRequest(_message.Message):
    __slots__ = ("name", "sha256", "role", "request_id", "by")
    NAME_FIELD_NUMBER: _ClassVar[int]
    SHA256_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    name: str
    sha256: str
    role: _rules_pb2.Role
    request_id: str
    by: str
    def __init__(self, name: _Optional[str] = ..., sha256: _Optional[str] = ..., role: _Optional[_Union[_rules_pb2.Role, str]] = ..., request_id: _Optional[str] = ..., by: _Optional[str] = ...) -> None: ...

class PublishRoundRequest(_message.Message):
    __slots__ = ("name", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class CloseRoundRequest(_message.Message):
    __slots__ = ("name", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class RevealNonceRequest(_message.Message):
    __slots__ = ("name", "nonce", "role", "request_id", "by")
    NAME_FIELD_NUMBER: _ClassVar[int]
    NONCE_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    name: str
    nonce: str
    role: _rules_pb2.Role
    request_id: str
    by: str
    def __init__(self, name: _Optional[str] = ..., nonce: _Optional[str] = ..., role: _Optional[_Union[_rules_pb2.Role, str]] = ..., request_id: _Optional[str] = ..., by: _Optional[str] = ...) -> None: ...

class VoidRoundRequest(_message.Message):
    __slots__ = ("name", "reason", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    reason: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., reason: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetRoundRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListRoundsRequest(_message.Message):
    __slots__ = ("states", "page_size", "page_token")
    STATES_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    states: _containers.RepeatedScalarFieldContainer[Round.State]
    page_size: int
    page_token: str
    def __init__(self, states: _Optional[_Iterable[_Union[Round.State, str]]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListRoundsResponse(_message.Message):
    __slots__ = ("rounds", "next_page_token")
    ROUNDS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    rounds: _containers.RepeatedCompositeFieldContainer[Round]
    next_page_token: str
    def __init__(self, rounds: _Optional[_Iterable[_Union[Round, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ListOffersRequest(_message.Message):
    __slots__ = ("name", "page_size", "page_token")
    NAME_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    name: str
    page_size: int
    page_token: str
    def __init__(self, name: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListOffersResponse(_message.Message):
    __slots__ = ("offers", "next_page_token")
    OFFERS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    offers: _containers.RepeatedCompositeFieldContainer[Offer]
    next_page_token: str
    def __init__(self, offers: _Optional[_Iterable[_Union[Offer, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ExportRoundRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ExportRoundResponse(_message.Message):
    __slots__ = ("content", "last")
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    LAST_FIELD_NUMBER: _ClassVar[int]
    content: bytes
    last: bool
    def __init__(self, content: _Optional[bytes] = ..., last: bool = ...) -> None: ...

class AttestSleeperRequest(_message.Message):
    __slots__ = ("name", "ask_class", "request_id", "by")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ASK_CLASS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    BY_FIELD_NUMBER: _ClassVar[int]
    name: str
    ask_class: AskClass
    request_id: str
    by: str
    def __init__(self, name: _Optional[str] = ..., ask_class: _Optional[_Union[AskClass, str]] = ..., request_id: _Optional[str] = ..., by: _Optional[str] = ...) -> None: ...

class PlaceAskRequest(_message.Message):
    __slots__ = ("name", "round", "ask_class", "offers", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ROUND_FIELD_NUMBER: _ClassVar[int]
    ASK_CLASS_FIELD_NUMBER: _ClassVar[int]
    OFFERS_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    round: str
    ask_class: AskClass
    offers: _containers.RepeatedScalarFieldContainer[str]
    request_id: str
    def __init__(self, name: _Optional[str] = ..., round: _Optional[str] = ..., ask_class: _Optional[_Union[AskClass, str]] = ..., offers: _Optional[_Iterable[str]] = ..., request_id: _Optional[str] = ...) -> None: ...

class WithdrawAskRequest(_message.Message):
    __slots__ = ("name", "round", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ROUND_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    round: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., round: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class ExplainAskRequest(_message.Message):
    __slots__ = ("name", "round")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ROUND_FIELD_NUMBER: _ClassVar[int]
    name: str
    round: str
    def __init__(self, name: _Optional[str] = ..., round: _Optional[str] = ...) -> None: ...

class CancelBerthRequest(_message.Message):
    __slots__ = ("name", "round", "request_id")
    NAME_FIELD_NUMBER: _ClassVar[int]
    ROUND_FIELD_NUMBER: _ClassVar[int]
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    name: str
    round: str
    request_id: str
    def __init__(self, name: _Optional[str] = ..., round: _Optional[str] = ..., request_id: _Optional[str] = ...) -> None: ...

class GetAccountRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class RoundAccount(_message.Message):
    __slots__ = ("csv", "pool_before_cents", "pool_after_cents")
    CSV_FIELD_NUMBER: _ClassVar[int]
    POOL_BEFORE_CENTS_FIELD_NUMBER: _ClassVar[int]
    POOL_AFTER_CENTS_FIELD_NUMBER: _ClassVar[int]
    csv: bytes
    pool_before_cents: int
    pool_after_cents: int
    def __init__(self, csv: _Optional[bytes] = ..., pool_before_cents: _Optional[int] = ..., pool_after_cents: _Optional[int] = ...) -> None: ...
