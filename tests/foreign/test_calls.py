"""Every method, called from JavaScript with @grpc/grpc-js against a daemon of its own process."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from dreamd.adapters.documents.canonical import digest
from dreamd.core.exchange.published import verify
from foreign.node import ROOT, needs_node, node
from integration.conftest import broker as running_broker
from integration.fleet import Fleet
from mosquitto import Broker

PODS = ("light-1", "light-2", "light-3")
PERMISSION_DENIED = 7
INVALID_ARGUMENT, NOT_FOUND, FAILED_PRECONDITION, OUT_OF_RANGE = 3, 5, 9, 11
UNAUTHENTICATED = 16

broker = running_broker


@pytest.fixture
async def told(broker: Broker, tmp_path: Path) -> AsyncIterator[dict[str, Any]]:
    """The JavaScript client's results, by method."""
    fleet = Fleet(tmp_path, broker)
    try:
        fleet.daemon()
        fleet.light("ward", 1, len(PODS))
        async with fleet.api() as api:
            for _ in range(200):
                done = [pod for pod in await api.pods.list() if pod.calibration.done]
                if len(done) == len(PODS):
                    break
                await asyncio.sleep(0.1)
        script = Path(__file__).with_name("calls.js")
        ran = await asyncio.to_thread(node, script, f"127.0.0.1:{fleet.grpc_port}", str(ROOT / "proto"))
        assert ran.returncode == 0, ran.stderr
        yield json.loads(ran.stdout)
    finally:
        fleet.close()


def refused(told: dict[str, Any]) -> Iterator[tuple[str, int, str, str]]:
    """Each refusal: call, status, reason, field."""
    for name, one in told.items():
        if no := one.get("refused"):
            yield name, no["code"], no["info"]["reason"], no["info"]["metadata"].get("field", "")


