"""`dreamd top`: one Dreamscape on a terminal, closely, over the public API.

What is shown is what the daemon says through `dreamapi` and nothing else; how it is drawn is shared with
`dreamd up` (`dreamd.up.screen`). `scene` is the picture as values, `watched` folds what arrives into it,
`words` says it in sentences, `browse` is what the keys do, `screen` and `closely` draw, `report` is the JSON
for scripts: all pure, time handed in. `link` alone speaks to the daemon.

Admission: may import `dreamapi`, `dreamd.core` (limits), `dreamd.up` (how a terminal looks) and rich; never
app, adapters, ports, fusion or settings. Only `dreamd.cli.top` imports this room.
"""
