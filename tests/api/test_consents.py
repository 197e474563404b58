"""The Consents service, through the Python client and the shell, without and with access control."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import grpc.aio
import pytest

import dreamapi
from api.test_access import GRANTS, KINDS, bearer
from api.test_audit import recorded
from api.test_cli import Shell, shell  # noqa: F401 - a fixture
from dreamapi.errors import from_rpc
from dreamapi.v1.access_pb2 import EnrolSleeperRequest
from dreamapi.v1.access_pb2_grpc import AccessStub
from dreamapi.v1.consents_pb2 import (
    ConsentGrant,
    GetConsentRequest,
    GrantConsentRequest,
    WithdrawConsentRequest,
)
from dreamapi.v1.consents_pb2_grpc import ConsentsStub
from dreamd.adapters.documents.notice import notice_sha256, notice_text
from dreamd.adapters.documents.receipts import verified
from dreamd.adapters.grpc.calls.admission import Admission
from dreamd.adapters.grpc.calls.lanes import TABLE
from dreamd.adapters.grpc.calls.method_rules import check_rules, matrix
from dreamd.adapters.grpc.server import Guard, serve_grpc, serve_ways_out
from dreamd.core.access.caller import Role
from dreamd.core.access.principals import DAY_S, Grant, Kind
from dreamd.core.consent.course import ConsentState
from dreamd.core.refusals import Code
from dreamd.main import main
from dreamd.ports.site_facts import SiteFacts
from dreamwire.signing import SigningKey
from fakes.api_requests import GRANT
from fakes.coordination import FakeCoordination
from fakes.views import NOW_S
from fakes.whereabouts import OneSite

Scope = ConsentGrant.Scope
KEY = SigningKey.from_seed(bytes(32)).public
EXAMPLE = {
    "scopes": ("merge", "perform"),
    "modalities": ("sound", "light"),
    "ceiling": 0.1,
    "artist_share": 0.2,
}


def grant(**changes: object) -> ConsentGrant:
    """A grant of merge and perform, with changes."""
    fields = {**EXAMPLE, "notice_sha256": notice_sha256(), "adult": True, **changes}
    return dreamapi.consent_grant(**fields)  # type: ignore[arg-type]


async def test_a_grant_is_read_back_as_it_was_given(api: dreamapi.Api, application: FakeCoordination) -> None:
    """Every field of a grant comes back, nothing else is granted, and a list is newest first."""
    until = datetime.fromtimestamp(int(NOW_S + 3 * DAY_S), UTC)
    told = grant(hours="22:00/07:00", zone="Europe/Zurich", until=until)
    given = await api.consents.grant("ada", told)
    assert (given.name, given.state, given.revision) == (
        "sleepers/ada/consent",
        dreamapi.Consent.STATE_GIVEN,
        1,
    )
    back = (await api.consents.consent_of("sleepers/ada")).grant
    for field in ("scopes", "modalities", "ceiling", "artist_share", "hours", "zone", "expire_time", "adult"):
        assert getattr(back, field) == getattr(told, field), field
    assert back.create_time.ToNanoseconds() / 1e9 == pytest.approx(NOW_S)
    assert Scope.SCOPE_INTIMATE not in back.scopes
    await api.consents.grant("ada", grant(ceiling=0.05))
    assert [one.revision for one in await api.consents.list_grants("ada")] == [2, 1]
    assert application.consents.callers[0].role is Role.SLEEPER
    nothing = await api.consents.consent_of("ben")
    assert (nothing.state, nothing.revision, nothing.HasField("grant")) == (
        dreamapi.Consent.STATE_NONE,
        0,
        False,
    )


async def test_what_may_be_used_now_is_told_apart_of_the_grant(
    api: dreamapi.Api, application: FakeCoordination
) -> None:
    """A wider grant waits for the next assign, a narrower one holds at once, an ended one not at all."""
    await api.consents.grant("ada", grant(scopes=("merge",), artist_share=0.0, ceiling=0.1))
    wider = await api.consents.grant("ada", grant(ceiling=0.15))
    assert (list(wider.held_scopes), wider.held_ceiling) == ([Scope.SCOPE_MERGE], 0.1)
    narrower = await api.consents.grant("ada", grant(scopes=("merge",), artist_share=0.0, ceiling=0.02))
    assert (narrower.held_ceiling, narrower.HasField("until_time")) == (0.02, True)
    application.principals.clock.now += 15 * 3600.0
    ended = await api.consents.consent_of("ada")
    assert (ended.state, ended.HasField("until_time")) == (dreamapi.Consent.STATE_EXPIRED, False)
    assert (list(ended.held_scopes), ended.held_ceiling) == ([], 0.0)


async def test_a_grant_without_an_end_is_for_this_night(api: dreamapi.Api) -> None:
    """Without hours it ends in 14 hours; with hours when those end that are open or open next."""
    night = (await api.consents.grant("ada", grant())).grant.expire_time.ToNanoseconds() / 1e9
    assert night - NOW_S == pytest.approx(14 * 3600.0)
    told = (await api.consents.grant("ben", grant(hours="22:00/07:00", zone="UTC"))).grant
    assert told.expire_time.ToDatetime().strftime("%H:%M") == "07:00"
    assert 0 < told.expire_time.ToNanoseconds() / 1e9 - NOW_S <= 33 * 3600.0


WRONG: tuple[tuple[dict[str, object], str], ...] = (
    ({"scopes": ()}, "grant.scopes"),
    ({"modalities": ()}, "grant.modalities"),
    ({"ceiling": 0.16}, "grant.ceiling"),
    ({"ceiling": float("nan")}, "grant.ceiling"),
    ({"artist_share": 0.6}, "grant.artist_share"),
    ({"scopes": ("merge",)}, "grant.artist_share"),
    ({"hours": "22:00"}, "grant.hours"),
    ({"hours": "22:00/07:00", "zone": "Europe/Atlantis"}, "grant.zone"),
    ({"zone": "Europe/Zurich"}, "grant.hours"),
    ({"until": datetime.fromtimestamp(NOW_S + 91 * DAY_S, UTC)}, "grant.expire_time"),
    ({"until": datetime(2020, 1, 1, tzinfo=UTC)}, "grant.expire_time"),
    ({"until": datetime(2026, 12, 24)}, "grant.expire_time"),  # noqa: DTZ001 - without a zone
    ({"duo": ("DUO:0000006",)}, "grant.duo"),
    ({"notice_sha256": ""}, "grant.notice_sha256"),
    ({"language": "English"}, "grant.language"),
    ({"scopes": ("sleep",)}, "grant.scopes"),
    ({"modalities": ("smell",)}, "grant.modalities"),
    ({"adult": False}, "grant.adult"),
)


async def test_a_wrong_grant_names_its_field(api: dreamapi.Api, application: FakeCoordination) -> None:
    """A field that is missing, out of bounds or NaN is refused by its path; nothing is granted."""
    for changes, field in WRONG:
        with pytest.raises(dreamapi.InvalidArgument) as caught:
            await api.consents.grant("ada", grant(**changes))
        assert caught.value.metadata["field"] == field
    assert application.consents.book.consent("ada").state is ConsentState.NONE


FORMS = (
    (GrantConsentRequest(name="sleepers/ada/dose", grant=GRANT), "name"),
    (GrantConsentRequest(name="ada", grant=GRANT), "name"),
    (GrantConsentRequest(name="sleepers/-/consent", grant=GRANT), "name"),
    (GrantConsentRequest(name="sleepers/ada", grant=ConsentGrant(scopes=[0])), "grant.scopes[0]"),
    (GrantConsentRequest(name="sleepers/ada", grant=ConsentGrant(scopes=[1] * 17)), "grant.scopes"),
    (GrantConsentRequest(name="sleepers/ada", grant=ConsentGrant(modalities=[9])), "grant.modalities[0]"),
    (GrantConsentRequest(name="sleepers/ada", grant=ConsentGrant(method=2)), "grant.method"),
    (GrantConsentRequest(name="sleepers/ada", grant=ConsentGrant(revision=-1)), "grant.revision"),
)


async def test_a_request_of_another_form_is_refused(channel: grpc.aio.Channel) -> None:
    """Names of other things, unnamed numbers and a grant at a pod that is told from elsewhere are refused."""
    for request, field in FORMS:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await ConsentsStub(channel).GrantConsent(request)  # type: ignore[no-untyped-call]
        no = from_rpc(caught.value, "here")
        assert isinstance(no, dreamapi.InvalidArgument)
        assert no.metadata["field"] == field
        assert field != "grant.method" or "a bed alone gives METHOD_POD" in str(no)


async def test_a_stale_revision_is_refused_and_a_request_id_is_done_once(
    api: dreamapi.Api, application: FakeCoordination
) -> None:
    """A grant that names a revision other than the next is CONSENT_STALE; a repeated request is one grant."""
    for _ in range(2):
        await api.consents.grant("ada", grant(), request_id="r")
    assert application.consents.book.consent("ada").revision == 1
    with pytest.raises(dreamapi.ConsentStale) as caught:
        await api.consents.grant("ada", grant(ceiling=0.05, revision=3))
    assert caught.value.metadata["revision"] == "1"


async def test_a_receipt_verifies_and_names_no_sleeper(api: dreamapi.Api) -> None:
    """The document is signed as it comes, and neither it nor the FHIR resource holds the pseudonym."""
    with pytest.raises(dreamapi.ConsentMissing) as caught:
        await api.consents.receipt("ada")
    assert caught.value.metadata["scope"] == "merge"
    await api.consents.grant("ada", grant())
    receipt = await api.consents.receipt("ada")
    assert verified(receipt.document, KEY)["schema_version"] == "ISO/IEC TS 27560:2023"
    assert json.loads(receipt.fhir)["status"] == "active"
    assert b"ada" not in receipt.document + receipt.fhir


async def test_to_withdraw_needs_nothing_and_may_be_repeated(
    api: dreamapi.Api, channel: grpc.aio.Channel, application: FakeCoordination
) -> None:
    """It acts where nothing was granted, again, and with a reason that is no text; it has no etag."""
    await api.consents.withdraw("ben")
    await api.consents.grant("ada", grant())
    for _ in range(2):
        outcome = await api.consents.withdraw("ada", reason="caf\udce9")
        assert (outcome.zeroed, outcome.confirmed) == (1, 1)
    assert application.consents.book.consent("ada").state is ConsentState.WITHDRAWN
    raw = b"\x0a\x0csleepers/eve" + b"\x12\x03\xff\xfe\x00"
    await channel.unary_unary("/dreamapi.v1.Consents/WithdrawConsent")(raw)
    assert application.calls[-1] == ("consents.withdraw", "eve")
    assert set(WithdrawConsentRequest.DESCRIPTOR.fields_by_name) == {"name", "reason", "issuer", "request_id"}


async def test_the_free_socket_withdraws_for_anyone_and_grants_for_none(
    application: FakeCoordination, tmp_path: Path
) -> None:
    """Without a credential the socket of the machine ends a consent, and serves no grant."""
    ways_out = await serve_ways_out(application, tmp_path / "free.sock", lambda _code: None)
    async with grpc.aio.insecure_channel(f"unix:{ways_out.path}") as channel:
        stub = ConsentsStub(channel)  # type: ignore[no-untyped-call]
        await stub.WithdrawConsent(WithdrawConsentRequest(name="sleepers/ada"))
        assert application.consents.book.consent("ada").state is ConsentState.WITHDRAWN
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await stub.GrantConsent(GrantConsentRequest(name="sleepers/ada", grant=GRANT))
        assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
    await ways_out.close_socket(0.0)


# -- with access control ---------------------------------------------------------------------------


class Site:
    """A server with access control; ada lies in a bed of site a and is seated in n, ben nowhere."""

    def __init__(self, application: FakeCoordination, channel: grpc.aio.Channel) -> None:
        self._application, self.channel = application, channel

    def token(self, name: str, *grants: Grant, kind: Kind = Kind.PERSON) -> str:
        """A credential with these grants."""
        return self._application.principals.known(name, *grants, kind=kind)

    async def ask(self, token: str, method: str, request: object) -> str:
        """The code of the refusal; empty where it is answered."""
        stub = ConsentsStub(self.channel)  # type: ignore[no-untyped-call]
        try:
            await getattr(stub, method)(request, metadata=bearer(token))
        except grpc.aio.AioRpcError as error:
            no = from_rpc(error, "here")
            return no.reason if isinstance(no, dreamapi.Refused) else str(no)
        return ""


@asynccontextmanager
async def guarded(application: FakeCoordination) -> AsyncIterator[Site]:
    """Serve with access control."""
    principals = application.principals
    admission = Admission(check_rules(TABLE), principals.table, OneSite("n"), principals.clock.now_s)
    running = await serve_grpc(application, "127.0.0.1", 0, guard=Guard(admission, SiteFacts()))
    async with grpc.aio.insecure_channel(f"127.0.0.1:{running.port}") as channel:
        yield Site(application, channel)
    await running.stop(0.0)


@pytest.fixture
async def site(application: FakeCoordination) -> AsyncIterator[Site]:
    """A server with access control."""
    async with guarded(application) as made:
        yield made


def of(name: str) -> dict[str, object]:
    """The four requests of one sleeper's consent."""
    return {
        "GrantConsent": GrantConsentRequest(name=name, grant=GRANT),
        "GetConsent": GetConsentRequest(name=name),
        "WithdrawConsent": WithdrawConsentRequest(name=name),
    }


