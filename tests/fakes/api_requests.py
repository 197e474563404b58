"""A request of every method of dreamapi.v1, with the kind of its answer."""

import grpc.aio
from google.protobuf.timestamp_pb2 import Timestamp

from dreamapi.v1 import access_pb2 as access
from dreamapi.v1 import audit_pb2 as audit
from dreamapi.v1 import breakers_pb2 as breaking
from dreamapi.v1 import clinic_pb2 as clinic
from dreamapi.v1 import consents_pb2 as consents
from dreamapi.v1 import dreamscapes_pb2 as dreams
from dreamapi.v1 import exchange_pb2 as exchange
from dreamapi.v1 import exposure_pb2 as exposure
from dreamapi.v1 import guidelines_pb2 as guidelines
from dreamapi.v1 import house_pb2 as houses
from dreamapi.v1 import invitations_pb2 as invitations
from dreamapi.v1 import letters_pb2 as letters
from dreamapi.v1 import moratoria_pb2 as moratoria
from dreamapi.v1 import pieces_pb2 as pieces
from dreamapi.v1 import pods_pb2 as beds
from dreamapi.v1 import reports_pb2 as reports
from dreamapi.v1 import severs_pb2 as severs
from dreamapi.v1 import wake_pb2 as waking
from dreamapi.v1.access_pb2_grpc import AccessStub
from dreamapi.v1.audit_pb2_grpc import AuditStub
from dreamapi.v1.breakers_pb2_grpc import BreakersStub
from dreamapi.v1.clinic_pb2_grpc import ClinicStub
from dreamapi.v1.consents_pb2_grpc import ConsentsStub
from dreamapi.v1.dreamscapes_pb2_grpc import DreamscapesStub
from dreamapi.v1.exchange_pb2_grpc import ExchangeStub
from dreamapi.v1.exposure_pb2_grpc import ExposureStub
from dreamapi.v1.guidelines_pb2_grpc import GuidelinesStub
from dreamapi.v1.house_pb2_grpc import HousesStub
from dreamapi.v1.invitations_pb2_grpc import InvitationsStub
from dreamapi.v1.letters_pb2_grpc import LettersStub
from dreamapi.v1.moratoria_pb2_grpc import MoratoriaStub
from dreamapi.v1.pieces_pb2_grpc import PiecesStub
from dreamapi.v1.pods_pb2_grpc import PodsStub
from dreamapi.v1.reports_pb2_grpc import ReportsStub
from dreamapi.v1.rules_pb2 import ROLE_ADMIN
from dreamapi.v1.severing_pb2 import SeverOutcome
from dreamapi.v1.severs_pb2_grpc import SeversStub
from dreamapi.v1.wake_pb2_grpc import WakeOrdersStub
from dreamd.adapters.documents.shipped import shipped_text
from fakes.pieces import PIECE

