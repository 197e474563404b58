"""`dreamd rehearse`: the disaster on cue, against real processes, and the account that everyone came home.

It is a night of `dreamd.up` in which something goes wrong on purpose: one of the scenes, in so many beds,
at a given second. What is judged comes from the pods' own journals and from the public API; nothing is
known that an operator could not know, but who was made to fail.

Admission: as `dreamd.up`, which it builds on, and `dreamd.core`; never app, adapters, ports, fusion or
settings, and never `dreamedge`. Only `dreamd.cli.rehearse` imports this room.
"""
