"""Signing in at the site's provider: tokens, browsers, roles, revocation, a provider that misbehaves."""

from typing import Final

from mutate.mutation import Mutation

_TOKEN: Final = "daemon/dreamd/adapters/oidc/id_token.py"
_PROVIDER: Final = "daemon/dreamd/adapters/oidc/provider.py"
_FETCHING: Final = "daemon/dreamd/adapters/oidc/fetching.py"
_METADATA: Final = "daemon/dreamd/adapters/oidc/metadata.py"
_RUNNING: Final = "daemon/dreamd/adapters/oidc/sign_in.py"
_SIGN_INS: Final = "daemon/dreamd/app/access/sign_ins.py"
_ENROLMENT: Final = "daemon/dreamd/app/access/enrolment.py"
_ACCESS: Final = "daemon/dreamd/app/api/access.py"
_TABLE: Final = "daemon/dreamd/app/access/principal_table.py"
_BEGUN: Final = "proto/dreamapi/sign_in.py"
_LOOPBACK: Final = "daemon/dreamd/cli/printing/loopback_page.py"
_OIDC: Final = "tests/integration/test_oidc.py"
_APP: Final = "tests/app/test_sign_ins.py"
_API: Final = "tests/api/test_access.py"
_DOOR: Final = "tests/console/test_provider_door.py"
_PAGE: Final = "tests/daemon/test_loopback_page.py"
_FORGED: Final = (f"{_OIDC}::test_no_forged_signature_is_taken",)
_CLAIMS: Final = (f"{_OIDC}::test_an_id_token_with_a_wrong_claim_is_refused",)

