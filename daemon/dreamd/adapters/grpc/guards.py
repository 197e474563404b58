"""Access control of the API, put together from a site's certificate and the application's principals."""

from collections.abc import Callable
from typing import Protocol

from dreamd.adapters.grpc.calls.admission import Admission
from dreamd.adapters.grpc.calls.lanes import TABLE
from dreamd.adapters.grpc.calls.method_rules import check_rules
from dreamd.adapters.grpc.server import CannotListen, Guard
from dreamd.adapters.grpc.server_certificate import Served, renewing_credentials
from dreamd.adapters.grpc.servicers.access import Settled
from dreamd.core.access.admission import Whereabouts
from dreamd.core.access.principals import Credential
from dreamd.ports.clock import SessionClock
from dreamd.ports.principals import Principals
from dreamd.ports.site_facts import SiteFacts


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

    def used(self, credential: Credential) -> None:
        """A credential is used for the first time."""
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


def guard_of(
    site: AuthorityFiles,
    application: Admitting,
    clock: SessionClock,
    *,
    key: bytes,
    broker_url: str,
    unsafe: Callable[[], str] = str,
    settled: Settled | None = None,
) -> Guard:
    """Access control over the application's principals.

    key: the daemon's public signing key. unsafe: why no sleeper may be bound now; empty: one may. settled:
    waits for a bed's account at the broker.

    Raises:
        CannotListen: no principal is an administrator.
    """
    enrolment = application.enrolment
    if not application.principals.administered:
        raise CannotListen(
            "no administrator is enrolled or may be, so no right could be taken back; make one with "
            "dreamd init --new-admin"
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
    facts = SiteFacts(site.authority_text, (key,), broker_url)
    return Guard(admission, facts, renewing_credentials(site), settled)
