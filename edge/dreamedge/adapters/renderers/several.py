"""Several renderers of one bed, as one. Each gets every cue; a fault of one does not stop the others.

One that has failed makes the whole failed, so that the sleeper is alone with themselves rather than half
served; the others show that.
"""

from collections.abc import Sequence

from dreamedge.ports.renderer import Cue, Renderer


class SeveralRenderers:
    """The renderers of one bed, by their kinds."""

    def __init__(self, renderers: Sequence[tuple[str, Renderer]]) -> None:
        self._renderers = tuple(renderers)
        self._broken: dict[str, str] = {}

    @property
    def failed(self) -> str:
        """Why any of them gives nothing, or empty."""
        found = (f"{kind}: {why}" for kind, one in self._renderers if (why := self._why(kind, one)))
        return "; ".join(found)

    def render(self, cue: Cue, now_ns: int) -> None:
        """Give the cue to each."""
        for kind, one in self._renderers:
            try:
                one.render(cue, now_ns)
            except Exception as error:  # noqa: BLE001 - one renderer's bug must not cost the others a zero
                self._broken[kind] = f"{type(error).__name__}: {error}"

    def share_at(self, now_ns: int) -> float:
        """The largest share that any of them gives."""
        return max(one.share_at(now_ns) for _, one in self._renderers)

    def close(self) -> None:
        """Close each."""
        for kind, one in self._renderers:
            try:
                one.close()
            except Exception as error:  # noqa: BLE001 - as in `render`
                self._broken[kind] = f"{type(error).__name__}: {error}"

    def _why(self, kind: str, one: Renderer) -> str:
        return self._broken.get(kind, "") or one.failed
