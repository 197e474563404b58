"""Callers' input: form is checked, each refusal names its field, and only Declined is raised."""

import math
from collections.abc import Callable, Iterator

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from google.protobuf.wrappers_pb2 import StringValue
from hypothesis import given
from hypothesis import strategies as st

from dreamapi import names
from dreamapi.v1.dreamscapes_pb2 import CreateDreamscapeRequest, Plan
from dreamd.adapters.grpc.calls import request_fields
from dreamd.adapters.grpc.calls.errors import Declined
from dreamd.adapters.grpc.calls.pagination import page, parts
from dreamd.adapters.grpc.servicers import plans
from dreamd.core.limits import PAGE_BYTES_MAX, REASON_MAX
from dreamd.core.refusals import Code
from dreamwire.topics import is_name

IDS = st.from_regex(r"[a-z0-9]([a-z0-9_.-]{0,61}[a-z0-9])?", fullmatch=True)


def refused_field(caught: pytest.ExceptionInfo[Declined]) -> str:
    """The field named by an INVALID_ARGUMENT."""
    assert caught.value.refusal.code is Code.INVALID_ARGUMENT
    return caught.value.refusal.metadata["field"]


@given(IDS)
def test_good_names_go_round(text: str) -> None:
    """Good names survive building and parsing; builders accept full names."""
    assert request_fields.pod_id(names.pod(text)) == text
    assert names.pod(names.pod(text)) == names.pod(text)
    assert request_fields.dreamscape_id(names.dreamscape(text)) == text
    assert request_fields.sleeper_id(names.sleeper(text)) == text
    assert names.bare(names.seat(text, 3)) == "3"


@given(st.text())
def test_other_names_are_refused_by_field(text: str) -> None:
    """Any text is either a name of the fleet or an INVALID_ARGUMENT with the field."""
    if is_name(text):
        return
    for name in (text, f"pods/{text}"):
        with pytest.raises(Declined) as caught:
            request_fields.pod_id(name, "pod")
        assert refused_field(caught) == "pod"


@pytest.mark.parametrize(
    "name", ["", "pods/", "bed-1", "pods/a/b", "pods/bed 1", "pods/+", "pods/#", "pods/Bed", "sleepers/a"]
)
def test_names_that_are_not_pods(name: str) -> None:
    """A name that is not a pod's, such as one with MQTT wildcards or slashes, never reaches a topic."""
    with pytest.raises(Declined):
        request_fields.pod_id(name)


def create(**fields: object) -> CreateDreamscapeRequest:
    """A valid request with these fields of its plan replaced."""
    return CreateDreamscapeRequest(dreamscape_id="n", plan=Plan(seats_min=1, seats_max=2, **fields))


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (CreateDreamscapeRequest(dreamscape_id="Not/This"), "dreamscape_id"),
        (create(ceiling=math.nan), "plan.ceiling"),
        (create(ceiling=math.inf), "plan.ceiling"),
        (create(ceiling=-0.1), "plan.ceiling"),
        (create(ceiling=1.5), "plan.ceiling"),
        (create(ramp=Duration(seconds=-1)), "plan.ramp"),
        (create(start_time=Timestamp(seconds=-5)), "plan.start_time"),
        (create(close_time=Timestamp(seconds=1, nanos=-1)), "plan.close_time"),
        (create(pods=["pods/a", "b"]), "plan.pods[1]"),
        (create(site="Ward A"), "plan.site"),
    ],
)
def test_a_plan_that_cannot_be_read_names_its_field(request_: CreateDreamscapeRequest, field: str) -> None:
    """NaN, infinity and a time before 1970 in a plan are refused by field."""
    with pytest.raises(Declined) as caught:
        plans.created(request_)
    assert refused_field(caught) == field


@given(st.text(max_size=2000))
def test_a_reason_is_never_refused(text: str) -> None:
    """A reason is never refused: it becomes one line of at most 500 characters."""
    kept = request_fields.reason(text)
    assert len(kept) <= REASON_MAX
    assert "\n" not in kept


def named(name: str) -> StringValue:
    """An item as a message."""
    return StringValue(value=name)


def behind(items: list[str]) -> Callable[[str], Iterator[str]]:
    """The items behind a place, in order, as an application lists them."""
    return lambda place: (one for one in sorted(items) if one > place)


@given(st.lists(IDS, unique=True, max_size=40), st.integers(min_value=1, max_value=7))
def test_pages_give_everything_once(items: list[str], size: int) -> None:
    """Following the tokens returns every item once, in order, and ends."""
    seen: list[StringValue] = []
    token = ""
    while True:
        shown, token = page(behind(items), str, named, size, token)
        seen += shown
        if not token:
            break
    assert [one.value for one in seen] == sorted(items)


@given(st.lists(IDS, unique=True, min_size=2, max_size=40), st.data())
def test_a_page_goes_on_although_its_last_item_has_gone(items: list[str], data: st.DataObject) -> None:
    """Items that come or go between two pages move nothing: the others are returned once, in order."""
    size = data.draw(st.integers(1, len(items) - 1))
    shown, token = page(behind(items), str, named, size, "")
    left = [one for one in items if one not in data.draw(st.sets(st.sampled_from(items)))]
    rest, _ = page(behind(left), str, named, 1000, token)
    given = [one.value for one in shown]
    assert [*given, *(one.value for one in rest)] == sorted(
        {*given, *(one for one in left if one > given[-1])}
    )


def test_a_page_makes_the_views_of_the_page() -> None:
    """A page of ten out of twenty thousand reads eleven; the last shows whether there are more."""
    read: list[int] = []

    def listed(_after: str) -> Iterator[int]:
        for number in range(20_000):
            read.append(number)
            yield number

    page(listed, str, lambda number: named(str(number)), 10, "")
    assert len(read) == 11


@given(st.text(max_size=30))
def test_a_made_up_token_is_refused(token: str) -> None:
    """A forged token is INVALID_ARGUMENT, never a traceback."""
    if token == "":
        return
    with pytest.raises(Declined) as caught:
        page(behind(["a", "b"]), str, named, 1, token)
    assert refused_field(caught) == "page_token"


def test_no_pod_has_the_daemons_name() -> None:
    """`pods/dreamd` is refused by field: at the broker that account is the daemon's."""
    with pytest.raises(Declined, match="the daemon's own name") as caught:
        request_fields.pod_id("pods/dreamd", "plan.pods[0]")
    assert refused_field(caught) == "plan.pods[0]"


def test_a_page_ends_before_it_is_too_large() -> None:
    """Of forty items of 100 kB a page stays below 3 MiB and the next continues.

    One item alone is returned.
    """
    items = [f"{number:02}" + "x" * 100_000 for number in range(40)]
    shown, token = page(behind(items), str, named, 1000, "")
    assert sum(one.ByteSize() for one in shown) < PAGE_BYTES_MAX
    rest, token = page(behind(items), str, named, 1000, token)
    assert ([one.value for one in [*shown, *rest]], token) == (items, "")
    large = "y" * (4 << 20)
    assert page(behind([large]), str, named, 1, "") == ([named(large)], "")


def test_a_watch_sends_parts_that_clients_take() -> None:
    """A watch sends items in order, in parts within number and bytes; one large item has its own part."""
    items = ["x" * 1_000_000] * 7 + ["y"] * 9 + ["z" * (4 << 20)]
    sent = list(parts(items, named, 5))
    assert [one.value for part in sent for one in part] == items
    assert max(map(len, sent)) <= 5
    small = [part for part in sent if len(part) > 1]
    assert max(sum(one.ByteSize() for one in part) for part in small) <= PAGE_BYTES_MAX