async def test_a_sleepers_token_reaches_its_own_consent_and_no_other(
    site: Site, application: FakeCoordination
) -> None:
    """Ada grants, reads and withdraws by her name or by `-`; of ben everything is NOT_YOURS."""
    token = site.token("anna", GRANTS[Role.SLEEPER])
    for name in ("sleepers/ada/consent", "sleepers/-/consent", "sleepers/-"):
        assert {
            method: await site.ask(token, method, one) for method, one in of(name).items()
        } == dict.fromkeys(of(name), "")
    assert application.consents.book.consent("ada").revision == 3
    for name in ("sleepers/ben/consent", "sleepers/nobody", "nonsense"):
        codes = {await site.ask(token, method, one) for method, one in of(name).items()}
        assert codes == {Code.NOT_YOURS.value}
    assert application.consents.book.consent("ben").state is ConsentState.NONE


@pytest.mark.parametrize(
    "role", [role for role in GRANTS if role not in (Role.SLEEPER, Role.BED)], ids=lambda r: r.value
)
async def test_no_other_role_grants(site: Site, role: Role) -> None:
    """Neither a service nor an operator, clinician, advocate, artist, auditor or admin grants: NOT_YOURS."""
    token = site.token("x", GRANTS[role], kind=KINDS.get(role, Kind.PERSON))
    assert await site.ask(token, "GrantConsent", of("sleepers/ada")["GrantConsent"]) == Code.NOT_YOURS.value


