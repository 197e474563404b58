"""Admission of requests to the console of a site: the evidence a request carries before any effect. Pure.

- DNS rebinding: the Host is an IP address, localhost or a name of the certificate, on every path.
- Reading from elsewhere: data need HEADER, which another origin cannot send, and a SameSite cookie.
- Acting from elsewhere (CSRF), signing in included: the Origin is the page's own, the body is JSON, and
  HEADER is there.

A cookie is read under its whole name `__Host-dreamd`: a browser takes that prefix only over TLS, for this
host alone and for every path.
"""

import re
from collections.abc import Collection, Mapping
from ipaddress import ip_address
from typing import Final

from dreamd.adapters.http.request_guard import HEADER

COOKIE: Final = "__Host-dreamd"
_COOKIE_SET: Final = "Path=/; Secure; HttpOnly; SameSite=Strict"
_COOKIE: Final = re.compile(rf"(?:^|;\s*){COOKIE}=([A-Za-z0-9_-]{{16,64}})(?:;|$)")


def cookie_of(headers: Mapping[str, str]) -> str:
    """The cookie of a request; empty where there is none, or it has another form."""
    found = _COOKIE.search(headers.get("cookie", ""))
    return found[1] if found is not None else ""


def cookie_header(cookie: str) -> str:
    """The value of Set-Cookie; an empty cookie ends the one the browser has."""
    return f"{COOKIE}={cookie}; {_COOKIE_SET}" + ("" if cookie else "; Max-Age=0")


def wrong_host(headers: Mapping[str, str], names: Collection[str]) -> str:
    """Why this request is not for this server; empty: it is. names: those of the certificate."""
    host = headers.get("host", "").lower()
    name = host if host.endswith("]") else re.sub(r":\d{1,5}$", "", host)
    if name in {"localhost", *(one.lower() for one in names)}:
        return ""
    try:
        ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return "this console answers to IP addresses, localhost and the names of its certificate"
    return ""


def wrong_reader(headers: Mapping[str, str]) -> str:
    """Why this request may not read data; empty: it may."""
    if headers.get(HEADER) != "1":
        return f"only the console's own page may read here: {HEADER} is missing"
    if headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return "only the console's own page may read here: the request comes from another site"
    return ""


def wrong_writer(headers: Mapping[str, str]) -> str:
    """Why this request may not act; empty: it may."""
    if headers.get("origin") != f"https://{headers.get('host', '')}":
        return "only the console's own page may act: the Origin is missing or another"
    if headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        return "Content-Type must be application/json"
    return wrong_reader(headers)
