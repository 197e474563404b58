"""The Exchange service, through the Python client and the shell."""

import csv
import io
import json
import re
import stat
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import grpc.aio
import pytest

import dreamapi
from api.test_access import GRANTS, bearer
from api.test_cli import Shell, shell  # noqa: F401 - a fixture
from api.test_consents import Site, site  # noqa: F401 - a fixture
from dreamapi.errors import from_rpc
from dreamapi.v1 import exchange_pb2 as exchange
from dreamapi.v1.exchange_pb2_grpc import ExchangeStub
from dreamd.adapters.grpc.servicers.exchange.pieces import PIECE_BYTES, pieces
from dreamd.core.access.caller import Role
from dreamd.core.exchange.accounts import COLUMNS
from dreamd.core.exchange.tickets import commitment
from dreamd.core.refusals import Code, Refusal
from fakes.coordination import FakeCoordination
from fakes.views import NOW_S

Round, Ask = exchange.Round, exchange.Ask
CLOSES = datetime.fromtimestamp(int(NOW_S) - 60, UTC)
NONCE = "ab" * 32


async def opened(api: dreamapi.Api) -> str:
    """A round of two berths, planned and opened through the API; its id."""
    planned = await api.exchange.plan_round(4000, CLOSES)
    name = planned.name.removeprefix("rounds/")
    for offer, price in (("garden", 3000), ("loft", 2000)):
        await api.exchange.add_offer(
            name, offer, site="north", night="2026-11-30", count=1, price=price, features=["quiet"]
        )
    for side, nonce in (("site", NONCE), ("advocate", "cd" * 32)):
        await api.exchange.commit_nonce(name, commitment(nonce), side=side)
    assert (await api.exchange.publish_round(planned.name)).state == Round.STATE_OPEN
    return name


async def test_a_round_goes_from_plan_to_account(api: dreamapi.Api, application: FakeCoordination) -> None:
    """Planned, offered, committed, asked, closed, revealed: the berths, their reasons and their money."""
    name = await opened(api)
    await api.exchange.attest("ben", "crisis")
    asked = await api.exchange.place_ask(name, ["garden", "loft"], sleeper="ada")
    assert (asked.state, asked.ask_class, list(asked.sentences)) == (
        Ask.STATE_PLACED,
        exchange.ASK_CLASS_OPEN,
        [],
    )
    ben = await api.exchange.place_ask(name, ["garden"], sleeper="sleepers/ben")
    assert ben.ask_class == exchange.ASK_CLASS_CRISIS
    await api.exchange.place_ask(name, ["loft"], sleeper="cy")
    assert (await api.exchange.withdraw_ask(name, "cy")).state == Ask.STATE_WITHDRAWN
    closed = await api.exchange.close_round(name)
    assert (closed.state, len(closed.book_sha256), closed.HasField("reveal_time")) == (
        Round.STATE_CLOSED,
        64,
        True,
    )
    half = await api.exchange.reveal_nonce(name, NONCE, side="site")
    assert (half.site.revealed, half.site.nonce, half.advocate.revealed) == (True, "", False)
    cleared = await api.exchange.reveal_nonce(name, "cd" * 32, side="advocate")
    assert (cleared.state, cleared.held, cleared.asks, cleared.berths) == (Round.STATE_CLEARED, 2, 2, 2)
    assert (cleared.site.nonce, cleared.advocate.nonce) == (NONCE, "cd" * 32)
    mine = await api.exchange.explain_ask(name, "ben")
    assert (mine.state, mine.berth.id, mine.berth.site) == (Ask.STATE_HELD, "garden", "sites/north")
    assert mine.sentences[0].startswith("Your place in line is ")
    money = await api.exchange.account(name)
    table = list(csv.reader(io.StringIO(money.csv.decode())))
    assert (tuple(table[0]), len(table)) == (COLUMNS, 3)
    assert money.pool_before_cents - money.pool_after_cents == 3000 - 400
    assert (await api.exchange.cancel_berth(name, "ben")).state == Ask.STATE_CANCELLED
    assert (await api.exchange.round_of(name)).held == 1
    assert len(application.exchange.rounds[name].cancelled) == 1


