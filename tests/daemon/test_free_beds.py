"""The beds that hold no seat, as the overview of the house lists them."""

from collections.abc import Iterator

from dreamd.adapters.http.free_beds import BEDS_MAX, LOOKED_AT, FreeBeds, urgency
from dreamd.core.dreamscapes.views import BreakerState, PodState, PodView
from fakes.views import pod_view


class Pods:
    """A fleet by name; `read` counts the views that were made."""

    def __init__(self, *pods: PodView) -> None:
        self.views = {pod.pod: pod for pod in pods}
        self.read = 0

    def after(self, name: str) -> Iterator[PodView]:
        """Make the views behind this name, one by one."""
        for pod in sorted(self.views):
            if pod > name:
                self.read += 1
                yield self.views[pod]


def ward(beds: int) -> Pods:
    """Free beds with names that sort by number."""
    return Pods(*(pod_view(f"bed-{n:04}") for n in range(beds)))


def names(beds: tuple[PodView, ...]) -> list[str]:
    """The names, in the order shown."""
    return [bed.pod for bed in beds]


def test_a_seated_bed_is_not_listed_and_a_bed_that_is_given_back_is() -> None:
    """The list holds the beds without a Dreamscape, as the newest pass found them."""
    pods, free = ward(3), FreeBeds()
    pods.views["bed-0001"] = pod_view("bed-0001", dreamscape="night", seat=1)
    assert names(free.look(pods.after)) == ["bed-0000", "bed-0002"]
    pods.views["bed-0001"] = pod_view("bed-0001")
    pods.views["bed-0002"] = pod_view("bed-0002", dreamscape="night", seat=2)
    del pods.views["bed-0000"]
    assert names(free.look(pods.after)) == ["bed-0001"]


def test_the_bed_that_needs_a_person_stands_first() -> None:
    """Locked, silent with a sleeper in it, breaker open, poor signal, ready, empty, switched off."""
    beds = {
        "off": pod_view("off", online=False, state=PodState.OFFLINE),
        "empty": pod_view("empty"),
        "ready": pod_view("ready", sleeper="s-1", state=PodState.READY),
        "contact": pod_view("contact", sleeper="s-2", quality_cause="contact"),
        "open": pod_view("open", sleeper="s-3", breaker=BreakerState.OPEN),
        "silent": pod_view("silent", sleeper="s-4", state=PodState.OFFLINE, heard_age_s=9.0),
        "locked": pod_view("locked", breaker=BreakerState.LOCKED),
    }
    found = FreeBeds().look(Pods(*beds.values()).after)
    assert names(found) == ["locked", "silent", "open", "contact", "ready", "empty", "off"]
    assert [urgency(bed) for bed in found] == list(range(7))


def test_one_list_looks_at_a_part_of_the_fleet_alone() -> None:
    """The cost of a list does not grow with the fleet; a pass finds every bed, the next keeps them."""
    pods, free = ward(3 * LOOKED_AT + 5), FreeBeds()
    for _ in range(8):
        pods.read = 0
        found = free.look(pods.after)
        assert pods.read <= LOOKED_AT
    assert len(found) == 3 * LOOKED_AT + 5


def test_beds_beyond_what_is_kept_are_counted() -> None:
    """The list is bounded, and `more` is the number that it leaves out."""
    pods, free = ward(BEDS_MAX + 70), FreeBeds()
    for _ in range(20):
        found = free.look(pods.after)
        assert len(found) <= BEDS_MAX
    assert (len(found), free.more) == (BEDS_MAX, 70)
