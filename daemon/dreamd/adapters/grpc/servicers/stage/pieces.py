"""The Pieces service: leads of artists, as the daemon has signed them."""
# ruff: noqa: N802 - methods are named by the proto

from collections.abc import Iterator
from datetime import datetime

from google.protobuf.timestamp_pb2 import Timestamp

from dreamapi import names
from dreamapi.v1 import pieces_pb2 as pieces
from dreamapi.v1.pieces_pb2_grpc import PiecesServicer
from dreamd.adapters.grpc.calls.callers import caller_of
from dreamd.adapters.grpc.calls.errors import bad_input
from dreamd.adapters.grpc.calls.interceptor import Context
from dreamd.adapters.grpc.calls.pagination import page
from dreamd.adapters.grpc.calls.streams import settled
from dreamd.app.api.stage.pieces_protocol import PiecesApi, SignedPiece
from dreamd.core.limits import PAGE_DEFAULT, PAGE_MOST
from dreamd.core.pieces.piece import is_piece_id


class Pieces(PiecesServicer):
    """Serves dreamapi.v1.Pieces."""

    def __init__(self, queries: PiecesApi) -> None:
        self._queries = queries

    async def GetPiece(self, request: pieces.GetPieceRequest, context: Context) -> pieces.Piece:
        """One piece."""
        found = names.id_in(names.PIECES, request.name)
        if found is None or not is_piece_id(found):
            raise bad_input("name", f"{names.PIECES}/{{piece}}, 16 hexadecimal digits", request.name)
        return _told(await settled(self._queries.get_piece(caller_of(context), found)))

    async def ListPieces(
        self, request: pieces.ListPiecesRequest, context: Context
    ) -> pieces.ListPiecesResponse:
        """A page of pieces, newest first."""
        size, token, places = request.page_size, request.page_token, [""]

        def from_place(place: str) -> Iterator[SignedPiece]:
            places.append(place)
            return iter(())

        page(from_place, _id, _told, size, token)
        most = min(size or PAGE_DEFAULT, PAGE_MOST) + 1
        kept = await settled(self._queries.list_pieces(caller_of(context), places[-1], most))
        shown, following = page(lambda _place: iter(kept), _id, _told, size, token)
        return pieces.ListPiecesResponse(pieces=shown, next_page_token=following)


def _id(one: SignedPiece) -> str:
    return one.piece.id


def _told(one: SignedPiece) -> pieces.Piece:
    piece = one.piece
    return pieces.Piece(
        name=names.piece(piece.id),
        title=piece.credits.title,
        artist=piece.credits.artist,
        score_sha256=piece.credits.score_sha256,
        dreamscape=names.dreamscape(piece.dreamscape),
        begin_time=_instant(piece.begin),
        end_time=_instant(piece.end),
        ticks=piece.ticks,
        share_most=piece.share_most,
        chain_sha256=piece.chain_sha256,
        file=one.text.encode(),
    )


def _instant(text: str) -> Timestamp:
    stamp = Timestamp()
    stamp.FromDatetime(datetime.fromisoformat(text))
    return stamp
