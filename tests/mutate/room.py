"""Room: ways out have places of their own, and everything else is bounded and ends."""

from typing import Final

from mutate.mutation import Mutation

_GRPC: Final = "daemon/dreamd/adapters/grpc/"
_CALLS, _LANES, _REQUESTS = f"{_GRPC}calls.py", f"{_GRPC}lanes.py", f"{_GRPC}requests.py"
_TESTS: Final = "tests/api/test_room.py"

ROOM: Final = (
    Mutation(
        "room.bounds",
        "no lane is ever full, so readers take all there is",
        _LANES,
        "if held >= most:",
        "if False:",
        (f"{_TESTS}::test_a_full_lane_refuses_with_what_to_do_and_the_others_go_on",),
    ),
    Mutation(
        "room.way-out",
        "a way out needs a place among the reads",
        _LANES,
        "bound = self._bounds.get(lane)",
        "bound = self._bounds.get(Lane.READ if lane is Lane.WAY_OUT else lane)",
        (f"{_TESTS}::test_ways_out_that_never_say_which_keep_nobody_from_leaving",),
    ),
    Mutation(
        "room.place-kept",
        "a call that has ended keeps its place",
        _LANES,
        "self._held[key] -= 1",
        "pass",
        (f"{_TESTS}::test_a_host_with_many_connections_is_bounded",),
    ),
    Mutation(
        "room.table",
        "a method without a lane is served",
        _LANES,
        "if paths != named:",
        "if False:",
        (f"{_TESTS}::test_a_method_without_a_lane_ends_the_start",),
    ),
    Mutation(
        "room.silence",
        "a call that never says a word stays open",
        _REQUESTS,
        "async with asyncio.timeout(within_s):",
        "async with asyncio.timeout(None):",
        (f"{_TESTS}::test_a_call_that_says_nothing_ends",),
    ),
    Mutation(
        "room.hasty",
        "a flood of severs polls for its confirmations",
        _CALLS,
        "hasty = visit.lane is Lane.WAY_OUT and self._lanes.open(visit.lane) > WAITING_MAX",
        "hasty = False",
        (f"{_TESTS}::test_of_many_ways_out_at_once_each_acts_and_the_last_are_answered_at_once",),
    ),
)
