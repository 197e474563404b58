"""The Pieces service, through the Python client and the shell; a piece verified offline."""

from pathlib import Path

import grpc.aio
import pytest

import dreamapi
from api.test_cli import Shell, shell  # noqa: F401 - a fixture
from dreamapi.v1.pieces_pb2 import GetPieceRequest, ListPiecesRequest
from dreamapi.v1.pieces_pb2_grpc import PiecesStub
from dreamd.adapters.documents.pieces import verified_piece
from dreamd.core.dreamscapes.views import DreamscapeState
from dreamd.core.pieces.piece import Credits
from dreamd.main import main
from dreamd.ports.ledger.transaction import Transaction
from dreamwire.signing import SigningKey
from fakes.coordination import FakeCoordination
from fakes.pieces import KEY, PIECE, WORDS, kept_piece
from fakes.waiting import until


async def test_pieces_are_listed_newest_first_over_pages_and_read_by_name(
    api: dreamapi.Api, channel: grpc.aio.Channel, application: FakeCoordination
) -> None:
    """Every piece once, whatever the size of a page; one by its id or name, with the file as signed."""
    kept = [kept_piece(number, ticks=1) for number in range(2, 7)]
    application.principals.ledger.write(Transaction(pieces=tuple(kept)))
    listed = [one async for one in api.pieces.list_pieces()]
    assert [one.name for one in listed] == [f"pieces/{one.id}" for one in (*reversed(kept), PIECE)]
    stub = PiecesStub(channel)  # type: ignore[no-untyped-call]
    token, paged = "", list[str]()
    while not paged or token:
        page = await stub.ListPieces(ListPiecesRequest(page_size=4, page_token=token))
        paged += [one.name for one in page.pieces]
        token = page.next_page_token
    assert paged == [one.name for one in listed]
    for name in (PIECE.id, f"pieces/{PIECE.id}"):
        one = await api.pieces.get_piece(name)
        assert (one.title, one.artist, one.ticks, one.dreamscape) == (
            *(WORDS.title, WORDS.artist),
            *(240, "dreamscapes/night-1"),
        )
        assert verified_piece(one.file, KEY.public).chain_sha256 == one.chain_sha256
        assert (one.end_time.ToDatetime() - one.begin_time.ToDatetime()).total_seconds() == 239 * 0.25


async def test_an_unknown_piece_and_a_wrong_name_or_token_are_refused(
    api: dreamapi.Api, channel: grpc.aio.Channel
) -> None:
    """An id without a piece is PIECE_UNKNOWN; another form of a name or of a token is an invalid argument."""
    with pytest.raises(dreamapi.PieceUnknown):
        await api.pieces.get_piece("0" * 16)
    stub = PiecesStub(channel)  # type: ignore[no-untyped-call]
    calls = [stub.GetPiece(GetPieceRequest(name=name)) for name in ("", "pieces/x", PIECE.id)]
    calls += [
        stub.ListPieces(ListPiecesRequest(page_token="abc")),
        stub.ListPieces(ListPiecesRequest(page_size=-1)),
    ]
    for call in calls:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_lead_states_its_words_and_is_answered_with_its_piece(
    api: dreamapi.Api, application: FakeCoordination
) -> None:
    """The first message alone has title, artist and score; a title of two lines is refused by its field."""

    async def one() -> object:
        yield [0.25] * 12, 0.1
        await until(lambda: application.artists.newest()[1] > 0.0)
        application.artists.broadcast(7, application.artists.newest(), (1, "cd" * 32))
        yield [0.25] * 12, 0.2

    words = {"title": "Low Tide", "artist": "Mia Vance", "score_sha256": "ab" * 32}
    application.add("n", DreamscapeState.DREAMING)
    led = await api.dreamscapes.lead("n", one(), **words)  # type: ignore[arg-type]
    assert (led.taken, len(led.piece)) == (2, len("pieces/") + 16)
    assert [call for call in application.calls if call[0] == "lead"] == [
        ("lead", "n", Credits(*words.values()))
    ]
    with pytest.raises(dreamapi.InvalidArgument) as refused:
        await api.dreamscapes.lead("n", one(), title="x" * 101)  # type: ignore[arg-type]
    assert refused.value.metadata["field"] == "title"


async def test_a_piece_is_shown_written_and_verified_offline(
    shell: Shell,  # noqa: F811
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`piece list` and `show` name title and artist; the file holds unchanged and by this key alone."""
    status, out, _ = await shell("piece list")
    assert (status, PIECE.id in out, "Low Tide" in out) == (0, True, True)
    file, key, other = tmp_path / "piece.json", tmp_path / "daemon.pub", tmp_path / "other.pub"
    KEY.save_public(key)
    SigningKey.from_seed(bytes(32)).save_public(other)
    status, out, _ = await shell(f"piece show {PIECE.id} --out {file}")
    assert (status, "Low Tide, by Mia Vance" in out, file.read_text()) == (0, True, PIECE.text)
    assert main(["piece", "verify", str(file), "--key", str(key)]) == 0
    assert f"holds: piece {PIECE.id}, Low Tide, 240 ticks" in capsys.readouterr().out
    assert main(["piece", "verify", str(file), "--key", str(other)]) == 1
    file.write_text(PIECE.text.replace("Low Tide", "Low tide"))
    assert main(["piece", "verify", str(file), "--key", str(key)]) == 1
    assert "it was changed since" in capsys.readouterr().err
    assert (await shell("piece show 0000000000000000"))[0] == 1
