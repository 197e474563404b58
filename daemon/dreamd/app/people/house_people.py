"""The parts about people that a house gives to the application: exposure, subjects, receipts."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from dreamd.core.consent.receipt import Controller
from dreamd.core.letters.letter import Place
from dreamd.core.public_report.cells import Report
from dreamd.ports.consent import Exposures

SignReceipt = Callable[[Mapping[str, object]], str]
"""Makes the signed file of a receipt's document."""
SignReport = Callable[[Report], str]
"""Makes the signed file of a public report."""
SignPiece = Callable[[Mapping[str, object]], str]
"""Makes the signed file of a piece's document."""
Digest = Callable[[Mapping[str, object]], str]
"""Makes the name of a document."""
NOT_STATED: Final = "not stated"


def unnamed_house() -> Controller:
    """Return the controller of a house that states nothing about itself."""
    return Controller(*(NOT_STATED,) * 7)


@dataclass(frozen=True, slots=True)
class HousePeople:
    """The parts.

    exposures: the account of merge-minutes. anchors: of minutes of anchor sessions. subjects: the random id
    that stands for a sleeper. simulated_grants: whether a grant may come from a simulation, never in a site.
    controller: the house, on receipts. place: of the letters. sign_receipt: absent, no receipt is made.
    sign_report: absent, no public report is published. sign_piece: absent, no piece is kept.
    digest: the SHA-256 of the canonical form of a document.
    """

    exposures: Exposures
    subjects: Callable[[str], str]
    simulated_grants: bool = False
    controller: Controller = unnamed_house()  # noqa: RUF009 - a frozen value
    place: Place = Place()  # noqa: RUF009 - a frozen value
    sign_receipt: SignReceipt | None = None
    anchors: Exposures = field(kw_only=True)
    sign_report: SignReport | None = None
    sign_piece: SignPiece | None = None
    digest: Digest = field(kw_only=True)
