"""The fields of a sign-in: each is refused by its name, and no value of one is repeated."""

import re
from typing import Final

from dreamapi.v1.access_pb2 import RedeemSignInRequest
from dreamd.adapters.grpc.calls.errors import Declined
from dreamd.adapters.grpc.calls.request_bodies import LONG
from dreamd.core.refusals import Code, Refusal
from dreamd.ports.identity_provider import Proof

CODE_MAX: Final = LONG["RedeemSignInRequest.code"]
"""Characters of an authorization code."""
_CODE: Final = re.compile(rf"[\x21-\x7e]{{1,{CODE_MAX}}}")
_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")
_NONCE: Final = re.compile(r"[A-Za-z0-9._~-]{22,128}")
_REDIRECT: Final = re.compile(r"(https://|http://127\.0\.0\.1:|http://\[::1\]:)[\x21-\x7e]{1,400}")
_EXPECTED: Final = (
    ("code", _CODE, f"1 to {CODE_MAX} printable characters"),
    ("code_verifier", _VERIFIER, "43 to 128 of A-Z a-z 0-9 - . _ ~"),
    ("nonce", _NONCE, "22 to 128 of A-Z a-z 0-9 - . _ ~"),
    ("redirect_uri", _REDIRECT, "https://, or http:// of this machine's loopback address"),
)


def proof_of(request: RedeemSignInRequest) -> Proof:
    """The proof for the provider; raises Declined with the field that cannot be used."""
    for field, form, expected in _EXPECTED:
        if form.fullmatch(getattr(request, field)) is None:
            sentence = f"{field}: expected {expected}"
            raise Declined(Refusal(Code.INVALID_ARGUMENT, sentence, {"field": field, "expected": expected}))
    return Proof(request.code, request.code_verifier, request.nonce, request.redirect_uri)
