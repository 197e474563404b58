"""Grants of simulated sleepers, given through the application's own door."""

from typing import Final

from dreamd.app.application import Application
from dreamd.core.access.caller import Caller, Channel, Role
from dreamd.core.consent.course import Consent, ConsentState
from dreamd.core.consent.grant import Grant, Method, Modality, Scope
from dreamd.core.limits import ARTIST_SHARE_MOST, GUIDELINE_CAP

SLEEPER: Final = Caller("", Role.SLEEPER, Channel.GRPC)
NIGHT_S: Final = 14 * 3600.0
NOTICE_SHA256: Final = "0" * 64


def next_grant(consent: Consent, sleeper: str, now_s: float) -> Grant:
    """Return the next grant of a sleeper: to everything, for this night. now_s: unix time."""
    return Grant(
        sleeper,
        consent.revision + 1,
        frozenset(Scope),
        frozenset(Modality),
        GUIDELINE_CAP,
        now_s + NIGHT_S,
        artist_share=ARTIST_SHARE_MOST,
        notice_sha256=NOTICE_SHA256,
        language="en",
        method=Method.SIMULATED,
        adult=True,
    )


def grant_tonight(app: Application, sleeper: str, now_s: float) -> bool:
    """Let the sleeper grant where no grant holds; return whether one holds, in the ledger too."""
    consent = app.consents.consent_of(SLEEPER, sleeper)
    if isinstance(consent, Consent) and consent.state is not ConsentState.GIVEN:
        app.consents.grant(SLEEPER, next_grant(consent, sleeper, now_s))
        consent = app.consents.consent_of(SLEEPER, sleeper)
    return isinstance(consent, Consent) and consent.state is ConsentState.GIVEN
