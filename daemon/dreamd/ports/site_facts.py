"""The facts of this daemon that a new principal needs."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SiteFacts:
    """The facts that come with a credential.

    authority: PEM of the certificate that signs the servers' certificates. signing_keys: public Ed25519 keys
    of the daemon, the current one first. broker_url: of the broker that the beds use.
    """

    authority: str = ""
    signing_keys: tuple[bytes, ...] = ()
    broker_url: str = ""
