"""Recordings of Dreamscapes: their tables, the writer's thread, the reader, and the replay.

`columns`, `manifest` and `directory` need the standard library alone; every other module here needs pyarrow
(extra `recordings`) and is imported only where a Dreamscape records, or a recording is read.
"""
