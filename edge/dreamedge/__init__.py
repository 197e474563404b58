"""The edge agent: one process at the bed. It has the last word on what its sleeper hears."""

from dreamedge.version import __version__

__all__ = ["__version__"]