async def test_a_site_takes_no_simulated_grant(site: Site) -> None:
    """With a credential METHOD_SIMULATED is refused, so that no site holds one; on loopback it is taken."""
    invented = ConsentGrant()
    invented.CopyFrom(GRANT)
    invented.method = ConsentGrant.METHOD_SIMULATED
    request = GrantConsentRequest(name="sleepers/ada", grant=invented)
    assert (
        await site.ask(site.token("anna", GRANTS[Role.SLEEPER]), "GrantConsent", request)
        == "INVALID_ARGUMENT"
    )


async def test_a_simulated_grant_is_taken_on_loopback(api: dreamapi.Api) -> None:
    """Without access control a simulated sleeper has real grants, and they say so."""
    given = await api.consents.grant("s-1", grant(simulated=True))
    assert given.grant.method == ConsentGrant.METHOD_SIMULATED


async def test_a_grant_at_the_bed_is_refused_over_the_api_for_each_caller(
    site: Site, application: FakeCoordination
) -> None:
    """METHOD_POD is refused to a sleeper by its field, to a bed and all others with NOT_YOURS."""
    pretended = ConsentGrant()
    pretended.CopyFrom(GRANT)
    pretended.method = ConsentGrant.METHOD_POD
    request = GrantConsentRequest(name="sleepers/ada", grant=pretended)
    codes = {
        role: await site.ask(
            site.token("bed-1" if role is Role.BED else role.value, given, kind=KINDS.get(role, Kind.PERSON)),
            "GrantConsent",
            request,
        )
        for role, given in GRANTS.items()
    }
    assert codes.pop(Role.SLEEPER) == "INVALID_ARGUMENT"
    assert set(codes.values()) == {Code.NOT_YOURS.value}
    assert application.consents.book.consent("ada").state is ConsentState.NONE


