"""Admission of requests to the console: the evidence a request carries before any effect. Pure.

- DNS rebinding: the Host is a name of this console, on every path. Of a site's that is an IP address,
  localhost or a name of the certificate. Of a machine's own console it is loopback alone: its port may be
  any, because a tunnel has its own.
- Reading from elsewhere: data need HEADER, which another origin cannot send without a permission that is
  never given; a site's console wants a SameSite cookie, too.
- Acting from elsewhere (CSRF), signing in included: the Origin is the page's own, the body is JSON, and
  HEADER is there. Why no secret token: a page left open over a restart would hold a stale one, and its Sever
  would be refused. The browser sets Origin and HEADER, and neither can go stale.

A cookie is read under its whole name `__Host-dreamd`: a browser takes that prefix only over TLS, for this
host alone and for every path.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Final

HEADER: Final = "x-dreamd-console"
COOKIE: Final = "__Host-dreamd"
_COOKIE_SET: Final = "Path=/; Secure; HttpOnly; SameSite=Strict"
_COOKIE: Final = re.compile(rf"(?:^|;\s*){COOKIE}=([A-Za-z0-9_-]{{16,64}})(?:;|$)")
_LOOPBACK: Final = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?")

PROTECTION: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
"""Headers of every answer of the console."""


def cookie_of(headers: Mapping[str, str]) -> str:
    """The cookie of a request; empty where there is none, or it has another form."""
    found = _COOKIE.search(headers.get("cookie", ""))
    return found[1] if found is not None else ""


def cookie_header(cookie: str) -> str:
    """The value of Set-Cookie; an empty cookie ends the one the browser has."""
    return f"{COOKIE}={cookie}; {_COOKIE_SET}" + ("" if cookie else "; Max-Age=0")


@dataclass(frozen=True, slots=True)
class RequestGuard:
    """Judges requests. names: of the certificate; None: the console of this machine, without TLS."""

    names: tuple[str, ...] | None

    def wrong_host(self, headers: Mapping[str, str]) -> str:
        """Why this request is not for this server; empty: it is."""
        host = headers.get("host", "").lower()
        if self.names is None:
            is_own = _LOOPBACK.fullmatch(host) is not None
            return "" if is_own else "this console answers only to 127.0.0.1, localhost and [::1]"
        name = host if host.endswith("]") else re.sub(r":\d{1,5}$", "", host)
        if name in {"localhost", *(one.lower() for one in self.names)}:
            return ""
        try:
            ip_address(name.removeprefix("[").removesuffix("]"))
        except ValueError:
            return "this console answers to IP addresses, localhost and the names of its certificate"
        return ""

    def wrong_reader(self, headers: Mapping[str, str]) -> str:
        """Why this request may not read data; empty: it may."""
        if headers.get(HEADER) != "1":
            return f"only the console's own page may read here: {HEADER} is missing"
        if headers.get("sec-fetch-site", "same-origin") != "same-origin":
            return "only the console's own page may read here: the request comes from another site"
        return ""

    def wrong_writer(self, headers: Mapping[str, str]) -> str:
        """Why this request may not act; empty: it may."""
        scheme = "http" if self.names is None else "https"
        if headers.get("origin") != f"{scheme}://{headers.get('host', '')}":
            return "only the console's own page may act: the Origin is missing or another"
        if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return "Content-Type must be application/json"
        return self.wrong_reader(headers)