async def test_a_round_shows_no_sleeper(api: dreamapi.Api, application: FakeCoordination) -> None:
    """Round, offers, public file and account of a cleared round hold no pseudonym."""
    kept = application.exchange.bring("r", "open")
    kept.asks = {"walker-7": kept.asks.pop("ada"), **kept.asks}
    application.exchange.bring("r2", "cleared")
    told = [
        str(await api.exchange.list_rounds()),
        str(await api.exchange.round_of("r2")),
        (await api.exchange.export_round("r2")).decode(),
        (await api.exchange.account("r2")).csv.decode(),
    ]
    assert not [text for text in told if "walker-7" in text or "sleeper" in text]


async def test_lists_filter_and_page(api: dreamapi.Api, application: FakeCoordination) -> None:
    """Rounds come newest first and by state, pages give each once; offers come by their ids."""
    application.exchange.stand()
    names = [one.name for one in await api.exchange.list_rounds()]
    assert names == [f"rounds/{state}" for state in ("cleared", "closed", "open", "ready", "planned")]
    assert [one.name for one in await api.exchange.list_rounds(["open", "closed"])] == names[1:3]
    assert [one.id for one in await api.exchange.list_offers("open")] == ["garden", "loft"]
    with pytest.raises(dreamapi.InvalidArgument):
        await api.exchange.list_rounds(["gone"])


async def test_pages_go_on_where_the_last_one_ended(
    application: FakeCoordination, channel: grpc.aio.Channel
) -> None:
    """Pages of one give every round and every offer once; the token of no page is refused."""
    application.exchange.stand()
    stub = ExchangeStub(channel)  # type: ignore[no-untyped-call]
    for ask, kind, rows, count in (
        (stub.ListRounds, exchange.ListRoundsRequest, "rounds", 5),
        (stub.ListOffers, exchange.ListOffersRequest, "offers", 2),
    ):
        of = {"name": "rounds/open"} if rows == "offers" else {}
        found, token = [], ""
        while True:
            page = await ask(kind(page_size=1, page_token=token, **of))
            found += [str(one) for one in getattr(page, rows)]
            token = page.next_page_token
            if not token:
                break
        assert (len(found), len(set(found))) == (count, count)
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await ask(kind(page_token="none", **of))
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


Wrong = Callable[[dreamapi.Api], Any]
WRONG: tuple[tuple[str, Wrong], ...] = (
    ("name", lambda api: api.exchange.round_of("rounds/a/b")),
    ("name", lambda api: api.exchange.publish_round("")),
    ("round", lambda api: api.exchange.place_ask("-", ["garden"], sleeper="ada")),
    ("offers", lambda api: api.exchange.place_ask("open", [], sleeper="ada")),
    ("offers", lambda api: api.exchange.place_ask("open", ["garden"] * 201, sleeper="ada")),
    ("offers[1]", lambda api: api.exchange.place_ask("open", ["garden", "moon"], sleeper="ada")),
    ("name", lambda api: api.exchange.place_ask("open", ["garden"])),
    ("ask_class", lambda api: api.exchange.attest("ada", "open")),
    ("ask_class", lambda api: api.exchange.attest("ada", "gold")),
    ("price_most_cents", lambda api: api.exchange.plan_round(-1, CLOSES)),
    ("paid_in_cents", lambda api: api.exchange.plan_round(1, CLOSES, paid_in=1 << 40)),
    ("pool_cents", lambda api: api.exchange.plan_round(1, CLOSES, pool=-1)),
    ("close_time", lambda api: api.exchange.plan_round(1, CLOSES.replace(tzinfo=None))),
    ("reason", lambda api: api.exchange.void_round("open", " ")),
    ("role", lambda api: api.exchange.commit_nonce("planned", "ab" * 32, side="ops")),
    ("sha256", lambda api: api.exchange.commit_nonce("planned", "AB" * 32, side="site")),
    ("nonce", lambda api: api.exchange.reveal_nonce("closed", "33" * 32, side="site")),
)


