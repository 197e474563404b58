"""The shapes of a page, from messages of the API."""

from dreamapi.v1.pods_pb2 import Pod
from dreamd.adapters.grpc.servicers import responses
from dreamd.console.shapes import BEDS_MAX, house_shape, urgency
from dreamd.core.dreamscapes.views import BreakerState, PodState, PodView
from fakes.views import pod_view


def beds(*views: PodView) -> list[Pod]:
    """As the API tells them."""
    return [responses.pod(view) for view in views]


def test_the_bed_that_needs_a_person_stands_first_and_a_seated_one_is_not_listed() -> None:
    """Locked, silent with a sleeper in it, breaker open, poor signal, ready, empty, switched off."""
    found = beds(
        pod_view("off", online=False, state=PodState.OFFLINE),
        pod_view("empty"),
        pod_view("seated", dreamscape="night", seat=1),
        pod_view("ready", sleeper="s-1", state=PodState.READY),
        pod_view("contact", sleeper="s-2", quality_cause="contact"),
        pod_view("open", sleeper="s-3", breaker=BreakerState.OPEN),
        pod_view("silent", sleeper="s-4", state=PodState.UNHEARD, heard_age_s=9.0),
        pod_view("locked", breaker=BreakerState.LOCKED),
    )
    shape = house_shape([], found, [], None, lambda _method: True)
    listed = [bed["pod"] for bed in shape["beds"]]  # type: ignore[attr-defined]
    assert listed == ["locked", "silent", "open", "contact", "ready", "empty", "off"]
    ranked = {bed.name: urgency(bed) for bed in found}
    assert [ranked[f"pods/{name}"] for name in listed] == list(range(7))


def test_beds_beyond_what_is_listed_are_counted() -> None:
    """The list is bounded, and the shape has the number that it leaves out."""
    found = beds(*(pod_view(f"bed-{n:04}") for n in range(BEDS_MAX + 70)))
    shape = house_shape([], found, [], None, lambda _method: True)
    assert len(shape["beds"]) == BEDS_MAX  # type: ignore[arg-type]
    assert shape["beds_more"] == 70
