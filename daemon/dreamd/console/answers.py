"""Answers of the console that are no page: refusals, each in one sentence, and failures of the API."""

from http import HTTPStatus
from typing import Final

from starlette.responses import JSONResponse, Response

import dreamapi
from dreamd.console.request_reader import BODY_WITHIN_S

NO_ANSWER: Final = "the daemon is frozen: every bed switches to zero by its own tether within 1.5 s"
GONE: Final = (
    "the daemon does not answer the console: every bed switches to zero by its own tether within 1.5 s; on "
    "the daemon's machine dreamd sever fleet works through free.sock"
)
STATUS: Final = {
    **dict.fromkeys((dreamapi.RoleLacking, dreamapi.OutOfScope, dreamapi.PersonNeeded), HTTPStatus.FORBIDDEN),
    **dict.fromkeys((dreamapi.NotYours, dreamapi.PrincipalPaused), HTTPStatus.FORBIDDEN),
    **dict.fromkeys((dreamapi.WrongRole, dreamapi.SamePerson), HTTPStatus.FORBIDDEN),
    **dict.fromkeys(
        (dreamapi.CredentialRevoked, dreamapi.CredentialUnknown, dreamapi.CredentialExpired),
        HTTPStatus.UNAUTHORIZED,
    ),
    **dict.fromkeys(
        (dreamapi.CodeUnknown, dreamapi.CodeExpired, dreamapi.CodeSpent), HTTPStatus.UNAUTHORIZED
    ),
    **dict.fromkeys((dreamapi.DreamscapeUnknown, dreamapi.PodUnknown), HTTPStatus.NOT_FOUND),
    dreamapi.RateExceeded: HTTPStatus.TOO_MANY_REQUESTS,
    dreamapi.InvalidArgument: HTTPStatus.BAD_REQUEST,
}
"""Of the daemon's refusals; of all others CONFLICT."""


def refused(status: HTTPStatus, sentence: str, code: str = "") -> Response:
    """A refusal. code: of the catalogue, where there is one."""
    return JSONResponse({"error": sentence, "code": code}, status)


def failed(failure: dreamapi.ApiError) -> Response:
    """A failure of the API."""
    if isinstance(failure, dreamapi.Refused):
        return refused(STATUS.get(type(failure), HTTPStatus.CONFLICT), str(failure), failure.reason)
    return refused(HTTPStatus.SERVICE_UNAVAILABLE, GONE)


def signed_out(sentence: str = "") -> Response:
    """There is no session. sentence: why it has ended."""
    told = "the session has ended; load this page again to sign in"
    return refused(HTTPStatus.UNAUTHORIZED, f"{sentence}; {told}" if sentence else told, "SIGNED_OUT")


def idle() -> Response:
    """The session is idle."""
    return refused(
        HTTPStatus.FORBIDDEN,
        "this session was idle for half an hour, so it lets people out and resumes nothing; sign out, and "
        "sign in again",
        "SESSION_IDLE",
    )


def late() -> Response:
    """The body is not whole."""
    return refused(
        HTTPStatus.REQUEST_TIMEOUT, f"the body did not come within {BODY_WITHIN_S:.0f} s, or is too long"
    )
