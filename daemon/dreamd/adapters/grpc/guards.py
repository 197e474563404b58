"""Access control of the API, put together from a site's certificate and the application's principals."""

from collections.abc import Callable
from functools import partial
from typing import Final, Protocol

from dreamd.adapters.grpc.calls.admission import Admission
from dreamd.adapters.grpc.calls.lanes import TABLE
from dreamd.adapters.grpc.calls.method_rules import check_rules
from dreamd.adapters.grpc.server import CannotListen, Guard
from dreamd.adapters.grpc.server_certificate import Served, renewing_credentials
from dreamd.adapters.grpc.servicers.access import Settled
from dreamd.core.access.admission import Whereabouts
from dreamd.core.access.principals import Credential, Principal
from dreamd.core.refusals import Refusal
from dreamd.ports.clock import SessionClock
from dreamd.ports.identity_provider import IdentityProvider
from dreamd.ports.principals import Principals
from dreamd.ports.site_facts import SiteFacts

SCRAPES: Final = "/dreamapi.v1.Houses/GetHouse"
"""The method whose rule holds for the metrics, too: both tell of the house, and name no person."""


class AuthorityFiles(Protocol):
    """The files of a site."""

    def served(self) -> Served:
        """The certificate that is valid now."""
        ...

    @property
    def authority_text(self) -> str:
        """The authority's certificate, PEM."""
        ...


class Enrolling(Protocol):
    """The enrolment, as far as admission uses it."""

    ended: list[Callable[[str], None]]
    paused: list[Callable[[str], None]]

    def used(self, principal: Principal, credential: Credential, token: str) -> None:
        """A call carries a credential. token: its text."""
        ...


class Admitting(Protocol):
    """The application, as far as admission asks it."""

    @property
    def principals(self) -> Principals:
        """The principals."""
        ...

    @property
    def whereabouts(self) -> Whereabouts:
        """The sites and sleepers behind names."""
        ...

    @property
    def enrolment(self) -> Enrolling:
        """The enrolment."""
        ...


def open_to_all(principals: Principals) -> None:
    """Agree that every caller of this machine may do everything, because there is no site.

    Raises:
        CannotListen: the ledger has principals, so there was a site.
    """
    if not principals.empty:
        raise CannotListen(
            "the ledger has principals, and the state directory has no site; bring its directory access back "
            "from a copy, or give the site's own with --state-dir"
        )


def guard_of(
    site: AuthorityFiles | None,
    application: Admitting,
    clock: SessionClock,
    *,
    key: bytes,
    broker_url: str,
    unsafe: Callable[[], str] = str,
    settled: Settled | None = None,
    provider: IdentityProvider | None = None,
) -> Guard | None:
    """Access control over the application's principals; None: there is no site, and none is asked for.

    key: the daemon's public signing key. unsafe: why no sleeper may be bound now; empty: one may. settled:
    waits for a bed's account at the broker. provider: at which people sign in.

    Raises:
        CannotListen: no administrator could act, or a bed has a name that none may have.
    """
    enrolment, principals = application.enrolment, application.principals
    if site is None:
        open_to_all(principals)
        return None
    if not principals.administered(clock.now_s()):
        raise CannotListen(
            "no administrator has a credential that is not revoked, or a code that is still good, so no "
            "right could be taken back; make a code with dreamd init --new-admin"
        )
    if principals.misnamed:
        raise CannotListen(
            f"the ledger has a bed named {', '.join(map(repr, principals.misnamed))}, and no bed may have "
            "that name at the broker; bring back a ledger without it (dreamd ledger restore)"
        )
    admission = Admission(
        check_rules(TABLE),
        application.principals,
        application.whereabouts,
        clock.now_s,
        enrolment.used,
        unsafe=unsafe,
    )
    enrolment.ended.append(admission.end_calls)
    enrolment.paused.append(admission.end_streams)
    facts = SiteFacts(site.authority_text, (key,), broker_url)
    return Guard(admission, facts, renewing_credentials(site), settled, provider)


def admission_of(principals: Principals, where: Whereabouts, now_s: Callable[[], float]) -> Admission:
    """Judge the ways out of a house that another daemon owns: by the same rules, and no use is noted."""
    return Admission(check_rules(TABLE), principals, where, now_s)


def scraper_judge(guard: Guard | None) -> Callable[[str], Refusal | None] | None:
    """The judge of a scraper's Authorization header, for any thread; None: every caller may read."""
    return None if guard is None else partial(guard.admission.judged, SCRAPES)
