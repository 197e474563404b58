"""`dreamd up`: the whole thing on one machine, for the first minute and for every demonstration.

It starts a broker, the daemon and the pods as processes of their own and then behaves as any stranger would:
it speaks the public API (`dreamapi`), reads the pods' journals from their standard output and the daemon's
counters from `/metrics`. So everything it shows is public.

Admission: may import `dreamapi`, `dreamd.core` (limits), `dreamd.terminal` and rich; never app, adapters,
ports, fusion or settings, and never `dreamedge`: pods are other programs. Only `dreamd.cli` and
`dreamd.rehearsal` import this room.
"""
