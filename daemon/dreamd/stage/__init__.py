"""`dreamd stage`: a Dreamscape and its lead over OSC, on the artist's own machine.

The daemon opens no UDP port. A stage is an ordinary client of `dreamapi`: it watches one Dreamscape, leads it
with what the artist's programs send on 127.0.0.1, and tells them what was really broadcast. Where the stage
ends, however it ends, no artist leads within a second.

`osc` alone speaks to python-osc, `udp` alone holds sockets, `session` alone holds the connection. `addresses`
names what goes out and comes in, `live_input` holds the newest input, `leading` is the protocol of a leader,
`check` reports what was heard: all pure. `score` is the artist's score.

Admission: may import `dreamapi`, `dreamwire` (schema, text), `dreamd.core`, `dreamd.plots` and python-osc;
never app, adapters, ports, fusion or settings. Only the files of `dreamd.cli` import this room.
"""