@pytest.mark.parametrize(
    ("given", "name", "code"),
    [
        (Grant(Role.CLINICIAN, sites=frozenset("a")), "ada", ""),
        (Grant(Role.CLINICIAN, sites=frozenset("b")), "ada", "OUT_OF_SCOPE"),
        (Grant(Role.CLINICIAN, sites=frozenset("a")), "ben", "OUT_OF_SCOPE"),
        (Grant(Role.CLINICIAN, sites=frozenset("*")), "ben", ""),
        (GRANTS[Role.OPERATOR], "ada", "ROLE_LACKING"),
        (GRANTS[Role.AUDITOR], "ada", "ROLE_LACKING"),
        (GRANTS[Role.ARTIST], "ada", "ROLE_LACKING"),
    ],
)
async def test_a_clinician_reads_the_consents_of_their_sites(
    site: Site, given: Grant, name: str, code: str
) -> None:
    """A sleeper is of the site of their bed; one in no bed is of none. Operators and artists read none."""
    request = GetConsentRequest(name=f"sleepers/{name}/consent")
    assert await site.ask(site.token("x", given), "GetConsent", request) == code


async def test_an_advocate_reads_on_request_and_the_audit_log_keeps_it(
    site: Site, application: FakeCoordination
) -> None:
    """Without the sleeper's request nothing is read; with it the log has a record with the words, once."""
    token, ledger = site.token("rosa", GRANTS[Role.ADVOCATE]), application.principals.ledger
    before = ledger.audited.n
    for empty in ("", "   "):
        request = GetConsentRequest(name="sleepers/ada/consent", reason=empty)
        assert await site.ask(token, "GetConsent", request) == "INVALID_ARGUMENT"
    request = GetConsentRequest(name="sleepers/ada/consent", reason="ada asked by phone")
    assert await site.ask(token, "GetConsent", request) == ""
    assert (
        await site.ask(
            site.token("ada", GRANTS[Role.SLEEPER]), "GetConsent", GetConsentRequest(name="sleepers/-")
        )
        == ""
    )
    application.acts.write_waiting()
    assert ledger.audited.n == before + 1
    part = application.audit.text(ledger.audited.n)
    text = part if not hasattr(part, "answer") else part.answer()
    assert (text.reason, text.sleeper) == ("ada asked by phone", "ada")  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("role", "given", "name", "code"),
    [
        (Role.ADVOCATE, GRANTS[Role.ADVOCATE], "ben", ""),
        (Role.OPERATOR, Grant(Role.OPERATOR, sites=frozenset("b")), "ada", ""),
        (Role.CLINICIAN, Grant(Role.CLINICIAN, sites=frozenset("b")), "ada", ""),
        (
            Role.SERVICE,
            Grant(Role.SERVICE, sites=frozenset("b"), methods=frozenset({"WithdrawConsent"})),
            "ada",
            "",
        ),
        (
            Role.SERVICE,
            Grant(Role.SERVICE, sites=frozenset("a"), methods=frozenset({"ListPods"})),
            "ada",
            "ROLE_LACKING",
        ),
        (Role.ADMIN, GRANTS[Role.ADMIN], "ada", ""),
        (Role.ARTIST, Grant(Role.ARTIST, dreamscapes=frozenset({"n"})), "ada", ""),
        (Role.ARTIST, Grant(Role.ARTIST, dreamscapes=frozenset({"m"})), "ada", "OUT_OF_SCOPE"),
        (Role.ARTIST, Grant(Role.ARTIST, dreamscapes=frozenset({"*"})), "ben", "OUT_OF_SCOPE"),
        (Role.AUDITOR, GRANTS[Role.AUDITOR], "ada", "ROLE_LACKING"),
    ],
)
async def test_anyone_withdraws_on_request(
    site: Site, application: FakeCoordination, role: Role, given: Grant, name: str, code: str
) -> None:
    """An advocate, any site's staff and a service withdraw for each sleeper; an artist for those led."""
    token = site.token("x", given, kind=KINDS.get(role, Kind.PERSON))
    request = WithdrawConsentRequest(name=f"sleepers/{name}/consent", reason="on request")
    assert await site.ask(token, "WithdrawConsent", request) == code
    gone = application.consents.book.consent(name).state is ConsentState.WITHDRAWN
    assert gone is (code == "")


