"""`dreamd console`: the page for people that watch over a night; a program of its own, a client of the API.

In a site a viewer signs in with an own credential; the page then asks this program, and this program asks the
API with that credential. So the daemon judges every call of a page as it judges every other caller, and a
page shows and offers the viewer's part alone. On a machine without a site it listens on loopback, no viewer
signs in, and every page has the rights that every caller of the machine has. `dreamd up` starts it beside the
daemon.

`sessions`, `acts.offers`, `acts.order_bodies`, `request_guard` and `shapes` are pure. `shapes` is the one
maker of the JSON that a page draws. `viewer` follows the API for one viewer, `acts.orders` carries out one
act on a connection of its own, `session_store` keeps a site's sessions on the disk, `governing` holds the
page of access, `web_app` the other routes, `connections` the deadlines of clients, `program` the port.

Admission: may import `dreamapi`, `dreamwire`, `dreamd.core`, `dreamd.terminal` and, of the adapters,
`site_authority`; never app, ports, fusion or the daemon's settings. Starlette is imported by `web_app`,
uvicorn by `connections` and `program`. Only `dreamd.cli.console` imports this room.
"""
