"""Ends of sessions and daemons: the way home, the planned stop, memory across a restart."""

from typing import Final

from mutate.mutation import Mutation

_APP: Final = "daemon/dreamd/app/"
_HOMECOMING: Final = "daemon/dreamd/app/dreamscapes/homecoming.py"
_TESTS_HOMECOMING: Final = "tests/app/test_homecoming.py"

STOPS: Final = (
    Mutation(
        "home.not-orphaned",
        "a pod on its way home that still fades loses its slot as an orphan",
        "daemon/dreamd/app/dreamscapes/drivers/pod_inputs.py",
        "elif dreamscape.going_home:",
        "elif dreamscape.going_home and status.applied == 0.0:",
        (_TESTS_HOMECOMING,),
    ),
    Mutation(
        "home.zero-confirmed",
        "a pod that still renders is home",
        "daemon/dreamd/app/dreamscapes/homecoming.py",
        "return status.applied == 0.0 and status.assignment == 0",
        "return status.assignment == 0",
        (_TESTS_HOMECOMING,),
    ),
    Mutation(
        "home.earlier-daemon",
        "a pod that an earlier daemon assigned is not waited for",
        "daemon/dreamd/app/dreamscapes/homecoming.py",
        "if seat.slot is not None or seat.returning]",
        "if seat.slot is not None]",
        (_TESTS_HOMECOMING,),
    ),
    Mutation(
        "home.woken-again",
        "a pod that was to wake when the daemon died is released instead",
        "daemon/dreamd/app/dreamscapes/homecoming.py",
        "woken = sever_cause == Cause.WAKE.value",
        "woken = False",
        (_TESTS_HOMECOMING,),
    ),
    Mutation(
        "stop.no-quorum",
        "a planned stop over a long line loses the quorum",
        "daemon/dreamd/app/dreamscapes/drivers/control_loop.py",
        "and not dreamscape.evaluator.blind and not going_home:",
        "and not dreamscape.evaluator.blind:",
        (_TESTS_HOMECOMING,),
    ),
    Mutation(
        "stop.no-trips",
        "a pod that was ordered to leave is tripped for being silent",
        "daemon/dreamd/app/safety/breaker_evaluator.py",
        "heard = not going_home and not self.ways.excuses(seat)",
        "heard = not self.ways.excuses(seat)",
        (_TESTS_HOMECOMING,),
    ),
    Mutation(
        "out.never-waits-for-a-thread",
        "the end of an agent waits for a connection that hangs",
        "proto/dreamwire/connection.py",
        'await aside(self._reach, "mqtt connect")',
        "await asyncio.to_thread(self._reach)",
        ("tests/wire/test_connection.py",),
    ),
    Mutation(
        "out.cancellation",
        "a cancellation that comes with the broker's answer is swallowed",
        "proto/dreamwire/connection.py",
        """            async with asyncio.timeout(self.timeout if timeout is None else timeout):
                return await fut
""",
        "            return await asyncio.wait_for(fut, self.timeout if timeout is None else timeout)\n",
        ("tests/wire/test_connection.py",),
    ),
    Mutation(
        "out.stubborn-link",
        "a link that ignores one cancellation keeps the agent alive",
        "edge/dreamedge/app/pod_supervisor.py",
        "    for _ in range(int(_CANCELLED_WITHIN_S / _GLANCE_S)):\n",
        "    for _ in range(1):\n",
        ("tests/edge/test_pod_supervisor.py",),
    ),
    Mutation(
        "out.one-bed-fails",
        "a bed that fails to leave keeps the others from going home",
        "edge/dreamedge/app/pod_supervisor.py",
        "                bed.leave(self._reason)\n            except Exception as error:",
        "                bed.leave(self._reason)\n            except OSError as error:",
        ("tests/edge/test_pod_supervisor.py",),
    ),
    Mutation(
        "sim.person-by-name",
        "simulated sleepers of separate processes are one brain",
        "edge/dreamedge/settings.py",
        "zlib.crc32(name.encode())",
        "0",
        ("tests/edge/test_settings.py",),
    ),
    Mutation(
        "key.says-why",
        "a public key that cannot be read is called no key",
        "proto/dreamwire/signing.py",
        """        pem = _read(path, "the daemon's public key")
        try:
            key = serialization.load_pem_public_key(pem)
""",
        """        try:
            pem = _read(path, "the daemon's public key")
            key = serialization.load_pem_public_key(pem)
""",
        ("tests/wire/test_key_files.py",),
    ),
    Mutation(
        "stop.excuses-its-own-zero",
        "a zero from before the stop is excused by it",
        "edge/dreamedge/core/merging/stored_sever.py",
        " and sever.tick >= tick",
        "",
        ("tests/edge/test_stored_sever.py",),
    ),
    Mutation(
        "stop.excuses-no-fault",
        "a fault of the pod's own is excused by the daemon's stop",
        "edge/dreamedge/core/merging/stored_sever.py",
        " or sever.cause != DAEMON:",
        ":",
        ("tests/edge/test_stored_sever.py",),
    ),
    Mutation(
        "stop.tells-the-well-alone",
        "a pod with an open breaker is told that its zero was a stop",
        _HOMECOMING,
        "well = record.breaker.may_couple",
        "well = True",
        ("tests/app/test_planned_stop.py",),
    ),
    Mutation(
        "backup.known-for-a-copy",
        "a backup that is put back is taken for the ledger",
        "daemon/dreamd/adapters/ledger/copies/backup.py",
        'made.execute("UPDATE generation SET writes = ?", (AS_A_COPY,))',
        "pass",
        ("tests/daemon/test_backup.py",),
    ),
    Mutation(
        "ledger.owner-alone",
        "a ledger in a directory that existed is readable by others",
        "daemon/dreamd/adapters/ledger/sqlite_file.py",
        "            part.chmod(_OWNER_ALONE)",
        "            pass",
        ("tests/daemon/test_backup.py",),
    ),
    Mutation(
        "state.others-write",
        "a state directory in which others may write is used",
        "daemon/dreamd/adapters/state_dir.py",
        "if mode & _OTHERS_WRITE:",
        "if False:",
        ("tests/daemon/test_state_dir.py",),
    ),
    Mutation(
        "witness.compared-with-what-was-found",
        "an older ledger catches up with the broker's count by its own start",
        "daemon/dreamd/app/durability/ledger_witness.py",
        "self._known = ledger.found",
        "self._known = ledger.writes",
        ("tests/app/test_ledger_witness.py",),
    ),
    Mutation(
        "witness.suspends",
        "the broker knows of more writes, and people are merged on the ledger's word",
        "daemon/dreamd/app/inbound.py",
        "suspend(self._deps, self._dreamscapes.values(), writes)",
        "pass",
        ("tests/app/test_ledger_witness.py",),
    ),
    Mutation(
        "witness.told-each-tick",
        "the broker is not told what was written",
        "daemon/dreamd/app/application.py",
        'attempt("ledger", self._witness.tell)',
        "pass",
        ("tests/app/test_ledger_witness.py",),
    ),
    Mutation(
        "wake.lost-order-stands",
        "a wake order that a restored ledger has lost is overwritten at the broker",
        "daemon/dreamd/app/safety/wake_orders.py",
        "return not order.lifted and order.revision > self._newest",
        "return False",
        ("tests/app/test_ledger_witness.py",),
    ),
    Mutation(
        "withdrawal.outlives",
        "a withdrawal is forgotten with the daemon",
        "daemon/dreamd/app/people/pod_withdrawals.py",
        "self._consents.withdraw(sleeper)",
        "pass",
        ("tests/app/test_ledger_witness.py",),
    ),
    Mutation(
        "withdrawal.counted-once",
        "a latch that stays withdraws the sleeper's new grant as well",
        "daemon/dreamd/app/people/pod_withdrawals.py",
        "elif pod not in self._latched:",
        "else:",
        ("tests/app/test_ledger_witness.py",),
    ),
    Mutation(
        "withdrawal.acknowledged",
        "a pod may forget a withdrawal that the ledger does not have",
        "daemon/dreamd/app/inbound.py",
        " and self._withdrawals.settled(pod)",
        "",
        ("tests/app/test_ledger_witness.py",),
    ),
    Mutation(
        "wake.no-copy",
        "a recorded wake command is obeyed by a bed that has restarted",
        "edge/dreamedge/core/merging/command_filter.py",
        "if self.woken_by.replayed((COMMAND, command.counter)):",
        "if False:",
        ("tests/edge/test_obeyed_wakes.py",),
    ),
    Mutation(
        "wake.no-floor",
        "a wake that never arrived is refused for its age",
        "edge/dreamedge/core/merging/obeyed_wakes.py",
        "return wake in self._cleared",
        "return wake <= max(self._cleared, default=wake[:0])",
        ("tests/edge/test_obeyed_wakes.py",),
    ),
    Mutation(
        "wake.order-copy-bars",
        "a wake order that a pod has obeyed before does not bar an assign any more",
        "edge/dreamedge/core/merging/command_filter.py",
        """        self._wake = order
        reached""",
        "        reached",
        ("tests/edge/test_obeyed_wakes.py",),
    ),
    Mutation(
        "crash.stored-not-hidden-by-the-way",
        "a clock that jumped with the new daemon hides the sever that a pod has stored",
        "daemon/dreamd/app/inbound.py",
        "if self._unknown(record) and way:",
        "if False:",
        ("tests/app/test_planned_stop.py",),
    ),
)
