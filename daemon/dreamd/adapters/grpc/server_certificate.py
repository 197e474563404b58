"""The server's certificate, read anew for each connection, so that a renewed one needs no restart."""

from collections.abc import Callable
from typing import Any, Protocol

import grpc


class Served(Protocol):
    """A certificate in PEM, with its key and its authority."""

    @property
    def key(self) -> bytes:
        """The private key."""
        ...

    @property
    def chain(self) -> bytes:
        """The server's certificate, then its authority's."""
        ...


class Site(Protocol):
    """The files of a site."""

    def served(self) -> Served:
        """The certificate that is valid now."""
        ...


def renewing_credentials(site: Site) -> grpc.ServerCredentials:
    """TLS with the certificate of the site; one that was renewed is used from the next connection on.

    A file that cannot be read later leaves the certificate of before in use.
    """
    first = site.served()
    return grpc.dynamic_ssl_server_credentials(
        _configuration(first), _fetcher(site, first), require_client_authentication=False
    )


def _configuration(served: Served) -> grpc.ServerCertificateConfiguration:
    return grpc.ssl_server_certificate_configuration([(served.key, served.chain)])


def _fetcher(site: Site, first: Served) -> Callable[[], grpc.ServerCertificateConfiguration]:
    newest = [first.chain]

    def fetch() -> Any:  # noqa: ANN401 - the stubs know no None
        """The configuration where it has changed; None: go on with the one of before."""
        try:
            served = site.served()
        except Exception:  # noqa: BLE001 -- gRPC calls this; the certificate of before stays in use
            return None
        if served.chain == newest[0]:
            return None
        newest[0] = served.chain
        return _configuration(served)

    return fetch
