"""UpdateDreamscape: the mask selects the fields, and errors name them."""

import math
from dataclasses import replace

import grpc.aio
import numpy as np
import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.field_mask_pb2 import FieldMask

import dreamapi
from dreamapi.v1.dreamscapes_pb2 import Dreamscape, Plan, UpdateDreamscapeRequest
from dreamd.adapters.grpc.calls.errors import Declined
from dreamd.adapters.grpc.servicers import plans
from dreamd.core.dreamscapes import views
from dreamd.core.dreamscapes.views import DreamscapeState
from dreamd.core.refusals import Code, Refusal, bad_field
from fakes.coordination import FakeCoordination

BEFORE = views.Plan("n", 3, 8, pods=("bed-1", "bed-2", "bed-3"), ramp_s=20.0, ceiling=0.1)


def ask(*paths: str, **fields: object) -> UpdateDreamscapeRequest:
    """A request with these fields of the plan."""
    return UpdateDreamscapeRequest(
        dreamscape=Dreamscape(name="dreamscapes/n", plan=Plan(**fields)),
        update_mask=FieldMask(paths=paths) if paths else None,
    )


@pytest.mark.parametrize(
    ("request_", "after"),
    [
        (ask("plan.seats_min", seats_min=4, seats_max=99), replace(BEFORE, seats_min=4)),
        (ask(seats_min=4), replace(BEFORE, seats_min=4)),
        (ask("plan.pods", "plan.site", site="north"), replace(BEFORE, pods=(), site="north")),
        (ask("plan.ramp", ramp=Duration(seconds=30)), replace(BEFORE, ramp_s=30.0)),
        (ask("plan.ramp"), replace(BEFORE, ramp_s=60.0)),
        (ask("plan.ceiling"), replace(BEFORE, ceiling=0.15)),
        (ask("plan", seats_min=3, seats_max=4), views.Plan("n", 3, 4)),
        (ask("*", seats_min=3, seats_max=4), views.Plan("n", 3, 4)),
        (ask("plan.seats_max", ceiling=math.nan, seats_max=9), replace(BEFORE, seats_max=9)),
        (ask(), BEFORE),
    ],
)
def test_the_mask_says_what_changes(request_: UpdateDreamscapeRequest, after: views.Plan) -> None:
    """Named fields change, absent ones to the default; without a mask the set ones; the rest stays."""
    assert plans.changed(request_, BEFORE) == after


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (ask("state"), "update_mask.paths[0]"),
        (ask("plan.ramp", "plan.start_time.seconds"), "update_mask.paths[1]"),
        (ask("plan.ramp", ramp=Duration(seconds=-1)), "dreamscape.plan.ramp"),
        (ask("plan.pods", pods=["pods/a", "x"]), "dreamscape.plan.pods[1]"),
        (ask("plan.ceiling", ceiling=math.inf), "dreamscape.plan.ceiling"),
    ],
)
def test_a_wrong_field_is_named_by_its_path(request_: UpdateDreamscapeRequest, field: str) -> None:
    """A wrong field is named by its path in this request, with the plan in a Dreamscape."""
    with pytest.raises(Declined) as caught:
        plans.changed(request_, BEFORE)
    assert caught.value.refusal.metadata["field"] == field
    assert caught.value.refusal.metadata["expected"]


def test_a_number_of_float32_is_its_limit() -> None:
    """0.15 and 0.5 as float32 equal the largest ceiling and artist share."""
    ceiling, share = (float(np.float32(number)) for number in (0.15, 0.5))
    read = plans.changed(
        ask("plan.ceiling", "plan.artist_share", ceiling=ceiling, artist_share=share), BEFORE
    )
    assert (read.ceiling, read.artist_share) == (0.15, 0.5)


async def test_the_applications_no_has_this_requests_path(
    application: FakeCoordination, api: dreamapi.Api
) -> None:
    """A refusal of the application has this request's path, too."""
    application.add("n", DreamscapeState.PLANNED)
    application.refuse("update", bad_field("plan.seats_min", "at least 3", 2))
    with pytest.raises(dreamapi.InvalidArgument) as caught:
        await api.dreamscapes.update("n", dreamapi.plan(seats_min=2), ["seats_min"])
    assert caught.value.metadata == {"field": "dreamscape.plan.seats_min", "expected": "at least 3"}
    assert caught.value.sentence == "dreamscape.plan.seats_min: expected at least 3, got 2"


async def test_the_client_edits_with_an_etag(application: FakeCoordination, api: dreamapi.Api) -> None:
    """An edit with the read etag succeeds; repeated with the old one it is STALE_ETAG without a change."""
    application.add("n", DreamscapeState.PLANNED)
    read = await api.dreamscapes.get("n")
    edited = await api.dreamscapes.update("n", dreamapi.plan(seats_max=6), ["seats_max"], etag=read.etag)
    assert (edited.plan.seats_max, list(edited.plan.pods)) == (6, list(read.plan.pods))
    with pytest.raises(dreamapi.StaleEtag):
        await api.dreamscapes.update("n", dreamapi.plan(seats_max=5), ["seats_max"], etag="old")
    assert (await api.dreamscapes.get("n")).plan.seats_max == 6


async def test_validation_alone_is_repeated(application: FakeCoordination, api: dreamapi.Api) -> None:
    """A validation is made each time, whatever its request id, and stores nothing."""
    application.add("n", DreamscapeState.PLANNED)
    for seats in (6, 7):
        shown = await api.dreamscapes.update(
            "n", dreamapi.plan(seats_max=seats), ["seats_max"], validate_only=True, request_id="same"
        )
        assert shown.plan.seats_max == seats
    assert (await api.dreamscapes.get("n")).plan.seats_max == 8


async def test_a_name_that_is_none_is_refused(channel: grpc.aio.Channel, api: dreamapi.Api) -> None:
    """A malformed name is refused by path; an unknown one is DREAMSCAPE_UNKNOWN."""
    with pytest.raises(dreamapi.DreamscapeUnknown):
        await api.dreamscapes.update("nowhere", dreamapi.plan(seats_max=6), ["seats_max"])
    with pytest.raises(dreamapi.InvalidArgument) as caught:
        await api.dreamscapes.update("No Where", dreamapi.plan(seats_max=6), ["seats_max"])
    assert caught.value.metadata["field"] == "dreamscape.name"
    assert isinstance(plans.moved(Refusal(Code.WRONG_STATE, "over")), Refusal)