async def test_an_expired_credential_withdraws_and_a_burst_is_not_refused(
    site: Site, application: FakeCoordination
) -> None:
    """A token that ended in the night withdraws for a day, 30 times in a row, and reads nothing."""
    token = site.token("anna", GRANTS[Role.SLEEPER])
    application.principals.clock.now += DAY_S + 60.0
    codes = {
        await site.ask(token, "WithdrawConsent", WithdrawConsentRequest(name="sleepers/-")) for _ in range(30)
    }
    assert codes == {""}
    assert await site.ask(token, "GetConsent", GetConsentRequest(name="sleepers/-")) == "CREDENTIAL_EXPIRED"


def cells() -> dict[str, dict[str, str]]:
    """The matrix of methods and roles, as it is printed."""
    rows = [[cell.strip() for cell in line.strip("|\n").split("|")] for line in matrix().splitlines()]
    return {row[0].partition(" (")[0]: dict(zip(rows[0][2:], row[2:], strict=True)) for row in rows[2:]}


TABLE_OF_ROLES = ("sleeper", "clinician", "advocate", "artist", "operator", "service", "auditor", "admin")
EXPECTED = {
    "GrantConsent": ("own", "-", "-", "-", "-", "-", "-", "-"),
    "GetConsent": ("own", "site", "on request", "-", "-", "-", "-", "-"),
    "ListGrants": ("own", "site", "on request", "-", "-", "-", "-", "-"),
    "GetReceipt": ("own", "site", "on request", "-", "-", "-", "-", "-"),
    "ExportSleeper": ("own", "-", "-", "-", "-", "-", "-", "-"),
    "EraseSleeper": ("own", "-", "-", "-", "-", "-", "-", "-"),
    "EnrolSleeper": ("-", "-", "-", "-", "walk-in", "-", "-", "-"),
    "WithdrawConsent": ("own", "all", "all", "led", "all", "all", "-", "all"),
    "InviteGuests": ("-", "-", "-", "yes", "yes", "-", "-", "-"),
    "UninviteGuests": ("-", "-", "-", "yes", "yes", "-", "-", "-"),
    "GetGuests": ("-", "yes", "yes", "yes", "yes", "-", "yes", "-"),
    "ListInvitations": ("own", "-", "-", "-", "-", "-", "-", "-"),
    "AcceptInvitation": ("own", "-", "-", "-", "-", "-", "-", "-"),
    "DeclineInvitation": ("own", "all", "all", "led", "all", "all", "-", "all"),
    "GetLetter": ("own", "-", "-", "-", "-", "-", "-", "-"),
    "ListLetters": ("own", "-", "-", "-", "-", "-", "-", "-"),
    "GetDose": ("own", "site", "on request", "-", "-", "-", "-", "-"),
    "ListNights": ("own", "site", "on request", "-", "-", "-", "-", "-"),
    "ListCases": ("-", "yes", "-", "-", "-", "-", "-", "-"),
    "GetCase": ("-", "yes", "-", "-", "-", "-", "-", "-"),
    "GetOwnCase": ("own", "-", "-", "-", "-", "-", "-", "-"),
    "OpenCase": ("-", "yes", "-", "-", "-", "-", "-", "-"),
    "TriageCase": ("-", "yes", "-", "-", "-", "-", "-", "-"),
    "AddCaseNote": ("-", "yes", "-", "-", "-", "-", "-", "-"),
    "HoldCase": ("-", "yes", "-", "-", "-", "-", "-", "-"),
    "PlanReturn": ("-", "yes", "-", "-", "-", "-", "-", "-"),
    "ReleaseCase": ("-", "yes", "-", "-", "-", "-", "-", "-"),
    "CloseCase": ("-", "yes", "-", "-", "-", "-", "-", "-"),
    "AnswerMorning": ("own", "site", "-", "-", "-", "-", "-", "-"),
    "GetCaseReport": ("-", "yes", "yes", "-", "-", "-", "-", "-"),
    "WatchCases": ("-", "yes", "-", "-", "-", "-", "-", "-"),
    "GetSurveillance": ("-", "yes", "yes", "-", "yes", "-", "yes", "-"),
    "LiftAlarm": ("-", "pair", "pair", "-", "-", "-", "-", "-"),
    "GetExposureResponse": ("-", "yes", "yes", "-", "-", "-", "-", "-"),
    "CallMoratorium": ("-", "-", "yes", "-", "-", "-", "-", "-"),
    "SecondMoratorium": ("yes", "yes", "yes", "-", "-", "-", "-", "-"),
    "LiftMoratorium": ("-", "pair", "pair", "-", "-", "-", "-", "-"),
    "ListMoratoria": ("yes",) * 8,
    "PreviewReport": ("-", "yes", "yes", "-", "-", "-", "-", "-"),
    "PublishReport": ("-", "yes", "yes", "-", "-", "-", "-", "-"),
    "ListReports": ("yes",) * 8,
    "GetPiece": ("yes",) * 8,
    "ListPieces": ("yes",) * 8,
    "PlanRound": ("-", "-", "-", "-", "yes", "-", "-", "-"),
    "AddOffer": ("-", "-", "-", "-", "yes", "-", "-", "-"),
    "CommitNonce": ("-", "-", "yes", "-", "yes", "-", "-", "-"),
    "PublishRound": ("-", "-", "-", "-", "yes", "-", "-", "-"),
    "CloseRound": ("-", "-", "-", "-", "yes", "-", "-", "-"),
    "RevealNonce": ("-", "-", "yes", "-", "yes", "-", "-", "-"),
    "VoidRound": ("-", "-", "-", "-", "yes", "-", "-", "-"),
    "GetAccount": ("-", "-", "-", "-", "yes", "-", "-", "-"),
    "GetRound": ("yes",) * 8,
    "ListRounds": ("yes",) * 8,
    "ListOffers": ("yes",) * 8,
    "ExportRound": ("yes",) * 8,
    "AttestSleeper": ("-", "walk-in", "-", "-", "walk-in", "-", "-", "-"),
    "PlaceAsk": ("own", "-", "-", "-", "-", "-", "-", "-"),
    "WithdrawAsk": ("own", "-", "-", "-", "-", "-", "-", "-"),
    "ExplainAsk": ("own", "-", "-", "-", "-", "-", "-", "-"),
    "CancelBerth": ("own", "-", "-", "-", "-", "-", "-", "-"),
}


