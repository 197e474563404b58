"""One sleeper in one bed of one site, for the scope of callers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OneSite:
    """ada lies in bed-1 of site a and has a seat in `dreamscape`."""

    dreamscape: str

    def site_of(self, pod: str) -> str:
        """One site."""
        return "a"

    def sites_of(self, dreamscape: str) -> frozenset[str]:
        """One site."""
        return frozenset("a")

    def sleeper_in(self, pod: str) -> str:
        """ada, in bed-1."""
        return "ada" if pod == "bed-1" else ""

    def dreamscape_of(self, sleeper: str) -> str:
        """That of ada."""
        return self.dreamscape if sleeper == "ada" else ""

    def bed_of(self, sleeper: str) -> str:
        """bed-1, of ada."""
        return "bed-1" if sleeper == "ada" else ""