async def test_a_wrong_request_names_its_field(api: dreamapi.Api, application: FakeCoordination) -> None:
    """A name, list, class, sum, time or digest out of its bounds is refused by its field."""
    application.exchange.stand()
    for field, ask in WRONG:
        with pytest.raises(dreamapi.InvalidArgument) as caught:
            await ask(api)
        assert caught.value.metadata["field"] == field
    for offer in ({"site": "a/b"}, {"features": ["quiet"] * 17}, {"count": 0}, {"price": 5000}):
        told: dict[str, Any] = {"site": "north", "night": "2026-11-30", "count": 1, "price": 1, **offer}
        with pytest.raises(dreamapi.InvalidArgument):
            await api.exchange.add_offer("planned", "attic", **told)


async def test_what_is_not_there_is_told_by_its_type(
    api: dreamapi.Api, application: FakeCoordination
) -> None:
    """No such round, no ask of the sleeper, a state that does not allow it, and an empty pool."""
    application.exchange.stand()
    with pytest.raises(dreamapi.RoundUnknown):
        await api.exchange.round_of("nowhere")
    with pytest.raises(dreamapi.AskUnknown):
        await api.exchange.explain_ask("open", "zoe")
    with pytest.raises(dreamapi.WrongState):
        await api.exchange.export_round("open")
    with pytest.raises(dreamapi.WrongState):
        await api.exchange.account("closed")
    assert (await api.exchange.export_round("closed")).startswith(b'{\n"book": {')
    application.refuse("publish_round", Refusal(Code.RESERVE_UNFUNDED, "the pool holds 1.00"))
    with pytest.raises(dreamapi.ReserveUnfunded):
        await api.exchange.publish_round("ready")


async def test_a_repeated_ask_is_one_ask(application: FakeCoordination, channel: grpc.aio.Channel) -> None:
    """The same request id gives the same answer, and the application is asked once."""
    application.exchange.stand()
    stub = ExchangeStub(channel)  # type: ignore[no-untyped-call]
    request = exchange.PlaceAskRequest(
        name="sleepers/ada/ask", round="rounds/open", offers=["loft"], request_id="r"
    )
    first, second = await stub.PlaceAsk(request), await stub.PlaceAsk(request)
    assert first == second
    assert [call[0] for call in application.calls].count("place_ask") == 1


async def test_a_sleeper_reaches_their_own_ask_and_no_other(
    site: Site,  # noqa: F811 - the fixture
    application: FakeCoordination,
) -> None:
    """Ada asks, explains and cancels by her name or by `-`; of ben everything is NOT_YOURS."""
    application.exchange.stand()
    token = site.token("anna", GRANTS[Role.SLEEPER])
    stub = ExchangeStub(site.channel)  # type: ignore[no-untyped-call]

    async def code(method: str, request: object) -> str:
        try:
            await getattr(stub, method)(request, metadata=bearer(token))
        except grpc.aio.AioRpcError as error:
            no = from_rpc(error, "here")
            return no.reason if isinstance(no, dreamapi.Refused) else str(no)
        return ""

    for sleeper, expected in (("ada", ""), ("-", ""), ("ben", "NOT_YOURS"), ("", "NOT_YOURS")):
        name = f"sleepers/{sleeper}/ask"
        asked = exchange.PlaceAskRequest(name=name, round="rounds/open", offers=["loft"])
        assert await code("PlaceAsk", asked) == expected
        for method, kind in (
            ("ExplainAsk", exchange.ExplainAskRequest),
            ("CancelBerth", exchange.CancelBerthRequest),
        ):
            assert await code(method, kind(name=name, round="rounds/cleared")) == expected
    word = exchange.AttestSleeperRequest(name="sleepers/ada/attestation", ask_class=1)
    assert await code("AttestSleeper", word) == "ROLE_LACKING"


