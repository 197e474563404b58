"""`dreamd rehearse`: the disaster on cue, against real processes, and the account of each way home.

A rehearsal is a night of `dreamd.up` with a failure injected on purpose: one of the scenarios, in so many
beds, at a given second. Its verdict comes from the pods' own journals and from the public API. Apart from the
list of beds that are made to fail, it uses nothing that an operator could not know.

Admission: as `dreamd.up`, which it builds on, and `dreamd.core`; never app, adapters, ports, fusion or
settings, and never `dreamedge`. Only `dreamd.cli.rehearse` imports this room.
"""
