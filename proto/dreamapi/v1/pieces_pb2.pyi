from dreamapi.v1 import rules_pb2 as _rules_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Iterable as _Iterable, Mapping as _Mapping, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Piece(_message.Message):
    __slots__ = ("name", "title", "artist", "score_sha256", "dreamscape", "begin_time", "end_time", "ticks", "share_most", "chain_sha256", "file")
    NAME_FIELD_NUMBER: _ClassVar[int]
    TITLE_FIELD_NUMBER: _ClassVar[int]
    ARTIST_FIELD_NUMBER: _ClassVar[int]
    SCORE_SHA256_FIELD_NUMBER: _ClassVar[int]
    DREAMSCAPE_FIELD_NUMBER: _ClassVar[int]
    BEGIN_TIME_FIELD_NUMBER: _ClassVar[int]
    END_TIME_FIELD_NUMBER: _ClassVar[int]
    TICKS_FIELD_NUMBER: _ClassVar[int]
    SHARE_MOST_FIELD_NUMBER: _ClassVar[int]
    CHAIN_SHA256_FIELD_NUMBER: _ClassVar[int]
    FILE_FIELD_NUMBER: _ClassVar[int]
    name: str
    title: str
    artist: str
    score_sha256: str
    dreamscape: str
    begin_time: _timestamp_pb2.Timestamp
    end_time: _timestamp_pb2.Timestamp
    ticks: int
    share_most: float
    chain_sha256: str
    file: bytes
    def __init__(self, name: _Optional[str] = ..., title: _Optional[str] = ..., artist: _Optional[str] = ..., score_sha256: _Optional[str] = ..., dreamscape: _Optional[str] = ..., begin_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., end_time: _Optional[_Union[_timestamp_pb2.Timestamp, _Mapping]] = ..., ticks: _Optional[int] = ..., share_most: _Optional[float] = ..., chain_sha256: _Optional[str] = ..., file: _Optional[bytes] = ...) -> None: ...

class GetPieceRequest(_message.Message):
    __slots__ = ("name",)
    NAME_FIELD_NUMBER: _ClassVar[int]
    name: str
    def __init__(self, name: _Optional[str] = ...) -> None: ...

class ListPiecesRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListPiecesResponse(_message.Message):
    __slots__ = ("pieces", "next_page_token")
    PIECES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    pieces: _containers.RepeatedCompositeFieldContainer[Piece]
    next_page_token: str
    def __init__(self, pieces: _Optional[_Iterable[_Union[Piece, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...