async def test_the_line_works_from_a_shell(
    shell: Shell,  # noqa: F811 - the fixture
    application: FakeCoordination,
    tmp_path: Path,
) -> None:
    """Each verb answers with the round or ask as it is now; a refusal names the flag that was wrong."""
    assert (await shell("exchange rounds"))[1] == "no round was planned\n"
    status, out, _ = await shell("exchange plan --price-most 40 --closes 2020-01-01 --paid-in 12.50")
    assert (status, out) == (
        0,
        "round r1 is planned: 0 berths of 0 offers, 0 asks; the site and the advocate have not committed\n",
    )
    assert application.exchange.pool == 101_250
    assert (await shell("exchange offers r1"))[1] == "round r1 has no offer yet\n"
    offer = "exchange offer r1 {} --site north --night 2026-11-30 --count 1 --price {}"
    assert (await shell(offer.format("garden", "30.00") + " --feature quiet"))[0] == 0
    status, _, err = await shell(offer.format("loft", "41"))
    assert (status, err.startswith("dreamd: --price: expected")) == (1, True), err
    assert (await shell(offer.format("loft", "20")))[0] == 0
    assert "quiet" in (await shell("exchange offers r1"))[1]
    for side in ("site", "advocate"):
        kept = tmp_path / f"{side}.nonce"
        status, out, _ = await shell(f"exchange commit r1 --side {side} --nonce {kept}")
        assert (status, str(kept) in out, stat.S_IMODE(kept.stat().st_mode)) == (0, True, 0o600)
    assert "its book may be closed from" in (await shell("exchange publish r1"))[1]
    assert "ada may ask in the class crisis until" in (await shell("exchange attest ada crisis"))[1]
    status, out, _ = await shell("me ask r1 garden loft --sleeper ada")
    assert (status, out) == (0, "ask ask-ada in round r1, class crisis, stands in the book: garden, loft\n")
    await shell("exchange ask r1 loft garden --sleeper ben --class open")
    status, _, err = await shell("exchange ask r1 moon --sleeper ben")
    assert (status, err.startswith("dreamd: OFFER")) == (1, True), err
    await shell("exchange ask r1 loft --sleeper cy")
    assert "is withdrawn" in (await shell("exchange withdraw r1 --sleeper cy"))[1]
    status, out, _ = await shell("exchange close r1")
    assert (status, "the nonce of the site and of the advocate is due until" in out) == (0, True)
    for side in ("site", "advocate"):
        status, out, _ = await shell(f"exchange reveal r1 --side {side} --nonce {tmp_path / side}.nonce")
        assert (status, (tmp_path / f"{side}.nonce").exists()) == (0, False)
    assert out == "round r1 is cleared: 2 berths of 2 offers, 2 asks, 2 with a berth\n"
    status, out, _ = await shell("exchange explain r1 --sleeper ada")
    assert (status, out.splitlines()[0]) == (
        0,
        "ask ask-ada in round r1, class crisis, has a berth: garden, site north, night 2026-11-30, 30.00",
    )
    assert out.splitlines()[1].startswith("Your place in line is 1 of 2.")
    assert "advocate: advocate committed to" in (await shell("exchange round r1"))[1]
    status, out, err = await shell("exchange account r1")
    assert (out.splitlines()[0], "pool before 1012.50, after" in err) == (",".join(COLUMNS), True)
    assert (await shell(f"exchange account r1 --to {tmp_path / 'r1.csv'}"))[0] == 0
    assert (tmp_path / "r1.csv").read_bytes().startswith(b"ask,offer,site,class,price")
    assert "is cancelled" in (await shell("exchange cancel r1 --sleeper ben"))[1]
    assert "cleared" in (await shell("exchange rounds --state cleared"))[1]
    status, _, err = await shell("exchange void r1 --reason late")
    assert (status, "is cleared" in err) == (1, True)
    assert (await shell(f"exchange export r1 {tmp_path / 'r1.json'}"))[1] == f"{tmp_path / 'r1.json'}\n"
    for what in ("r1", f"{tmp_path / 'r1.json'}"):
        status, out, err = await shell(f"exchange verify {what} --explain ask-ada")
        assert (status, err, out.splitlines()[0]) == (
            0,
            "",
            "holds: round r1 follows from its book: 2 asks, 2 berths, 1 held",
        )
        assert "Your place in line is 1 of 2." in out


