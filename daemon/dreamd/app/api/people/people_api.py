"""The people's subjects of the application, as one part of its protocol."""

from typing import Protocol

from dreamd.app.api.awareness.moratoria_protocol import MoratoriaApi
from dreamd.app.api.invitations.protocol import InvitationsApi
from dreamd.app.api.people.clinic_protocol import ClinicApi
from dreamd.app.api.people.erasures_protocol import ErasuresApi
from dreamd.app.api.people.exchange_protocol import ExchangeApi
from dreamd.app.api.people.guidelines_protocol import GuidelinesApi
from dreamd.app.api.people.letters_protocol import ExposureApi, LettersApi
from dreamd.app.api.people.protocols import ConsentsApi
from dreamd.app.api.people.reports_protocol import ReportsApi
from dreamd.app.api.people.surveillance_protocol import SurveillanceApi
from dreamd.app.api.stage.pieces_protocol import PiecesApi


class PeopleApi(Protocol):
    """Consents, letters, doses, cases, rounds, erasures and guidelines."""

    @property
    def consents(self) -> ConsentsApi:
        """Consents of sleepers."""
        ...

    @property
    def letters(self) -> LettersApi:
        """Letters of sleepers."""
        ...

    @property
    def exposure(self) -> ExposureApi:
        """Doses of sleepers, now and by night."""
        ...

    @property
    def clinic(self) -> ClinicApi:
        """Cases of sleepers, and the answers of mornings."""
        ...

    @property
    def exchange(self) -> ExchangeApi:
        """Rounds of berths, and the asks of sleepers."""
        ...

    @property
    def erasures(self) -> ErasuresApi:
        """Export and erasure of sleepers."""
        ...

    @property
    def reports(self) -> ReportsApi:
        """Public reports of the house."""
        ...

    @property
    def pieces(self) -> PiecesApi:
        """Leads of artists, as they were signed."""
        ...

    @property
    def surveillance(self) -> SurveillanceApi:
        """The watches over harm."""
        ...

    @property
    def guidelines(self) -> GuidelinesApi:
        """The revisions of the guidelines."""
        ...

    @property
    def moratoria(self) -> MoratoriaApi:
        """Moratoria."""
        ...

    @property
    def invitations(self) -> InvitationsApi:
        """Invitations to intimate Dreamscapes."""
        ...