@pytest.mark.parametrize(
    ("given", "name", "code"),
    [
        (Grant(Role.OPERATOR, sites=frozenset("b")), "cedar", ""),
        (Grant(Role.OPERATOR, sites=frozenset("b")), "ada", "OUT_OF_SCOPE"),
        (Grant(Role.OPERATOR, sites=frozenset("a")), "-", "INVALID_ARGUMENT"),
        (GRANTS[Role.ADMIN], "cedar", "ROLE_LACKING"),
        (GRANTS[Role.CLINICIAN], "cedar", "ROLE_LACKING"),
        (GRANTS[Role.ADVOCATE], "cedar", "ROLE_LACKING"),
        (GRANTS[Role.SLEEPER], "ada", "ROLE_LACKING"),
        (GRANTS[Role.SERVICE], "cedar", "PERSON_NEEDED"),
    ],
)
async def test_an_operator_alone_makes_the_login_of_a_walk_in(
    site: Site, application: FakeCoordination, given: Grant, name: str, code: str
) -> None:
    """A sleeper in no bed is in no site yet, one in a bed is in its site; the log has no pseudonym."""
    token = site.token("x", given, kind=KINDS.get(given.role, Kind.PERSON))
    stub = AccessStub(site.channel)  # type: ignore[no-untyped-call]
    try:
        made = await stub.EnrolSleeper(EnrolSleeperRequest(name=f"sleepers/{name}"), metadata=bearer(token))
    except grpc.aio.AioRpcError as error:
        no = from_rpc(error, "here")
        assert (no.reason if isinstance(no, dreamapi.Refused) else str(no)) == code
        return
    assert code == ""
    assert (made.principal.made_by, made.principal.grants[0].sleeper) == ("principals/x", f"sleepers/{name}")
    record = recorded(application)[-1]
    assert (record.method, record.outcome, record.principal) == ("EnrolSleeper", "done", "x")
    assert name not in repr(record) + made.principal.name