async def test_a_nonce_is_kept_before_it_is_promised(
    shell: Shell,  # noqa: F811 - the fixture
    application: FakeCoordination,
    tmp_path: Path,
) -> None:
    """A repeated commit takes the nonce that is kept; a refused round keeps none; wrong files are named."""
    application.exchange.stand()
    kept = tmp_path / "n"
    commit, reveal = f"--side site --nonce {kept}", f"exchange reveal planned --side site --nonce {kept}"
    application.refuse("commit", Refusal(Code.LEDGER_UNAVAILABLE, "the disk is full"))
    assert (await shell(f"exchange commit planned {commit}"))[0] == 1
    nonce = kept.read_text().strip()
    assert (await shell(f"exchange commit planned {commit}"))[0] == 0
    part = application.exchange.rounds["planned"].round.site
    assert part is not None
    assert (kept.read_text().strip(), part.sha256) == (nonce, commitment(nonce))
    status, _, err = await shell(f"exchange commit nowhere --side site --nonce {tmp_path / 'm'}")
    assert (status, "no round nowhere" in err, (tmp_path / "m").exists()) == (1, True, False)
    status, _, err = await shell(reveal)
    assert (status, "is planned" in err, kept.exists()) == (1, True, True)
    kept.chmod(0o640)
    assert f"run: chmod 600 {kept}" in (await shell(reveal))[2]
    kept.chmod(0o600)
    kept.write_text("0xyz")
    assert "is no nonce: expected 64 hexadecimal digits" in (await shell(reveal))[2]
    kept.write_bytes(b"\xff")
    assert "it is no text" in (await shell(reveal))[2]
    kept.unlink()
    status, _, err = await shell(reveal)
    assert (status, "made by `dreamd exchange commit`" in err) == (1, True)
    kept.write_text("in the way")
    status, _, err = await shell(f"exchange commit planned --side site --nonce {kept / 'x'}")
    assert (status, "--nonce" in err) == (1, True)


def test_a_large_file_is_the_same_document_in_pieces() -> None:
    """Pieces join to the document, the last one is told, and none is much longer than its least length."""
    whole: dict[str, object] = {
        "book": {
            "asks": [{"id": f"é{n}", "offers": ["k0"] * 20} for n in range(3000)],
            "offers": [],
            "n": {},
        },
        "berths": {f"a{n}": "k" for n in range(9000)},
        "empty": [],
        "nothing": None,
        "line": ["a"],
    }
    found = list(pieces(whole))
    assert json.loads(b"".join(content for content, _ in found)) == whole
    assert [last for _, last in found] == [False] * (len(found) - 1) + [True]
    assert (len(found) > 3, max(len(content) for content, _ in found) < 2 * PIECE_BYTES) == (True, True)


SPEAKS_OF_COUPLING = frozenset(
    {
        *(
            "coupling",
            "coupled",
            "couple",
            "merge",
            "merged",
            "minutes",
            "consent",
            "grant",
            "granted",
            "dose",
        ),
        *("ceiling", "exposure", "dreamscape", "seat", "share", "reward", "bid", "score"),
    }
)


def test_no_message_of_the_exchange_can_mention_coupling() -> None:
    """No message, field, enum value or method has a word for a merge, or for anything done in one (1.2)."""
    file = exchange.DESCRIPTOR
    named = {*file.message_types_by_name, *file.enum_types_by_name, *file.services_by_name}
    messages = list(file.message_types_by_name.values())
    enums = [*file.enum_types_by_name.values(), *(one for of in messages for one in of.enum_types)]
    named |= {field.name for of in messages for field in of.fields}
    named |= {value.name for of in enums for value in of.values}
    named |= {method.name for of in file.services_by_name.values() for method in of.methods}
    words = {word.lower() for name in named for word in re.findall("[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}
    assert {"round", "price", "pool", "withdraw"} <= words
    assert not words & SPEAKS_OF_COUPLING
    outside = {
        field.message_type.full_name
        for of in messages
        for field in of.fields
        if field.message_type is not None and field.message_type.file is not file
    }
    assert outside == {"google.protobuf.Timestamp"}
