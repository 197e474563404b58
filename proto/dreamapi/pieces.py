"""The caller's view of pieces: the leads of artists, as the daemon has signed them."""

from collections.abc import AsyncGenerator

import grpc.aio

from dreamapi import names
from dreamapi.call_policy import Line
from dreamapi.requests import asking
from dreamapi.v1 import pieces_pb2 as pieces
from dreamapi.v1.pieces_pb2_grpc import PiecesStub

PAGE: int = 100


class Pieces:
    """Pieces of artists."""

    def __init__(self, channel: grpc.aio.Channel, line: Line) -> None:
        self._stub = PiecesStub(channel)  # type: ignore[no-untyped-call]  # generated code is untyped
        self._line = line

    async def get_piece(self, piece: str) -> pieces.Piece:
        """One piece, by its id or its name.

        Raises:
            PieceUnknown: there is none.
        """
        request = asking(pieces.GetPieceRequest, name=names.piece(piece))
        return await self._line.ask(self._stub.GetPiece, request, pieces.Piece)

    async def list_pieces(self) -> AsyncGenerator[pieces.Piece, None]:
        """Every piece, newest first, page by page."""
        request = asking(pieces.ListPiecesRequest, page_size=PAGE)
        while True:
            page = await self._line.ask(self._stub.ListPieces, request, pieces.ListPiecesResponse)
            for one in page.pieces:
                yield one
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token
