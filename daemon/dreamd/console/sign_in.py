"""Signing in: a credential, or the code of an enrolment line, becomes a session.

The daemon judges both. The server and authority in a credential file are not used: the console shows a
credential to its own daemon and to no other, so a file cannot send it elsewhere.
"""

import json
from dataclasses import dataclass

import dreamapi
from dreamapi.credentials import CredentialFile
from dreamapi.v1.access_pb2 import Principal
from dreamd.console.acts.offers import buttons_of, methods_of
from dreamd.console.sessions import Session, lifetime_s
from dreamd.core.access.principals import PREFIX

ANSWER_S = 4.0
_CODE_PARTS = 2


class UnfitSecretError(ValueError):
    """The text is neither a credential nor a code; the message says what is expected."""


@dataclass(frozen=True, slots=True)
class ApiAddress:
    """The daemon's API. target: host:port. authority: of its certificate, PEM; empty: there is no site."""

    target: str
    authority: str = ""

    def shown(self, credential: str) -> dreamapi.Server:
        """The server, shown this credential; without a site there is none to show."""
        if not self.authority:
            return dreamapi.Server(self.target)
        return dreamapi.Server(self.target, CredentialFile(self.target, "", credential, self.authority))


def read_secret(text: str) -> tuple[str, str]:
    """Read a credential and a code from what a person pasted; one of them is empty.

    text: the contents of a credential file, a credential, an enrolment line or a code.

    Raises:
        UnfitSecretError: it is none of them.
    """
    text = text.strip()
    if text.startswith("{"):
        try:
            told = json.loads(text)
        except (ValueError, RecursionError):
            told = {}
        text = str(told.get("credential", "")) if isinstance(told, dict) else ""
    last = text.split()[-1].strip("'\"") if text.split() else ""
    if last.startswith(f"{PREFIX}_"):
        return last, ""
    if len(last.split(".")) == _CODE_PARTS and all(last.split(".")) and last.isascii():
        return "", last
    raise UnfitSecretError(
        "this is no credential and no code; paste the file that dreamd redeem has made, or the line that "
        "dreamd enrol has printed"
    )


async def signed_in(api: ApiAddress, text: str, now_s: float) -> Session:
    """A session for a credential or a code. now_s: Unix seconds.

    Raises:
        UnfitSecretError: the text is neither.
        ApiError: the daemon refuses it, or is not reached.
    """
    credential, code = read_secret(text)
    if code:
        async with dreamapi.connect(
            api.target, authority=api.authority, connect_s=ANSWER_S, deadline_s=ANSWER_S
        ) as strange:
            credential = (await strange.access.redeem(code)).credential
    async with dreamapi.connect(api.shown(credential), connect_s=ANSWER_S, deadline_s=ANSWER_S) as known:
        caller = await known.access.caller()
        rules = (await known.access.rules()).rules
    methods = methods_of(caller, rules)
    server = api.shown(credential)
    assert isinstance(server.credential, CredentialFile)
    return Session(
        caller.name.removeprefix("principals/"),
        server.credential,
        methods,
        buttons_of(caller, methods),
        now_s + lifetime_s(_left_s(caller, now_s)),
        now_s,
    )


def _left_s(caller: Principal, now_s: float) -> float:
    return caller.expire_time.seconds - now_s if caller.HasField("expire_time") else 0.0
