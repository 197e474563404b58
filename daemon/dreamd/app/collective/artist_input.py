"""The artist's input to one broadcast: a vector on the shared scale, and its share in what is blended."""

from typing import Final

import numpy as np

from dreamwire.messages import Floats

ArtistInput = tuple[Floats, float]
"""The vector, float32[D], and its share, 0..1."""

NO_ARTIST: Final[ArtistInput] = (np.zeros(0, dtype=np.float32), 0.0)
"""The input of a Dreamscape that no artist leads."""