SIGNING_IN: Final = (
    Mutation(
        "sign-in.algorithm",
        "an ID token by an algorithm that the settings do not allow is taken",
        _TOKEN,
        "if name not in expected.algorithms or name not in KNOWN:",
        "if name not in KNOWN:",
        (f"{_OIDC}::test_every_allowed_algorithm_verifies_and_one_that_is_not_allowed_does_not",),
    ),
    Mutation(
        "sign-in.kid",
        "an ID token that names an unpublished key is verified by another one",
        _TOKEN,
        "of_kid = [one for one in keys if not kid or one.kid == kid]",
        "of_kid = list(keys)",
        _FORGED,
    ),
    Mutation(
        "sign-in.issuer",
        "another issuer's ID token signs in",
        _TOKEN,
        'if claims.get("iss") != expected.issuer:',
        "if False:",
        _CLAIMS,
    ),
    Mutation(
        "sign-in.audience",
        "an ID token for another client signs in",
        _TOKEN,
        "if expected.audience not in audiences:",
        "if False:",
        _CLAIMS,
    ),
    Mutation(
        "sign-in.party",
        "an ID token that was issued to another client signs in",
        _TOKEN,
        'if (len(audiences) > 1 or "azp" in claims) and claims.get("azp") != expected.client_id:',
        "if False:",
        _CLAIMS,
    ),
    Mutation(
        "sign-in.expiry",
        "an expired ID token signs in",
        _TOKEN,
        "if not now_s < until_s + LEEWAY_S:",
        "if False:",
        _CLAIMS,
    ),
    Mutation(
        "sign-in.finite",
        "an ID token without an end signs in for ever",
        _TOKEN,
        "or not math.isfinite(told):",
        "or False:",
        _CLAIMS,
    ),
    Mutation(
        "sign-in.nonce",
        "an ID token of another sign-in is taken",
        _TOKEN,
        'if not _same(claims.get("nonce"), expected.nonce):',
        "if False:",
        _CLAIMS,
    ),
    Mutation(
        "sign-in.at-hash",
        "an ID token of another access token is taken",
        _TOKEN,
        'if not expected.access_token or not _same(claims["at_hash"], half):',
        "if False:",
        _CLAIMS,
    ),
    Mutation(
        "sign-in.address",
        "an address that a person has merely written gives a role",
        _TOKEN,
        'if path == "email" and claims.get("email_verified") is not True:',
        "if False:",
        (f"{_OIDC}::test_an_address_counts_once_the_provider_has_verified_it",),
    ),
    Mutation(
        "sign-in.keys-rate",
        "each unknown key id has the provider asked for its keys",
        _PROVIDER,
        "return verified_claims(token, self._keys(metadata, KEYS_EVERY_S), expected)",
        "return verified_claims(token, self._keys(metadata, -1.0), expected)",
        (f"{_OIDC}::test_rotated_keys_are_asked_for_once_in_half_a_minute",),
    ),
    Mutation(
        "sign-in.drip",
        "an answer that drips is read for ever",
        _FETCHING,
        "            timer.start()\n",
        "            timer.cancel()\n            timer.start()\n",
        (f"{_OIDC}::test_a_bad_answer_ends_in_time_and_says_which_it_was",),
    ),
    Mutation(
        "sign-in.flood",
        "an answer of any size is read",
        _FETCHING,
        "raw = answer.read(ANSWER_BYTES_MAX + 1)",
        "raw = answer.read()[:ANSWER_BYTES_MAX]",
        (f"{_OIDC}::test_a_bad_answer_ends_in_time_and_says_which_it_was",),
    ),
    Mutation(
        "sign-in.in-the-clear",
        "a code is sent to an address without TLS",
        _FETCHING,
        'if not (parts.scheme == "https" or local) or not host or not bare:',
        "if not host or not bare:",
        (f"{_OIDC}::test_a_description_that_lies_is_refused",),
    ),
    Mutation(
        "sign-in.described",
        "a description of another issuer is taken",
        _METADATA,
        'if told.get("issuer") != issuer:',
        "if False:",
        (f"{_OIDC}::test_a_description_that_lies_is_refused",),
    ),
    Mutation(
        "sign-in.places",
        "any number of sign-ins waits for a provider that hangs",
        _RUNNING,
        "if not self._places.acquire(blocking=False):",
        "if not self._places.acquire(blocking=False) and False:",
        (f"{_OIDC}::test_a_provider_that_hangs_holds_up_nothing_and_takes_four_places",),
    ),
    Mutation(
        "sign-in.role",
        "a person without a role gets a credential",
        _SIGN_INS,
        "if not identity.grants:",
        "if False:",
        (f"{_APP}::test_without_a_role_nothing_is_given_and_the_roles_of_before_are_taken",),
    ),
    Mutation(
        "sign-in.paused",
        "a revoked person signs in anew",
        _SIGN_INS,
        "if known is not None and known.paused:",
        "if False:",
        (f"{_APP}::test_a_revoked_person_stays_out_until_the_pause_is_lifted",),
    ),
    Mutation(
        "sign-in.revoked-meanwhile",
        "a person that is revoked during the sign-in is in",
        _SIGN_INS,
        "if current is not None and current.paused:",
        "if False:",
        (f"{_APP}::test_a_revocation_during_a_sign_in_wins",),
    ),
    Mutation(
        "sign-in.pause",
        "a revocation leaves the way through the provider open",
        _ENROLMENT,
        "paused = (replace(principal, paused=REVOKED),) if principal.signs_in else ()",
        "paused = ()",
        (f"{_APP}::test_a_revoked_person_stays_out_until_the_pause_is_lifted",),
    ),
    Mutation(
        "sign-in.renewal",
        "a person renews the own credential past the provider",
        _ENROLMENT,
        "if principal.signs_in:\n            sentence",
        "if False:\n            sentence",
        (f"{_APP}::test_a_sign_in_ends_no_other_and_nothing_renews_it",),
    ),
    Mutation(
        "sign-in.prefix",
        "an administrator enrols another holder of a person's principal",
        _ACCESS,
        "if name.startswith(PREFIX):",
        "if False:",
        (f"{_APP}::test_no_claim_names_an_enrolled_principal",),
    ),
    Mutation(
        "sign-in.administered",
        "a site whose only administrator is the provider's starts",
        _TABLE,
        "if not one.signs_in and any(",
        "if any(",
        (f"{_APP}::test_a_person_at_a_provider_keeps_no_daemon_running_without_an_administrator",),
    ),
    Mutation(
        "sign-in.rate",
        "a host tries codes of the provider without a rate",
        "daemon/dreamd/adapters/grpc/servicers/access.py",
        "        self._sign_ins.take_attempt(host_of(context.peer()))\n",
        "",
        (f"{_API}::test_one_host_redeems_one_code_a_second",),
    ),
    Mutation(
        "sign-in.state",
        "an answer of another sign-in is taken",
        _BEGUN,
        'if not state or not hmac.compare_digest(told.encode("utf-8", "replace"), state.encode()):',
        "if False:",
        (f"{_DOOR}::test_no_other_browser_comes_back",),
    ),
    Mutation(
        "sign-in.loopback-browser",
        "another browser brings the command line its code",
        _LOOPBACK,
        "        if not is_bound:\n            return other\n",
        "",
        (f"{_PAGE}::test_any_other_answer_is_refused_and_the_page_waits_on",),
    ),
    Mutation(
        "sign-in.loopback-host",
        "a rebound name reaches the command line's page",
        _LOOPBACK,
        "if host != self.host:",
        "if False:",
        (f"{_PAGE}::test_any_other_answer_is_refused_and_the_page_waits_on",),
    ),
)
