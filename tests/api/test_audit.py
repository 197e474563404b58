"""The audit log over a real server: what is recorded of each kind of call, and the export."""

import asyncio
import json
from pathlib import Path
from typing import cast

import pytest

import dreamapi
from dreamapi.v1.access_pb2 import Grant
from dreamapi.v1.rules_pb2 import ROLE_ADMIN
from dreamapi.v1.severs_pb2 import OrderSeverRequest
from dreamapi.v1.wake_pb2 import WakeOrder
from dreamd.adapters.grpc.calls.interceptor import ApiInterceptor, Context, Unmetered, Visit
from dreamd.adapters.grpc.calls.lanes import Lane, Lanes
from dreamd.adapters.grpc.calls.request_reader import PATIENCE, Requests
from dreamd.cli.audit import verdict_of
from dreamd.core.access.rules import Effect
from dreamd.core.audit.records import Record, head_of, record_of
from dreamd.core.audit.verification import Fault
from dreamd.core.dreamscapes.views import BreakerState, DreamscapeState
from dreamd.core.refusals import Code, Refusal
from dreamwire.checkpoint import Checkpoint, checkpoint_of, signed_note
from dreamwire.signing import SigningKey
from fakes.coordination import FakeCoordination
from fakes.views import breaker_view

KEY = SigningKey.from_seed(bytes(32))


def recorded(application: FakeCoordination) -> list[Record]:
    """The records that are written once the next tick has come."""
    application.acts.write_waiting()
    return [record_of(line) for line in application.principals.ledger.storage.audit]


async def test_what_frees_binds_or_governs_is_recorded_and_reads_are_not(
    application: FakeCoordination, api: dreamapi.Api
) -> None:
    """A sever, a reset, a resume and an enrolment leave a record each, lists none; the told name is kept."""
    application.add("n", DreamscapeState.SEVERED)
    application.breakers.views["pods/bed-1"] = breaker_view("pods/bed-1", BreakerState.LOCKED)
    await api.dreamscapes.get("n")
    assert await api.pods.list()
    await api.severs.order(OrderSeverRequest.SCOPE_SLEEPER, "sleepers/ash", issuer="nurse", reason="fire")
    await api.breakers.reset("pods/bed-1", by="nurse", reason="mended")
    await api.dreamscapes.resume("n")
    await api.access.enrol("anna", dreamapi.access.Kind.KIND_PERSON, [Grant(role=ROLE_ADMIN)])
    told = recorded(application)
    assert [(one.method, one.effect, one.outcome) for one in told] == [
        ("ResumeDreamscape", "binds", "begun"),
        ("EnrolPrincipal", "governs", "done"),
        ("OrderSever", "frees", "done"),
        ("ResetBreaker", "binds", "unchanged"),
    ]
    resumed, enrolled, severed, reset = told
    assert (reset.target, reset.on_behalf_of, reset.principal) == ("pods/bed-1", "nurse", "")
    assert resumed.target == "dreamscapes/n"
    assert enrolled.target == "anna"
    assert severed.target.startswith("sleepers/~")
    assert "ash" not in "".join(application.principals.ledger.storage.audit)
    assert len(severed.reason) == 64


async def test_no_record_no_act_but_every_way_out(application: FakeCoordination, api: dreamapi.Api) -> None:
    """With a ledger that fails, Resume and an enrolment are refused undone; a sever is carried out.

    The sever's record waits, and is written once the ledger writes again.
    """
    application.add("n", DreamscapeState.SEVERED)
    application.principals.ledger.broken = "the disk is full"
    with pytest.raises(dreamapi.LedgerUnavailable):
        await api.dreamscapes.resume("n")
    with pytest.raises(dreamapi.LedgerUnavailable):
        await api.access.enrol("anna", dreamapi.access.Kind.KIND_PERSON, [Grant(role=ROLE_ADMIN)])
    assert application.sessions["n"].state is DreamscapeState.SEVERED
    assert not application.principals.table.every_principal()
    await api.dreamscapes.sever("n", reason="fire")
    assert not recorded(application)
    application.principals.ledger.broken = ""
    assert ("SeverDreamscape", "done") in {(one.method, one.outcome) for one in recorded(application)}


async def test_a_way_out_is_recorded_before_its_pods_have_confirmed(
    application: FakeCoordination, api: dreamapi.Api
) -> None:
    """The record of a sever does not wait for the confirmation that its answer waits for."""
    application.add("n", DreamscapeState.DREAMING)
    application.confirm_at_once = False
    severing = asyncio.create_task(api.dreamscapes.sever("n"), name="a sever")
    async with asyncio.timeout(5.0):
        while not application.tickets:  # noqa: ASYNC110 -- the fake has no event
            await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert [one.outcome for one in recorded(application)] == ["done"]
    for pod in tuple(application.tickets[0].waiting):
        application.tickets[0].confirm(pod)
    await severing
    assert len(recorded(application)) == 1


async def test_refusals_are_counted_and_one_a_second_is_recorded(
    application: FakeCoordination, api: dreamapi.Api
) -> None:
    """Five refused severs in a second are one record, and a second one with the number of the others."""
    for _ in range(5):
        with pytest.raises(dreamapi.ApiError):
            await api.dreamscapes.sever("unknown")
    assert [one.outcome for one in recorded(application)] == ["refused DREAMSCAPE_UNKNOWN"]
    application.principals.clock.now += 1.0
    assert recorded(application)[-1].outcome == "refused DREAMSCAPE_UNKNOWN (4 in a second)"
    application.refuse("resume", Refusal(Code.STALE_ETAG, "it has changed"))
    application.add("n", DreamscapeState.SEVERED)
    with pytest.raises(dreamapi.ApiError):
        await api.dreamscapes.resume("n")
    assert [one.outcome for one in recorded(application)][-2:] == ["begun", "refused STALE_ETAG"]