N = "dreamscapes/n"
UNARY = {
    "ListPods": (beds.ListPodsRequest(), beds.ListPodsResponse),
    "GetPod": (beds.GetPodRequest(name="pods/bed-1"), beds.Pod),
    "CheckInPod": (beds.CheckInPodRequest(name="pods/bed-1", sleeper="sleepers/ada"), beds.Pod),
    "CheckOutPod": (beds.CheckOutPodRequest(name="pods/bed-1"), beds.Pod),
    "ReleasePod": (beds.ReleasePodRequest(name="pods/bed-1"), SeverOutcome),
    "CreateDreamscape": (dreams.CreateDreamscapeRequest(dreamscape_id="m"), dreams.Dreamscape),
    "GetDreamscape": (dreams.GetDreamscapeRequest(name=N), dreams.Dreamscape),
    "ListDreamscapes": (dreams.ListDreamscapesRequest(), dreams.ListDreamscapesResponse),
    "UpdateDreamscape": (
        dreams.UpdateDreamscapeRequest(
            dreamscape=dreams.Dreamscape(name=N, plan=dreams.Plan(seats_max=4)),
        ),
        dreams.Dreamscape,
    ),
    "StartDreamscape": (dreams.StartDreamscapeRequest(name=N), dreams.Dreamscape),
    "SeverDreamscape": (dreams.SeverDreamscapeRequest(name=N), SeverOutcome),
    "ResumeDreamscape": (dreams.ResumeDreamscapeRequest(name=N), dreams.Dreamscape),
    "WakeDreamscape": (dreams.WakeDreamscapeRequest(name=N, issuer="nurse", reason="fire"), SeverOutcome),
    "EndDreamscape": (dreams.EndDreamscapeRequest(name=N), SeverOutcome),
    "WriteMarker": (dreams.WriteMarkerRequest(name=N, text="target"), dreams.Event),
    "ExplainAdmission": (
        dreams.ExplainAdmissionRequest(name=N, pod="pods/bed-1"),
        dreams.ExplainAdmissionResponse,
    ),
}
BED = "breakers/pods/bed-1"
UNARY |= {
    "ListBreakers": (breaking.ListBreakersRequest(), breaking.ListBreakersResponse),
    "GetBreaker": (breaking.GetBreakerRequest(name=BED), breaking.BreakerDetail),
    "TripBreaker": (breaking.TripBreakerRequest(name=BED), breaking.BreakerDetail),
    "ResetBreaker": (
        breaking.ResetBreakerRequest(name=BED, by="nurse", reason="mended"),
        breaking.BreakerDetail,
    ),
    "OrderWake": (waking.OrderWakeRequest(scope=waking.WakeOrder.SCOPE_FLEET), waking.OrderWakeResponse),
    "LiftWakeOrder": (
        waking.LiftWakeOrderRequest(name="wakeOrders/w1", by="nurse", reason="over"),
        waking.WakeOrder,
    ),
    "OrderSever": (
        severs.OrderSeverRequest(scope=severs.OrderSeverRequest.SCOPE_FLEET, reason="fire"),
        SeverOutcome,
    ),
    "GetHouse": (houses.GetHouseRequest(), houses.House),
    "HandOver": (houses.HandOverRequest(), houses.Standby),
    "ListWakeOrders": (waking.ListWakeOrdersRequest(), waking.ListWakeOrdersResponse),
}
GUARDED = {
    "GetCaller": access.GetCallerRequest(),
    "RenewCredential": access.RenewCredentialRequest(),
    "GetProvider": access.GetProviderRequest(),
    "RedeemSignIn": access.RedeemSignInRequest(
        code="c", code_verifier="v" * 43, nonce="n" * 43, redirect_uri="http://127.0.0.1:4242/callback"
    ),
}
"""Methods that need a credential: without access control no caller has one (`test_access`)."""
UNARY |= {
    "EnrolPrincipal": (
        access.EnrolPrincipalRequest(
            principal_id="anna", kind=access.Principal.KIND_PERSON, grants=[access.Grant(role=ROLE_ADMIN)]
        ),
        access.Enrolment,
    ),
    "EnrolSleeper": (access.EnrolSleeperRequest(name="sleepers/walker"), access.Enrolment),
    "RedeemCode": (access.RedeemCodeRequest(code="k.s"), access.IssuedCredential),
    "ListPrincipals": (access.ListPrincipalsRequest(), access.ListPrincipalsResponse),
    "RevokePrincipal": (access.RevokePrincipalRequest(name="principals/eve"), access.Principal),
    "ResumePrincipal": (access.ResumePrincipalRequest(name="principals/eve"), access.Principal),
    "ListRules": (access.ListRulesRequest(), access.ListRulesResponse),
    "GetAuditText": (audit.GetAuditTextRequest(name="auditRecords/1"), audit.AuditText),
    "EraseAuditText": (audit.EraseAuditTextRequest(name="auditRecords/1"), audit.AuditText),
}
ADA = "sleepers/ada/consent"
GRANT = consents.ConsentGrant(
    scopes=[consents.ConsentGrant.SCOPE_MERGE],
    modalities=[consents.ConsentGrant.MODALITY_SOUND],
    ceiling=0.1,
    notice_sha256="a" * 64,
    language="en",
    adult=True,
)
UNARY |= {
    "GrantConsent": (consents.GrantConsentRequest(name=ADA, grant=GRANT), consents.Consent),
    "GetConsent": (consents.GetConsentRequest(name=ADA, reason="by phone"), consents.Consent),
    "ListGrants": (consents.ListGrantsRequest(name=ADA, reason="by phone"), consents.ListGrantsResponse),
    "GetReceipt": (consents.GetReceiptRequest(name=ADA, reason="by phone"), consents.Receipt),
    "WithdrawConsent": (consents.WithdrawConsentRequest(name=ADA), SeverOutcome),
    "GetLetter": (letters.GetLetterRequest(name="sleepers/ada/letters/-"), letters.Letter),
    "ListLetters": (letters.ListLettersRequest(name="sleepers/ada/letters"), letters.ListLettersResponse),
    "GetDose": (exposure.GetDoseRequest(name="sleepers/ada/dose", reason="by phone"), exposure.Dose),
    "ListNights": (
        exposure.ListNightsRequest(name="sleepers/ada/nights", reason="by phone"),
        exposure.ListNightsResponse,
    ),
}
INVITED = "sleepers/ada/invitations/n"
UNARY |= {
    "InviteGuests": (
        invitations.InviteGuestsRequest(name=N, sleepers=["sleepers/cedar"]),
        invitations.GuestList,
    ),
    "UninviteGuests": (
        invitations.UninviteGuestsRequest(name=N, sleepers=["sleepers/cedar"]),
        invitations.GuestList,
    ),
    "GetGuests": (invitations.GetGuestsRequest(name=N), invitations.GuestList),
    "ListInvitations": (
        invitations.ListInvitationsRequest(name="sleepers/ada"),
        invitations.ListInvitationsResponse,
    ),
    "AcceptInvitation": (
        invitations.AcceptInvitationRequest(name=INVITED, revision=1),
        invitations.Invitation,
    ),
    "DeclineInvitation": (invitations.DeclineInvitationRequest(name=INVITED), SeverOutcome),
}
TWO = shipped_text().replace("revision = 1", "revision = 2", 1).encode()
UNARY |= {
    "ProposeRevision": (guidelines.ProposeRevisionRequest(document=TWO, by="nurse"), guidelines.Revision),
    "OpenRevision": (guidelines.OpenRevisionRequest(name="guidelines/2", by="nurse"), guidelines.Revision),
    "CommentOnRevision": (
        guidelines.CommentOnRevisionRequest(name="guidelines/2", text="too long", by="nurse"),
        guidelines.Comment,
    ),
    "WithdrawRevision": (
        guidelines.WithdrawRevisionRequest(name="guidelines/2", by="nurse"),
        guidelines.Revision,
    ),
    "GetRevision": (guidelines.GetRevisionRequest(name="guidelines/in-force"), guidelines.Revision),
    "ListRevisions": (guidelines.ListRevisionsRequest(), guidelines.ListRevisionsResponse),
    "ListComments": (guidelines.ListCommentsRequest(name="guidelines/1"), guidelines.ListCommentsResponse),
    "DiffRevisions": (
        guidelines.DiffRevisionsRequest(old="guidelines/1", new="guidelines/in-force"),
        guidelines.DiffRevisionsResponse,
    ),
    "DryRunRevision": (guidelines.DryRunRevisionRequest(name="guidelines/1"), guidelines.DryRun),
}
ANSWERED = clinic.Case.STATE_TRIAGED
UNARY |= {
    "ListCases": (clinic.ListCasesRequest(states=[ANSWERED], level=3), clinic.ListCasesResponse),
    "GetCase": (clinic.GetCaseRequest(name="cases/c1"), clinic.Case),
    "GetOwnCase": (clinic.GetOwnCaseRequest(name="sleepers/ada/case"), clinic.Case),
    "OpenCase": (clinic.OpenCaseRequest(sleeper="sleepers/eve", level=3, words="wept"), clinic.Case),
    "TriageCase": (clinic.TriageCaseRequest(name="cases/c1", level=3), clinic.Case),
    "AddCaseNote": (clinic.AddCaseNoteRequest(name="cases/c1", text="rang at seven"), clinic.Case),
    "HoldCase": (clinic.HoldCaseRequest(name="cases/c2", reason="to be sure"), clinic.Case),
    "PlanReturn": (clinic.PlanReturnRequest(name="cases/c3"), clinic.Case),
    "ReleaseCase": (clinic.ReleaseCaseRequest(name="cases/c4", reason="well"), clinic.Case),
    "CloseCase": (clinic.CloseCaseRequest(name="cases/c5", reason="nothing more"), clinic.Case),
    "AnswerMorning": (
        clinic.AnswerMorningRequest(name="sleepers/ada/morning", kss=4),
        clinic.MorningAnswers,
    ),
    "GetCaseReport": (
        clinic.GetCaseReportRequest(begin_time=Timestamp(seconds=1), end_time=Timestamp(seconds=2)),
        clinic.CaseReport,
    ),
}
UNARY |= {
    "GetSurveillance": (exposure.GetSurveillanceRequest(), exposure.Surveillance),
    "CallMoratorium": (
        moratoria.CallMoratoriumRequest(scope=moratoria.Moratorium.SCOPE_FLEET, reason="three cases"),
        moratoria.CallMoratoriumResponse,
    ),
    "SecondMoratorium": (moratoria.SecondMoratoriumRequest(name="moratoria/m1"), moratoria.Moratorium),
    "LiftMoratorium": (
        moratoria.LiftMoratoriumRequest(name="moratoria/m1", reason="over", by="ash"),
        moratoria.Moratorium,
    ),
    "ListMoratoria": (moratoria.ListMoratoriaRequest(), moratoria.ListMoratoriaResponse),
}
UNARY |= {
    "PreviewReport": (reports.PreviewReportRequest(), reports.Report),
    "PublishReport": (reports.PublishReportRequest(), reports.Report),
    "ListReports": (reports.ListReportsRequest(), reports.ListReportsResponse),
    "GetPiece": (pieces.GetPieceRequest(name=f"pieces/{PIECE.id}"), pieces.Piece),
    "ListPieces": (pieces.ListPiecesRequest(), pieces.ListPiecesResponse),
}
ASK = "sleepers/ada/ask"
UNARY |= {
    "PlanRound": (
        exchange.PlanRoundRequest(price_most_cents=4000, close_time=Timestamp(seconds=2_000_000_000)),
        exchange.Round,
    ),
    "AddOffer": (
        exchange.AddOfferRequest(
            name="rounds/planned",
            offer=exchange.Offer(
                id="attic", site="sites/north", night="2026-11-30", count=2, price_cents=1500
            ),
        ),
        exchange.Round,
    ),
    "CommitNonce": (exchange.CommitNonceRequest(name="rounds/planned", sha256="ab" * 32), exchange.Round),
    "PublishRound": (exchange.PublishRoundRequest(name="rounds/ready"), exchange.Round),
    "CloseRound": (exchange.CloseRoundRequest(name="rounds/open"), exchange.Round),
    "RevealNonce": (exchange.RevealNonceRequest(name="rounds/closed", nonce="11" * 32), exchange.Round),
    "VoidRound": (exchange.VoidRoundRequest(name="rounds/planned", reason="no beds"), exchange.Round),
    "GetRound": (exchange.GetRoundRequest(name="rounds/cleared"), exchange.Round),
    "ListRounds": (exchange.ListRoundsRequest(), exchange.ListRoundsResponse),
    "ListOffers": (exchange.ListOffersRequest(name="rounds/cleared"), exchange.ListOffersResponse),
    "AttestSleeper": (
        exchange.AttestSleeperRequest(name="sleepers/ada/attestation", ask_class=exchange.ASK_CLASS_CRISIS),
        exchange.Attestation,
    ),
    "PlaceAsk": (
        exchange.PlaceAskRequest(name=ASK, round="rounds/open", offers=["garden", "loft"]),
        exchange.Ask,
    ),
    "WithdrawAsk": (exchange.WithdrawAskRequest(name=ASK, round="rounds/open"), exchange.Ask),
    "ExplainAsk": (exchange.ExplainAskRequest(name=ASK, round="rounds/cleared"), exchange.Ask),
    "CancelBerth": (exchange.CancelBerthRequest(name=ASK, round="rounds/cleared"), exchange.Ask),
    "GetAccount": (exchange.GetAccountRequest(name="rounds/cleared"), exchange.RoundAccount),
}
GUARDED["LiftAlarm"] = exposure.LiftAlarmRequest(kind=exposure.HARM_KIND_DISTRESS)
GUARDED["GetExposureResponse"] = exposure.GetExposureResponseRequest()
GUARDED["RatifyRevision"] = guidelines.RatifyRevisionRequest(name="guidelines/2")
UNARY["EraseSleeper"] = (consents.EraseSleeperRequest(name="sleepers/ada"), consents.Erasure)
STREAMS = {
    "ExportRound": (exchange.ExportRoundRequest(name="rounds/cleared"), exchange.ExportRoundResponse),
    "ExportSleeper": (consents.ExportSleeperRequest(name="sleepers/ada"), consents.ExportSleeperResponse),
    "WatchPods": (beds.WatchPodsRequest(), beds.WatchPodsResponse),
    "WatchCases": (clinic.WatchCasesRequest(), clinic.WatchCasesResponse),
    "WatchCollective": (dreams.WatchCollectiveRequest(name=N), dreams.Collective),
    "WatchEvents": (dreams.WatchEventsRequest(), dreams.WatchEventsResponse),
    "ExportAudit": (audit.ExportAuditRequest(), audit.ExportAuditResponse),
}


GATHERED = {
    "LeadDreamscape": (
        dreams.LeadDreamscapeRequest(name=N, vector=[0.5] * 12, share=0.1),
        dreams.LeadDreamscapeResponse,
    )
}


def stub_with(channel: grpc.aio.Channel, method: str) -> object:
    """The generated stub's method of any service."""
    kinds = (
        *(PodsStub, DreamscapesStub, BreakersStub, WakeOrdersStub),
        *(SeversStub, HousesStub, AccessStub, AuditStub, ConsentsStub, GuidelinesStub, ReportsStub),
        *(ExposureStub, LettersStub, ClinicStub, MoratoriaStub, PiecesStub, ExchangeStub, InvitationsStub),
    )
    stubs = [kind(channel) for kind in kinds]
    return next(getattr(stub, method) for stub in stubs if hasattr(stub, method))
