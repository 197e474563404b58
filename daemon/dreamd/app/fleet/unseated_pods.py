"""The pods whose sleepers have no seat: those alone are looked at when seats are given.

They are filed by site, so that a Dreamscape of one site never looks at the pods of another. A pod is filed
anew whenever its record has changed. A file may be a little behind, so the record is checked again before a
seat is given.
"""

from dreamd.core.listing import Names


class UnseatedPods:
    """The names, all together and by site."""

    def __init__(self) -> None:
        self._all = Names()
        self._sites: dict[str, Names] = {}
        self._filed: dict[str, str] = {}

    def update_pod(self, pod: str, site: str, *, free: bool) -> None:
        """A pod's record has changed; free: a sleeper without a seat lies in it."""
        filed = self._filed.get(pod)
        if filed == (site if free else None):
            return
        if filed is not None:
            del self._filed[pod]
            self._all.discard(pod)
            names = self._sites[filed]
            names.discard(pod)
            if not len(names):
                del self._sites[filed]
        if free:
            self._filed[pod] = site
            self._all.add(pod)
            self._sites.setdefault(site, Names()).add(pod)

    def at_site(self, site: str) -> Names:
        """Those of this site; empty: all."""
        return self._sites.get(site, Names()) if site else self._all