async def test_an_export_verifies_offline_and_each_damage_is_told_apart(
    application: FakeCoordination, api: dreamapi.Api, tmp_path: Path
) -> None:
    """The exported records and checkpoint are whole; edited, deleted, cut and restored logs are named so."""
    application.add("n", DreamscapeState.DREAMING)
    for number in range(5):
        await api.wake.order(WakeOrder.SCOPE_FLEET, issuer=f"nurse {number}", reason="drill")
    recorded(application)
    parts = [part async for part in api.audit.export()]
    lines = [record for part in parts for record in part.records]
    notes = [note for part in parts for note in part.checkpoints]
    assert (len(lines), notes) == (5, application.principals.notes)
    stated = checkpoint_of(notes[0])
    assert stated is not None
    assert stated.n == 5
    assert recorded(application)[-1].method == "ExportAudit"
    newest = [record for part in [one async for one in api.audit.export(newest=2)] for record in part.records]
    assert [record_of(one).n for one in newest][:2] == [5, 6]
    witness = tmp_path / "witness.json"
    witness.write_text(json.dumps({"at_ms": 1, "note": notes[0]}))

    def faults(records: list[str], signed: list[str], *seen: Path) -> list[Fault]:
        file = tmp_path / "export"
        file.write_text("".join(f"{one}\n" for one in (*records, *map(json.dumps, signed))))
        return [one.fault for one in verdict_of(file, KEY.public, list(seen)).findings]

    assert faults(lines, notes, witness) == []
    edited = [*lines[:2], lines[2].replace("nurse 2", "nobody"), *lines[3:]]
    assert faults(edited, notes) == [Fault.EDITED]
    assert faults([*lines[:2], *lines[3:]], notes) == [Fault.DELETED]
    assert faults(lines[:3], notes) == [Fault.TRUNCATED]
    head = head_of(3, lines[2])
    older = signed_note(Checkpoint(3, head.digest), KEY.public.raw, KEY.sign)
    assert faults(lines[:3], [older], witness) == [Fault.RESTORED]


async def test_a_bug_in_a_record_stops_no_way_out(application: FakeCoordination) -> None:
    """A call without a rule cannot be named: a way out goes on, and what binds does not."""
    seam = ApiInterceptor(Unmetered(), lambda _code: None, Lanes(), Requests(PATIENCE), acts=application.acts)
    visit, context = Visit("/x.S/Unruled", Lane.WAY_OUT, None), cast("Context", object())
    for effect, raises in ((Effect.FREES, False), (Effect.BINDS, True)):
        with application.acts.call("Unruled", effect):
            if raises:
                with pytest.raises(KeyError):
                    await seam._recorded(visit, context, OrderSeverRequest())
            else:
                await seam._recorded(visit, context, OrderSeverRequest())


async def test_a_reason_is_read_and_erased_and_the_chain_stays_whole(
    application: FakeCoordination, api: dreamapi.Api, tmp_path: Path
) -> None:
    """The text is read; erased, it and its sleeper are gone and told as erased, and the export verifies.

    Reading and erasing are records themselves. A record without a reason is not called erased; one that is
    not there is refused.
    """
    access = application.principals
    access.record("SeverDreamscape", "done")
    severed = access.record("OrderSever", "done", "ash screamed", "ash")
    read = await api.audit.text(severed)
    assert (read.reason, read.sleeper, read.erased) == ("ash screamed", "sleepers/ash", False)
    erased = await api.audit.erase(severed, reason="asked for")
    assert (erased.reason, erased.sleeper, erased.erased) == ("", "", True)
    assert (await api.audit.erase(severed)).erased
    assert (await api.audit.text(severed)) == erased
    assert not (await api.audit.text(1)).erased
    for number in (0, 99, -1):
        with pytest.raises((dreamapi.AuditRecordUnknown, dreamapi.InvalidArgument)):
            await api.audit.text(number)
    told = recorded(application)
    assert ("EraseAuditText", f"auditRecords/{severed}", "governs", "done") in {
        (one.method, one.target, one.effect, one.outcome) for one in told
    }
    assert "GetAuditText" in {one.method for one in told}
    parts = [part async for part in api.audit.export()]
    file = tmp_path / "export"
    lines = [*(line for part in parts for line in part.records)]
    lines += [json.dumps(note) for part in parts for note in part.checkpoints]
    file.write_text("".join(f"{one}\n" for one in lines))
    assert verdict_of(file, KEY.public, []).findings == ()
    reasons = [one.reason for one in access.ledger.storage.texts.values()]
    assert reasons == ["asked for"]


async def test_no_record_no_erasure(application: FakeCoordination, api: dreamapi.Api) -> None:
    """With a ledger that fails an erasure is refused, and the text is there afterwards."""
    number = application.principals.record("OrderSever", "done", "fire")
    application.principals.ledger.broken = "the disk is full"
    with pytest.raises(dreamapi.LedgerUnavailable):
        await api.audit.erase(number)
    with pytest.raises(dreamapi.LedgerUnavailable):
        await api.audit.text(number)
    application.principals.ledger.broken = ""
    assert (await api.audit.text(number)).reason == "fire"