@pytest.mark.parametrize("method", EXPECTED)
def test_the_rules_are_the_table_of_roles(method: str) -> None:
    """Each method about people has exactly the cells of the table of roles."""
    assert tuple(cells()[method][role] for role in TABLE_OF_ROLES) == EXPECTED[method]


# -- from a shell ----------------------------------------------------------------------------------


LINE = (
    "me consent grant merge perform --modality sound --ceiling 0.1 --artist-share 0.2 --adult --sleeper ada"
)


async def test_the_shell_grants_what_is_named_and_withdraws(
    shell: Shell,  # noqa: F811 - the fixture
    application: FakeCoordination,
) -> None:
    """Each scope is named, the notice that ships is the one referred to, and withdrawing is two words."""
    status, out, _ = await shell(f"{LINE} --hours 22:00/07:00 --zone Europe/Zurich")
    assert (status, out.splitlines()[0]) == (0, "sleepers/ada/consent: given, revision 1")
    kept = application.consents.book.consent("ada").grant
    assert kept is not None
    assert {scope.value for scope in kept.scopes} == {"merge", "perform"}
    assert (kept.notice_sha256, str(kept.hours.window)) == (notice_sha256(), "22:00/07:00")  # type: ignore[union-attr]
    assert "granted: merge, perform" in (await shell("me consent show --sleeper ada"))[1]
    assert json.loads((await shell("me consent show --sleeper ada --json"))[1])["grant"]["ceiling"] == 0.1
    assert (await shell("me consent list --sleeper ada"))[1].splitlines()[1].split()[0] == "1"
    assert (await shell("me withdraw --sleeper ada"))[1] == "withdrawn: 1 zeroed, 1 confirmed by their pods\n"
    assert "withdrawn, revision 1" in (await shell("me consent show --sleeper ada"))[1]
    receipt = (await shell("me consent receipt --sleeper ada"))[1]
    assert verified(receipt.encode(), KEY)["event"][0]["event_state"] == "withdrawn"  # type: ignore[index]


