"""`dreamd top`: one Dreamscape on a terminal, closely, over the public API.

It shows what the daemon reports through `dreamapi` and nothing else; bars, colours and rows are shared with
`dreamd up` (`dreamd.terminal`). `view_model` is the picture as values, `state` folds what arrives into it,
`sentences` puts it into words, `navigation` and `order_prompt` are the effects of the keys, `screen` and
`sleeper_detail` draw, `report` is the JSON for scripts: all pure, time handed in. `client` alone speaks to
the daemon.

Admission: may import `dreamapi`, `dreamd.core` (limits), `dreamd.terminal` and rich; never `dreamd.up`, app,
adapters, ports, fusion or settings. Only `dreamd.cli.top` imports this room.
"""
