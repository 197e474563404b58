"""The slew of an artist's lead: vector and share follow the wanted ones no faster than the guidelines allow.

A lead that jumps would swing the feedback through every pod, so each feature and the share move by at most
their limit a second. The broadcast holds the applied input, and a watch shows it.

Rules
- A lead begins at the zero vector with share 0. It ends at once: a share that ends is a restriction.
- The most an artist may have of the blend is kept at once, whatever the slew.
- After a pause in which no permission lives, and after a message that granted nothing, it begins anew.
"""

import numpy as np

from dreamd.app.collective.artist_input import NO_ARTIST, ArtistInput
from dreamd.core.guidelines.running import RunningLimits
from dreamd.core.limits import ALONE_WITHIN_S


class LeadSlew:
    """The applied input of one Dreamscape."""

    def __init__(self) -> None:
        self._applied, self._at_s = NO_ARTIST, 0.0

    def follow(self, wanted: ArtistInput, most: float, limits: RunningLimits, now_s: float) -> ArtistInput:
        """Return the input of the next broadcast.

        Args:
            wanted: the artist's newest vector, float32[D], and share; empty without a lead.
            most: the largest share now, 0..1.
            limits: of the revision in force.
            now_s: session time.
        """
        seconds, self._at_s = now_s - self._at_s, now_s
        vector, share = wanted
        if not vector.size:
            self._applied = NO_ARTIST
            return NO_ARTIST
        before, held = self._applied
        if not 0.0 <= seconds <= ALONE_WITHIN_S:
            before, held, seconds = NO_ARTIST[0], 0.0, 0.0
        if before.size != vector.size:
            before, held = np.zeros_like(vector), 0.0
        step = np.float32(limits.artist_slew * seconds)
        moved = before + np.clip(vector - before, -step, step)
        change = limits.artist_share_slew * seconds
        held = min(max(min(share, held + change), held - change), most)
        self._applied = moved, max(held, 0.0)
        return self._applied if self._applied[1] > 0.0 else NO_ARTIST
