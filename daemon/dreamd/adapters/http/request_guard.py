"""Admission of requests to the console: the evidence a request must carry before it has any effect. Pure.

The port listens on loopback, so its users sit at this machine; but so does every page that their browser has
open. Against those:

- DNS rebinding (a stranger's name that suddenly means 127.0.0.1): the Host must be a name of loopback. Its
  port may be any, because a tunnel has its own.
- Reading from elsewhere: no answer is ever shared with another origin, and data need HEADER, which another
  origin cannot send without a permission that is never given.
- Acting from elsewhere (CSRF): the Origin must be the page's own, the body JSON, and HEADER present.

Why no secret token: a page left open over a restart of the daemon would hold a stale one, and its Sever would
be refused. The browser sets Origin and HEADER, and neither can go stale.
"""

import re
from typing import Final

from dreamd.adapters.http.server import Asked

HEADER: Final = "x-dreamd-console"
_HOST: Final = re.compile(r"(127\.0\.0\.1|localhost|\[::1\])(:\d{1,5})?")

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


def wrong_host(asked: Asked) -> str:
    """Why this request is not for this server; empty: it is."""
    host = asked.headers.get("host", "")
    if _HOST.fullmatch(host) is None:
        return "this port answers only to 127.0.0.1, localhost and [::1]"
    return ""


def wrong_reader(asked: Asked) -> str:
    """Why this request may not read data; empty: it may."""
    if asked.headers.get(HEADER) != "1":
        return f"only the console's own page may read here: {HEADER} is missing"
    if asked.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return "only the console's own page may read here: the request comes from another site"
    return wrong_host(asked)


def wrong_writer(asked: Asked) -> str:
    """Why this request may not act; empty: it may."""
    if asked.headers.get("origin") != f"http://{asked.headers.get('host', '')}":
        return "only the console's own page may act: the Origin is missing or another"
    if asked.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        return "Content-Type must be application/json"
    return wrong_reader(asked)
