"""What the watch keeps its books in."""

from dataclasses import dataclass, field


def sleeper_of(pod: str) -> str:
    """Who lies in the bed of this name, all night, whoever is checked out meanwhile."""
    return f"sleeper-{pod.rpartition('-')[2]}"


@dataclass(frozen=True, slots=True)
class Violation:
    """Something that must not have happened."""

    at_s: float
    rule: str
    whom: str
    what: str

    def __str__(self) -> str:
        """One line."""
        return f"{self.at_s:.3f} s, {self.rule}: {self.whom}: {self.what}"


@dataclass(slots=True)
class Permit:
    """What one process of a pod may render, by the model. Times are its own clock's ns."""

    until_ns: int = 0
    heard: dict[tuple[str, int], tuple[int, int]] = field(default_factory=dict)


@dataclass(slots=True)
class Bar:
    """A pod may not be granted anything by one daemon before `until_s`, world time, because of `why`."""

    until_s: float
    why: str
