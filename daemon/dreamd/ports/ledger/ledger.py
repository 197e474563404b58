"""The whole ledger: every subject of it, as an adapter provides it and as the conformance suite tests it."""

from typing import Protocol

from dreamd.ports.ledger.audit import AuditLedger
from dreamd.ports.ledger.breakers import BreakerLedger
from dreamd.ports.ledger.check_ins import CheckInLedger
from dreamd.ports.ledger.clinic import ClinicLedger
from dreamd.ports.ledger.consents import ConsentLedger
from dreamd.ports.ledger.dreamscapes import DreamscapeLedger
from dreamd.ports.ledger.erasure import ErasureLedger
from dreamd.ports.ledger.exchange import ExchangeLedger
from dreamd.ports.ledger.exposure import ExposureLedger
from dreamd.ports.ledger.generation import GenerationLedger
from dreamd.ports.ledger.guidelines import GuidelineLedger
from dreamd.ports.ledger.handovers import HandoverLedger
from dreamd.ports.ledger.house_orders import HouseOrderLedger
from dreamd.ports.ledger.invitations import InvitationLedger
from dreamd.ports.ledger.moratoria import MoratoriumLedger
from dreamd.ports.ledger.person import PersonLedger
from dreamd.ports.ledger.personal import PersonalLedger
from dreamd.ports.ledger.pieces import PieceLedger
from dreamd.ports.ledger.principals import PrincipalLedger
from dreamd.ports.ledger.public_reports import PublicReportLedger
from dreamd.ports.ledger.surveillance import SurveillanceLedger
from dreamd.ports.ledger.terms import TermLedger
from dreamd.ports.ledger.transaction import Transactions
from dreamd.ports.ledger.wake_orders import WakeOrderLedger


class Ledger(
    Transactions,
    TermLedger,
    DreamscapeLedger,
    CheckInLedger,
    BreakerLedger,
    WakeOrderLedger,
    HouseOrderLedger,
    MoratoriumLedger,
    InvitationLedger,
    ExposureLedger,
    ConsentLedger,
    PersonalLedger,
    PersonLedger,
    ErasureLedger,
    GuidelineLedger,
    SurveillanceLedger,
    PrincipalLedger,
    AuditLedger,
    GenerationLedger,
    PublicReportLedger,
    ClinicLedger,
    ExchangeLedger,
    PieceLedger,
    HandoverLedger,
    Protocol,
):
    """Durable memory. Only the composition and tests name it; all others depend on the subject they use."""
