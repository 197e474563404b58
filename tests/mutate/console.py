"""The console: access to views and orders, late results, unknown values."""

from typing import Final

from mutate.mutation import Mutation

_HTTP: Final = "daemon/dreamd/adapters/http/"
_GATE, _SERVER, _APPLICATION = (
    "daemon/dreamd/adapters/http/request_guard.py",
    f"{_HTTP}server.py",
    "daemon/dreamd/adapters/http/loop_bridge.py",
)
_LOOKOUT, _TELLING, _CONSOLE = (
    "daemon/dreamd/adapters/http/console_snapshots.py",
    "daemon/dreamd/adapters/http/console_json.py",
    "daemon/dreamd/adapters/http/console_routes.py",
)
_CONSOLE_ORDERS, _TESTS_TEXT = (
    "daemon/dreamd/adapters/http/order_bodies.py",
    "tests/daemon/test_console_text.py",
)
_TESTS_LOOK: Final = "tests/integration/test_console.py"
_TESTS_ORDERS: Final = "tests/integration/test_console_orders.py"
_NOBODY: Final = (f"{_TESTS_ORDERS}::test_foreign_origins_may_not_act",)
_HUNG: Final = (f"{_TESTS_ORDERS}::test_a_hung_application_is_reported_and_its_sever_still_happens",)

CONSOLE: Final = (
    Mutation(
        "console.host",
        "a stranger's name that means 127.0.0.1 reaches the console",
        _GATE,
        "if _HOST.fullmatch(host) is None:",
        "if False:",
        _NOBODY,
    ),
    Mutation(
        "console.host-whole",
        "a stranger's name that begins like ours reaches the console",
        _GATE,
        "if _HOST.fullmatch(host) is None:",
        "if _HOST.match(host) is None:",
        _NOBODY,
    ),
    Mutation(
        "console.origin",
        "another site acts through the operator's browser",
        _GATE,
        "if asked.headers.get(\"origin\") != f\"http://{asked.headers.get('host', '')}\":",
        "if False:",
        _NOBODY,
    ),
    Mutation(
        "console.header",
        "a request no page of ours has made is answered",
        _GATE,
        'if asked.headers.get(HEADER) != "1":',
        "if False:",
        _NOBODY,
    ),
    Mutation(
        "console.fetch-site",
        "what the browser says comes from another site is answered",
        _GATE,
        'if asked.headers.get("sec-fetch-site", "same-origin") != "same-origin":',
        "if False:",
        _NOBODY,
    ),
    Mutation(
        "console.json",
        "a form acts",
        _GATE,
        'if asked.headers.get("content-type", "").partition(";")[0].strip() != "application/json":',
        "if False:",
        _NOBODY,
    ),
    Mutation(
        "console.writer-reads",
        "a request without access may act",
        _GATE,
        "    return wrong_reader(asked)",
        '    return ""',
        _NOBODY,
    ),
    Mutation(
        "console.body",
        "a body of any length is read",
        _SERVER,
        'elif not 0 <= length <= (LONG_MAX if self.command == "POST" else BODY_MAX):',
        "elif False:",
        (f"{_TESTS_ORDERS}::test_a_body_too_long_or_of_no_length_is_not_read",),
    ),
    Mutation(
        "console.sever-late",
        "a sever asked for while the loop hangs is forgotten",
        _APPLICATION,
        "if not even_late:",
        "if True:",
        _HUNG,
    ),
    Mutation(
        "console.resume-late",
        "a resume that was given up comes true later",
        _APPLICATION,
        "if not even_late:",
        "if False:",
        _HUNG,
    ),
    Mutation(
        "console.not-known",
        "what is not known is shown as zero",
        _TELLING,
        "return round(value, _DIGITS) if math.isfinite(value) else None",
        "return round(value, _DIGITS) if math.isfinite(value) else 0.0",
        (f"{_TESTS_LOOK}::test_unknown_values_are_null_never_zero",),
    ),
    Mutation(
        "console.idle",
        "a watch stays open after the last console has gone",
        _LOOKOUT,
        "if watched is not None and not self.now_s() - watched.asked_s <= IDLE_S:",
        "if False:",
        (f"{_TESTS_LOOK}::test_an_unused_watch_is_closed",),
    ),
    Mutation(
        "console.one-take",
        "every console makes the application draw up everyone anew",
        _LOOKOUT,
        "tick = watched.watch.take() if watched.ticked else None",
        "tick = watched.watch.take()",
        (f"{_TESTS_LOOK}::test_many_consoles_are_one_watch",),
    ),
    Mutation(
        "console.lookers",
        "any number of consoles wait at once",
        _CONSOLE,
        "if not self._places.acquire(blocking=False):",
        "if self._places.acquire(blocking=False) and False:",
        (f"{_TESTS_LOOK}::test_one_console_too_many_is_refused",),
    ),
    Mutation(
        "console.name-recognised",
        "a way out is refused for what stands beside the name",
        _CONSOLE_ORDERS,
        "found = None if name else _NAMED.search(body)",
        "found = None",
        (_TESTS_TEXT,),
    ),
    Mutation(
        "console.reason-fit",
        "the reason a page sends reaches every encoder as it came",
        _CONSOLE_ORDERS,
        "{key: fit(value) for key, value in told.items() if isinstance(value, str)}",
        "{key: value for key, value in told.items() if isinstance(value, str)}",
        (_TESTS_TEXT,),
    ),
    Mutation(
        "console.nesting",
        "JSON nested deeply is a 500",
        _CONSOLE_ORDERS,
        "except (ValueError, RecursionError):",
        "except ValueError:",
        (_TESTS_TEXT,),
    ),
    Mutation(
        "console.worst",
        "the page opens on a Dreamscape that only gathers while another loses its beds",
        "daemon/dreamd/core/dreamscapes/states.py",
        "if state is _DREAMING and troubled:",
        "if False:",
        ("tests/core/test_states.py",),
    ),
    Mutation(
        "console.rank",
        "the console cannot tell which Dreamscape needs a person",
        _TELLING,
        '"rank": rank(view.state, troubled=view.unheard > 0 or view.merged < view.assigned),',
        '"rank": 0,',
        (_TESTS_LOOK,),
    ),
    Mutation(
        "console.old-ticks",
        "the ages of the beds' words begin anew with every list",
        _LOOKOUT,
        "else (newest.seats, watched.tick_s)",
        "else (newest.seats, now_s)",
        (_TESTS_LOOK,),
    ),
    Mutation(
        "console.no-tick",
        "a Dreamscape that gathers is shown without its seats",
        _LOOKOUT,
        "if newest is None:  # a list has no seats, and the last tick of one that ticks no more is old",
        "if False:",
        (_TESTS_LOOK,),
    ),
    Mutation(
        "console.fleet-any-body",
        "a sever of the whole house wants a name",
        _CONSOLE_ORDERS,
        "if scope is not SeverScope.FLEET:",
        "if True:",
        (_TESTS_ORDERS,),
    ),
    Mutation(
        "console.silent-bed",
        "a silent bed with a sleeper in it stands among the ready ones",
        "daemon/dreamd/adapters/http/free_beds.py",
        "occupied and not bed.heard,",
        "False,",
        ("tests/daemon/test_free_beds.py",),
    ),
    Mutation(
        "console.free-beds-bounded",
        "the list of free beds grows with the fleet",
        "daemon/dreamd/adapters/http/free_beds.py",
        "if pod in self._found or len(self._found) < BEDS_MAX:",
        "if True:",
        ("tests/daemon/test_free_beds.py",),
    ),
)
