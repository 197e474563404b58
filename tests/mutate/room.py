"""Capacity: ways out have places of their own, and everything else is bounded and ends."""

from typing import Final

from mutate.mutation import Mutation

_GRPC: Final = "daemon/dreamd/adapters/grpc/"
_CALLS, _LANES, _REQUESTS = (
    "daemon/dreamd/adapters/grpc/calls/interceptor.py",
    "daemon/dreamd/adapters/grpc/calls/lanes.py",
    "daemon/dreamd/adapters/grpc/calls/request_reader.py",
)
_HTTP, _TESTS_HTTP = "daemon/dreamd/adapters/metrics/http_server.py", "tests/daemon/test_metrics_server.py"
_ORDERS, _TESTS_PAGE = "daemon/dreamd/console/acts/orders.py", "tests/integration/test_site_console.py"
_TICKS, _WATCHING = (
    "daemon/dreamd/adapters/grpc/servicers/shared_ticks.py",
    "daemon/dreamd/adapters/grpc/calls/streams.py",
)
_TESTS_TICKS: Final = "tests/api/test_shared_ticks.py"
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
        (f"{_TESTS}::test_incomplete_severs_take_no_place_from_a_complete_one",),
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
        "hasty = visit.lane is Lane.WAY_OUT and self._lanes.open_calls(visit.lane) > WAITING_MAX",
        "hasty = False",
        (f"{_TESTS}::test_of_many_ways_out_at_once_each_acts_and_the_last_are_answered_at_once",),
    ),
    Mutation(
        "room.drips",
        "connections that drip hold the HTTP port shut",
        _HTTP,
        "while len(self._open) >= CONNECTIONS:",
        "while False:",
        (f"{_TESTS_HTTP}::test_the_newest_client_takes_the_place_of_the_oldest_that_dawdles",),
    ),
    Mutation(
        "room.http-deadline",
        "a request that trickles is read for ever",
        _HTTP,
        "for one in [one for one in self._open if not now_s <= one.until_s]:",
        "for one in ():",
        (f"{_TESTS_HTTP}::test_a_request_that_trickles_ends_at_its_deadline",),
    ),
    Mutation(
        "room.late-order",
        "a way out that the daemon has not answered yet is withdrawn with its page",
        _ORDERS,
        "within_s = LATE_S if act.frees and len(self._under_way) < LATE_MAX else ORDER_S",
        "within_s = ORDER_S",
        (f"{_TESTS_PAGE}::test_a_sever_of_a_hung_daemon_is_carried_out_late_and_a_resume_is_not",),
    ),
    Mutation(
        "room.late-resume",
        "a resume that was given up comes true later",
        _ORDERS,
        "within_s = LATE_S if act.frees and len(self._under_way) < LATE_MAX else ORDER_S",
        "within_s = LATE_S",
        (f"{_TESTS_PAGE}::test_a_sever_of_a_hung_daemon_is_carried_out_late_and_a_resume_is_not",),
    ),
    Mutation(
        "room.rebinding",
        "a page with a rebound name reads sites and Dreamscapes",
        _HTTP,
        'if name not in {"localhost", *(one.lower() for one in names)}:',
        "if False:",
        (f"{_TESTS_HTTP}::test_a_rebound_name_reads_nothing",),
    ),
    Mutation(
        "room.scraper",
        "a stranger reads the metrics of a site",
        _HTTP,
        'return None if self._reader is None else self._reader(environ.get("HTTP_AUTHORIZATION", ""))',
        "return None",
        (f"{_TESTS_HTTP}::test_a_site_wants_the_scrapers_credential",),
    ),
    Mutation(
        "room.metrics-certificate",
        "a renewed certificate is not served until a restart",
        _HTTP,
        "if seen != self._seen:",
        "if False:",
        (f"{_TESTS_HTTP}::test_a_renewed_certificate_is_served_from_the_next_connection_on",),
    ),
    Mutation(
        "room.encoded-once",
        "each watcher encodes the tick for itself",
        _TICKS,
        "if self._number is None or self._number < number:",
        "if True:",
        (f"{_TESTS_TICKS}::test_many_watchers_cost_one_encoding",),
    ),
    Mutation(
        "room.slices",
        "ten thousand seats are encoded in one stretch",
        _TICKS,
        "if start:\n                await",
        "if False:\n                await",
        (f"{_TESTS_TICKS}::test_the_loop_goes_round_between_slices",),
    ),
    Mutation(
        "room.budget",
        "watchers may use the whole of the tick's thread",
        _WATCHING,
        "if wait_s > 0.0:",
        "if False:",
        (f"{_TESTS_TICKS}::test_watchers_beyond_the_budget_wait_and_come_first_next_time",),
    ),
    Mutation(
        "room.seats-unasked",
        "every tick makes the seats of all, looked at or not",
        "daemon/dreamd/app/dreamscapes/views.py",
        "self._made: list[SeatView] = []",
        "self._made: list[SeatView] = list(map(make, named()))",
        ("tests/app/test_first_view.py::test_seats_are_made_as_they_are_read_and_once",),
    ),
)
