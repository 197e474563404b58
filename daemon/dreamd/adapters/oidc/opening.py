"""The provider of the settings, with the files that they name; read once, at the start.

Only here, and only where an issuer is named, are the modules loaded that need the extra `oidc`.
"""

import ssl

from dreamd.oidc_settings import OidcSettings
from dreamd.ports.identity_provider import IdentityProvider
from dreamwire.broker_access import AccessError, read_password


def provider_of(settings: OidcSettings, *, in_site: bool) -> IdentityProvider | None:
    """The provider of these settings; None: they name none. It is asked at the first sign-in, not before.

    in_site: whether the site was made, so that there are credentials to give.

    Raises:
        AccessError: there is no site, or a file that the settings name cannot be used.
    """
    if not settings.oidc_issuer:
        return None
    if not in_site:
        raise AccessError(
            "oidc.issuer is set and this machine has no site, so there is nothing to sign in to; run dreamd "
            "init, or leave oidc.issuer out"
        )
    from dreamd.adapters.oidc.id_token import KNOWN  # noqa: PLC0415 -- an optional extra
    from dreamd.adapters.oidc.provider import Provider, ProviderConfig  # noqa: PLC0415
    from dreamd.adapters.oidc.sign_in import OidcProvider  # noqa: PLC0415

    kinds = [KNOWN[name] for name in settings.oidc_algorithms if name.startswith("Ed")]
    secret = settings.oidc_client_secret_file
    config = ProviderConfig(
        settings.oidc_issuer,
        settings.oidc_client_id,
        settings.oidc_audience or settings.oidc_client_id,
        settings.oidc_scope,
        frozenset(settings.oidc_algorithms) | {name for name, one in KNOWN.items() if one in kinds},
        settings.oidc_name_claim,
        settings.oidc_roles_claim,
        settings.oidc_roles,
        _trusting(settings.oidc_ca),
        read_password(secret, "--oidc-client-secret-file") if secret else "",
    )
    return OidcProvider(Provider(config))


def _trusting(authority: str) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=authority or None)
    except ssl.SSLError:
        raise AccessError(
            f"{authority} (--oidc-ca) holds no certificate; expected is the provider's CA in PEM"
        ) from None
    except OSError as error:
        raise AccessError(f"{authority} (--oidc-ca) cannot be read ({error.strerror}); correct it") from None
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
