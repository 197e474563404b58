"""The settings of the site's identity provider, and the provider that they make."""

import json
from pathlib import Path

import pytest

from dreamd import settings
from dreamd.adapters.oidc.opening import provider_of
from dreamd.adapters.oidc.sign_in import OidcProvider
from dreamd.core.access.caller import Role
from dreamd.core.access.identities import RoleRow
from dreamd.core.access.principals import Grant
from dreamd.oidc_settings import BY_DEFAULT, wrong_provider
from dreamwire.broker_access import AccessError

ROW = {"value": "night-staff", "role": "operator", "sites": ["ward-a"]}
RIGHT = {
    "oidc_issuer": "https://id.ward.test/realms/night",
    "oidc_client_id": "dreamd-site",
    "oidc_roles": json.dumps([ROW]),
}


def loaded(**flags: str) -> settings.Settings:
    """The settings of these flags."""
    return settings.load({"HOME": "/h"}, flags).settings


def test_a_table_of_roles_is_read_from_a_file_and_from_a_flag(tmp_path: Path) -> None:
    """TOML's tables and a flag's JSON give the same rows; the rest has its defaults."""
    file = tmp_path / "dreamd.toml"
    file.write_text(
        '[oidc]\nissuer = "https://id.ward.test/realms/night"\nclient_id = "dreamd-site"\n'
        '[[oidc.roles]]\nvalue = "night-staff"\nrole = "operator"\nsites = ["ward-a"]\n'
    )
    told = settings.load({"HOME": "/h"}, {"config": str(file)}).settings
    assert told == loaded(**RIGHT)
    assert told.oidc_roles == (RoleRow("night-staff", Grant(Role.OPERATOR, sites=frozenset({"ward-a"}))),)
    assert told.oidc_algorithms == BY_DEFAULT == ("RS256", "ES256", "EdDSA")


WRONG = {
    "an issuer in the clear": ({"oidc_issuer": "http://id.ward.test/"}, "http:// on this machine alone"),
    "an issuer with a query": ({"oidc_issuer": "https://id.ward.test/?x"}, "exactly as the provider"),
    "no client": ({"oidc_client_id": ""}, "without oidc.client_id"),
    "no role": ({"oidc_roles": ""}, "so no person would have a role"),
    "no issuer": ({"oidc_issuer": ""}, "without oidc.issuer"),
    "HS256": ({"oidc_algorithms": "RS256,HS256"}, "expected some of RS256"),
    "none": ({"oidc_algorithms": "none"}, "expected some of RS256"),
    "no algorithm": ({"oidc_algorithms": ""}, "expected some of RS256"),
    "a scope without openid": ({"oidc_scope": "profile"}, "openid"),
    "a role that is none": (
        {"oidc_roles": json.dumps([{**ROW, "role": "boss"}])},
        "row 1 has the role 'boss'",
    ),
    "a program's role": ({"oidc_roles": json.dumps([{**ROW, "role": "service"}])}, "role 'service'"),
    "a role that holds nowhere": (
        {"oidc_roles": json.dumps([ROW, {"value": "x", "role": "clinician"}])},
        "row 2 gives a role that holds nowhere; expected a clinician with sites",
    ),
    "sites that are no list": ({"oidc_roles": json.dumps([{**ROW, "sites": "ward-a"}])}, "no list of names"),
    "a misspelt field": ({"oidc_roles": json.dumps([{**ROW, "site": ["a"]}])}, "row 1 has 'site'"),
    "no value": ({"oidc_roles": json.dumps([{"role": "advocate"}])}, "row 1 has no value"),
    "rows that are no list": ({"oidc_roles": json.dumps(ROW)}, "oidc.roles"),
    "rows that are no JSON": ({"oidc_roles": "night-staff=operator"}, "oidc.roles"),
}


@pytest.mark.parametrize(("changed", "why"), WRONG.values(), ids=WRONG)
def test_settings_that_name_no_provider_that_can_be_used_are_refused(
    changed: dict[str, str], why: str
) -> None:
    """Each is one sentence that names the row, or the key, and the expected value."""
    with pytest.raises(settings.SettingsError, match=why):
        loaded(**{**RIGHT, **changed})


def test_without_the_library_the_issuer_is_refused_with_the_command(tmp_path: Path) -> None:
    """The extra is named by the one command that installs it; without an issuer nothing is asked for."""
    told = loaded(**RIGHT)
    assert wrong_provider(told, library="no_such_library").endswith("pip install 'dreamd[oidc]'")
    assert wrong_provider(loaded(), library="no_such_library") == ""


def test_a_provider_is_opened_in_a_site_alone_and_its_secret_from_a_closed_file(tmp_path: Path) -> None:
    """No issuer, no provider; without a site, with an open secret or a missing authority: a sentence."""
    assert provider_of(loaded(), in_site=True) is None
    with pytest.raises(AccessError, match="dreamd init"):
        provider_of(loaded(**RIGHT), in_site=False)
    assert isinstance(provider_of(loaded(**RIGHT), in_site=True), OidcProvider)
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n")
    secret.chmod(0o644)
    named = {**RIGHT, "oidc_client_secret_file": str(secret)}
    with pytest.raises(AccessError, match="chmod 600") as caught:
        provider_of(loaded(**named), in_site=True)
    assert "s3cret" not in str(caught.value)
    secret.chmod(0o600)
    assert isinstance(provider_of(loaded(**named), in_site=True), OidcProvider)
    for ca, why in ((tmp_path / "none.pem", "cannot be read"), (secret, "no certificate")):
        with pytest.raises(AccessError, match=f"oidc-ca.*{why}"):
            provider_of(loaded(**RIGHT, oidc_ca=str(ca)), in_site=True)
