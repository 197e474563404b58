"""Scores: an artist's lead written down beforehand, read, judged and followed. Pure.

`score` holds the values and the curves between moves, `reading` takes a file apart and names the line at
fault, `judgement` holds a score against the clauses of a revision, `player` leads by a score and
a hand, `picture` draws a score.

Admission: standard library, `dreamwire` (schema, blend), `dreamapi.v1`, `dreamd.core`, the stage's leader
and live input and, for the picture, `dreamd.plots`;
no clock and no I/O.
"""
