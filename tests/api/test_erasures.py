"""ExportSleeper and EraseSleeper, through the Python client and the shell."""

import asyncio
import json
from collections.abc import AsyncIterator

import grpc.aio
import pytest

import dreamapi
from api.test_access import GRANTS, bearer
from api.test_cli import Shell, shell  # noqa: F401 - a fixture
from dreamapi.errors import from_rpc
from dreamapi.v1.consents_pb2 import EraseSleeperRequest, ExportSleeperRequest, GetConsentRequest
from dreamapi.v1.consents_pb2_grpc import ConsentsStub
from dreamd.adapters.grpc.calls.admission import Admission
from dreamd.adapters.grpc.calls.lanes import TABLE
from dreamd.adapters.grpc.calls.method_rules import check_rules
from dreamd.adapters.grpc.server import Guard, serve_grpc
from dreamd.core.access.caller import Role
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.site_facts import SiteFacts
from fakes.callers import named
from fakes.coordination import FakeCoordination
from fakes.views import NOW_S
from fakes.waiting import until
from fakes.whereabouts import OneSite


async def test_an_export_comes_in_pieces_and_whole(
    api: dreamapi.Api, channel: grpc.aio.Channel, application: FakeCoordination
) -> None:
    """Each file arrives to the byte, an empty one too; a piece holds at most 1 MiB, the last is marked."""
    files = await api.consents.export("ada")
    assert list(files) == ["README.txt", "exposure.csv", "sleeper.json"]
    assert (files["exposure.csv"], len(files["sleeper.json"])) == (b"", (3 << 20) + 2)
    stub = ConsentsStub(channel)  # type: ignore[no-untyped-call]
    pieces = [one async for one in stub.ExportSleeper(ExportSleeperRequest(name="sleepers/ada"))]
    assert max(len(one.content) for one in pieces) == 1 << 20
    assert [(one.path, one.last) for one in pieces[1:3]] == [("exposure.csv", True), ("sleeper.json", False)]
    assert {caller.role for caller in application.erasures.callers} == {Role.SLEEPER}


async def test_what_the_law_retains_is_not_erased(api: dreamapi.Api, application: FakeCoordination) -> None:
    """The refusal names clause, revision, limit and date, in its metadata and with a next step."""
    told = {"clause": "G-8.2", "revision": "1", "limit": "30", "until": "2026-12-24"}
    application.refuse("erasures.erase", Refusal(Code.RETAINED_BY_LAW, "G-8.2 keeps the records", told))
    with pytest.raises(dreamapi.RetainedByLaw) as caught:
        await api.consents.erase("ada")
    assert told.items() <= caught.value.metadata.items()
    assert caught.value.next_step


async def test_the_shell_erases_once_the_pseudonym_is_typed(
    shell: Shell,  # noqa: F811 - the fixture
    application: FakeCoordination,
) -> None:
    """Without it, or with another name, nothing is erased; where no terminal can ask, the flag is named."""
    for line, said in (
        ("me erase --sleeper ada --confirm eve", "nothing was erased: expected ada, got 'eve'"),
        ("me erase --sleeper ada", "to erase for good, type the pseudonym: --confirm ada"),
    ):
        assert (await shell(line))[2] == f"dreamd: {said}\n"
    assert ("erasures.erase", "ada") not in application.calls
    status, out, _ = await shell("me erase --sleeper ada --confirm ada")
    assert (status, out.splitlines()[1]) == (0, "your pseudonym still stands as a word in daemon.log")
    assert json.loads((await shell("me erase --sleeper ada --confirm ada --json"))[1])["named_files"]


# -- with access control ---------------------------------------------------------------------------


@pytest.fixture
async def guarded(application: FakeCoordination) -> AsyncIterator[ConsentsStub]:
    """The service with access control; a principal that ends takes its calls with it."""
    principals = application.principals
    admission = Admission(check_rules(TABLE), principals.table, OneSite("n"), principals.clock.now_s)
    principals.enrolment.ended.append(admission.end_calls)
    running = await serve_grpc(application, "127.0.0.1", 0, guard=Guard(admission, SiteFacts()))
    async with grpc.aio.insecure_channel(f"127.0.0.1:{running.port}") as channel:
        yield ConsentsStub(channel)  # type: ignore[no-untyped-call]
    await running.stop(0.0)


async def test_an_erasure_ends_its_own_credential_and_answers(
    guarded: ConsentsStub, application: FakeCoordination
) -> None:
    """The sleeper is logged out in the midst of the call, which answers all the same; the next is refused."""
    token = application.principals.known("anna", GRANTS[Role.SLEEPER])
    application.erasures.waits = True
    request = EraseSleeperRequest(name="sleepers/-")
    asked = asyncio.ensure_future(guarded.EraseSleeper(request, metadata=bearer(token)))
    await until(lambda: ("erasures.erase", "ada") in application.calls)
    application.access.revoke(named("root"), "anna", "erased")
    application.erasures.finish()
    assert (await asked).erase_time.ToNanoseconds() / 1e9 == pytest.approx(NOW_S)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await guarded.GetConsent(GetConsentRequest(name="sleepers/-"), metadata=bearer(token))
    assert caught.value.code() is grpc.StatusCode.UNAUTHENTICATED


async def test_no_other_exports_or_erases(guarded: ConsentsStub, application: FakeCoordination) -> None:
    """Another sleeper, an operator, an advocate and an admin are refused with NOT_YOURS; nothing is begun."""
    codes = set()
    for role, name in (
        (Role.SLEEPER, "ben"),
        (Role.OPERATOR, "ada"),
        (Role.ADVOCATE, "ada"),
        (Role.ADMIN, "-"),
    ):
        token = application.principals.known(role.value, GRANTS[role])
        request = EraseSleeperRequest(name=f"sleepers/{name}")
        for call in (
            guarded.EraseSleeper(request, metadata=bearer(token)),
            guarded.ExportSleeper(ExportSleeperRequest(name=request.name), metadata=bearer(token)).read(),
        ):
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await call
            no = from_rpc(caught.value, "here")
            codes.add(no.reason if isinstance(no, dreamapi.Refused) else str(no))
    assert codes == {Code.NOT_YOURS.value}
    assert not application.erasures.callers
