"""`dreamd lsl`: a Dreamscape on Lab Streaming Layer, over the public API.

Out: three outlets of one Dreamscape, so that a lab records the collective beside its own streams. In: a
marker stream of the lab's stimulus computer, written into the journal. Both are ordinary clients of
`dreamapi`; nothing here can hold up a tick.

`session_time` relates the session clock to LSL's, `layouts` makes the rows of `core.group_streams`,
`regular_rows` keeps the rate: all pure. `link` alone holds the connection to the daemon. `sender` and
`marker_writer` carry between the two. `outlets` and `marker_source` alone speak to liblsl.

Admission: may import `dreamapi`, `dreamwire` (schema, text), `dreamd.core` (streams, limits) and pylsl; never
app, adapters, ports, fusion or settings. Only `dreamd.cli.lsl` imports this room.
"""