@pytest.mark.parametrize(
    ("line", "flag"),
    [
        (LINE.replace(" --ceiling 0.1", ""), "--ceiling: expected a coupling above 0"),
        (LINE.replace(" --modality sound", ""), "--modality: expected at least one"),
        (LINE.replace(" --adult", ""), "--adult: expected true"),
        (LINE.replace(" perform", ""), "--artist-share: expected 0 to"),
        (f"{LINE} --until 2020-01-01", "--until: expected a time to come"),
        (f"{LINE} --hours 25:00/07:00 --zone UTC", "--hours: expected hours such as"),
        (f"{LINE} --revision 7", "the grant has revision 7, the next one is 1"),
        (LINE.replace(" --sleeper ada", ""), "--sleeper: expected the name of a sleeper"),
    ],
)
async def test_a_wrong_flag_is_named(shell: Shell, line: str, flag: str) -> None:  # noqa: F811 - the fixture
    """Nothing is ticked in advance: a missing flag is named, and so is a wrong one."""
    status, _, err = await shell(line)
    assert (status, err.startswith(f"dreamd: {flag}")) == (1, True), err


def test_the_notice_is_printed_without_a_daemon(capsys: pytest.CaptureFixture[str]) -> None:
    """The text is the one whose digest a grant holds; no address is asked for it."""
    assert main(["me", "consent", "notice"]) == 0
    assert capsys.readouterr().out == notice_text()
    assert sha256(notice_text().encode()).hexdigest() == notice_sha256()
