"""`dreamd console`: the console of a site, a program of its own and a client of the API.

A viewer signs in with an own credential; the page then asks this program, and this program asks the API with
that credential. So the daemon judges every call of a page as it judges every other caller, and a page shows
and offers the viewer's part alone. Page, scripts and bodies are those of the daemon's own console
(`adapters.http`), which serves machines without a site.

`sessions`, `offers`, `request_guard` and `shapes` are pure. `viewer` follows the API for one viewer, `orders`
carries out one act on a connection of its own, `web_app` holds the routes, `connections` the deadlines of
clients, `program` the port.

Admission: may import `dreamapi`, `dreamwire`, `dreamd.core`, `dreamd.terminal` and, of the adapters, `http`
(page, bodies, rounding) and `site_authority`; never app, ports, fusion or the daemon's settings. Starlette is
imported by `web_app`, uvicorn by `connections` and `program`. Only `dreamd.cli.console` imports this room.
"""