@needs_node
async def test_every_method_answers_another_language(told: dict[str, Any]) -> None:
    """A whole session from check-in to check-out works from JavaScript, every method of every service.

    A lead of share 0.3 as float32 goes on. Long text, odd cursors and unknown names are refused with
    ErrorInfo, domain and next step, and no call hangs.
    """
    assert set(told["methods"]) <= set(told["told"])
    answers = {name: one["answer"] for name, one in told["told"].items() if "answer" in one}
    own = {"Access.GetCaller", "Access.RenewCredential", "Access.GetProvider", "Access.RedeemSignIn"}
    refusing = {"Breakers.ResetBreaker", "Guidelines.RatifyRevision"}
    refusing |= {"Reports.PreviewReport", "Reports.PublishReport", "Pieces.GetPiece"}
    refusing |= {"Clinic.CloseCase", "Clinic.ReleaseCase", "Houses.HandOver"}
    refusing |= {"Exposure.LiftAlarm", "Exposure.GetExposureResponse", "Moratoria.SecondMoratorium"}
    assert set(told["methods"]) - set(answers) == {*refusing, *own}
    assert answers["a credential"] == {"ok": True}
    assert answers["Dreamscapes.CreateDreamscape"]["state"] == "STATE_PLANNED"
    assert answers["Dreamscapes.UpdateDreamscape"]["plan"]["seats_max"] == 6
    assert answers["Dreamscapes.StartDreamscape"]["state"] == "STATE_DREAMING"
    assert answers["Dreamscapes.LeadDreamscape"]["taken"] == "3"
    assert answers["Dreamscapes.WriteMarker"]["cause"] == "target"
    assert answers["Pods.CheckInPod"]["sleeper"] == "sleepers/s-3"
    assert answers["Breakers.TripBreaker"]["state"] in {"STATE_OPEN", "STATE_LOCKED"}
    assert answers["WakeOrders.OrderWake"]["order"]["scope"] == "SCOPE_FLEET"
    assert answers["Consents.GrantConsent"]["state"] == "STATE_GIVEN"
    assert answers["Consents.GetConsent"]["grant"]["scopes"] == ["SCOPE_MERGE", "SCOPE_RECORD"]
    assert [one["path"] for one in answers["Consents.ExportSleeper"]] == ["README.txt", "sleeper.json"]
    assert answers["Invitations.ListInvitations"]["invitations"][0]["people"] == ["sleepers/s-9"]
    assert answers["Invitations.AcceptInvitation"]["answer"] == "ANSWER_ACCEPTED"
    assert answers["Guidelines.WithdrawRevision"]["state"] == "STATE_WITHDRAWN"
    assert answers["Guidelines.GetRevision"]["clauses"][0]["number"] == "1.1"
    assert answers["Exchange.GetRound"]["state"] == "STATE_CLEARED"
    assert answers["Exchange.ExplainAsk"]["ask_class"] == "ASK_CLASS_CRISIS"
    assert answers["Exchange.ExplainAsk"]["sentences"][0].startswith("Your place in line is 1 of 2.")
    assert answers["Exchange.CancelBerth"]["state"] == "STATE_CANCELLED"
    assert verify(answers["a round"], digest) == ()
    assert sorted(refused(told["told"])) == [
        ("Access.GetCaller", UNAUTHENTICATED, "CREDENTIAL_MISSING", ""),
        ("Access.GetProvider", FAILED_PRECONDITION, "NO_PROVIDER", ""),
        ("Access.RedeemSignIn", FAILED_PRECONDITION, "NO_PROVIDER", ""),
        ("Access.RenewCredential", UNAUTHENTICATED, "CREDENTIAL_MISSING", ""),
        ("Breakers.ResetBreaker", FAILED_PRECONDITION, "BREAKER_NOT_LOCKED", ""),
        ("Clinic.CloseCase", FAILED_PRECONDITION, "WRONG_STATE", ""),
        ("Clinic.ReleaseCase", FAILED_PRECONDITION, "PLAN_STEP", ""),
        ("Exposure.GetExposureResponse", FAILED_PRECONDITION, "NOT_MEASURED", ""),
        ("Exposure.LiftAlarm", PERMISSION_DENIED, "PERSON_NEEDED", ""),
        ("Guidelines.RatifyRevision", PERMISSION_DENIED, "PERSON_NEEDED", ""),
        ("Houses.HandOver", FAILED_PRECONDITION, "NO_STANDBY", ""),
        ("Moratoria.SecondMoratorium", PERMISSION_DENIED, "PERSON_NEEDED", ""),
        ("Pieces.GetPiece", NOT_FOUND, "PIECE_UNKNOWN", ""),
        ("Reports.PreviewReport", FAILED_PRECONDITION, "TOO_EARLY", ""),
        ("Reports.PublishReport", FAILED_PRECONDITION, "TOO_EARLY", ""),
        ("another list", FAILED_PRECONDITION, "NOT_INVITED", ""),
        ("bad name", INVALID_ARGUMENT, "INVALID_ARGUMENT", "name"),
        ("cursor ahead", OUT_OF_RANGE, "CURSOR_AHEAD", ""),
        ("guidelines", INVALID_ARGUMENT, "INVALID_ARGUMENT", "plan.guidelines"),
        ("long schema", INVALID_ARGUMENT, "INVALID_ARGUMENT", "plan.schema"),
        ("negative cursor", INVALID_ARGUMENT, "INVALID_ARGUMENT", "after"),
        ("no ask", NOT_FOUND, "ASK_UNKNOWN", ""),
        ("no case", NOT_FOUND, "CASE_UNKNOWN", ""),
        ("no letter", NOT_FOUND, "LETTER_UNKNOWN", ""),
        ("no offer", INVALID_ARGUMENT, "INVALID_ARGUMENT", "offers[0]"),
        ("no round", NOT_FOUND, "ROUND_UNKNOWN", ""),
        ("no scope", INVALID_ARGUMENT, "INVALID_ARGUMENT", "grant.scopes"),
        ("old cursor", OUT_OF_RANGE, "CURSOR_TOO_OLD", ""),
        ("short ramp", INVALID_ARGUMENT, "INVALID_ARGUMENT", "plan.ramp"),
        ("unknown pod", NOT_FOUND, "POD_UNKNOWN", ""),
        ("wrong site", INVALID_ARGUMENT, "INVALID_ARGUMENT", "target"),
    ]
    for one in told["told"].values():
        if no := one.get("refused"):
            assert no["info"]["domain"] == "dreamd"
            assert no["info"]["metadata"]["next_step"]
            assert len(no["message"]) < 1000
