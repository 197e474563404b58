"""The daemon, put together: the one file that names every technology, and the order of its life.

Start: settings, state directory, keys, ledger, application, MQTT, gRPC, HTTP (metrics and health). A missing
resource (a port in use, a directory that cannot be written, a damaged ledger) ends the start with one
sentence. A missing broker does not: the daemon keeps trying, and /readyz names what it waits for.

The service manager, where there is one, receives READY with the first readiness, and a heartbeat after each
completed tick (`dreamwire.sd_notify`).

End: `Daemon.shutdown` is the sequence. Every sleeper is zeroed first and has 1.5 s to confirm it, by the tick
and the link that still run. Where a standby waits, a planned end hands the house over and releases no pod.
Then the API and HTTP ports close, then the link publishes that the daemon is offline, then the ledger closes.

`main` imports this file only for `serve`, so that `dreamd pods` loads neither numpy nor aiomqtt.
"""

import asyncio
import os
import random
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from importlib.metadata import version
from typing import Final

from dreamd.adapters.clock import BoottimeClock
from dreamd.adapters.cluster.opening import engine_of, house_name
from dreamd.adapters.documents.shipped import shipped_bundle
from dreamd.adapters.garbage import short_pauses
from dreamd.adapters.grpc.guards import guard_of, scraper_judge
from dreamd.adapters.grpc.server import CannotListen, Guard, Running, WaysOut, serve_grpc, serve_ways_out
from dreamd.adapters.keys import NoteSigner, open_key
from dreamd.adapters.ledger.opening import open_ledger
from dreamd.adapters.log_events import fields_of, level_of, named
from dreamd.adapters.logs import Log, Spool, is_journald, open_log
from dreamd.adapters.metrics.disk_space import DiskSpace, space_of
from dreamd.adapters.metrics.http_server import Checks, Files, MetricsServer
from dreamd.adapters.metrics.prometheus import PrometheusMetrics
from dreamd.adapters.oidc.opening import provider_of
from dreamd.adapters.random_text import random_text
from dreamd.adapters.recordings.store import RecordingStore
from dreamd.adapters.site_authority import AuthorityError, SiteAuthority
from dreamd.adapters.site_broker import SiteBroker
from dreamd.adapters.site_guard import guarded_site, renew_in_time
from dreamd.adapters.state_dir import StateDir, StateDirError
from dreamd.adapters.worker_thread import ThreadAside
from dreamd.app.application import Application
from dreamd.app.safety.step_failures import CannotZeroError, Failure
from dreamd.app.supervisor import Pulse, Step, StepFailed, Task, drive, listen_for_lag, steadily, supervise
from dreamd.brokers_composition import intakes_of, links_of, rights_of
from dreamd.cli.serve import CannotServe, Ready
from dreamd.core.access.caller import RESTARTED, SIGNALLED
from dreamd.core.dreamscapes.views import Event
from dreamd.core.guidelines.judgement import refusing_clauses
from dreamd.core.limits import CONFIRM_WITHIN_S
from dreamd.core.refusals import Code
from dreamd.core.safety.causes import Cause
from dreamd.daemon_health import DaemonHealth, Trouble, allow_descriptors, build_info
from dreamd.fusion.frame_table import FrameVerdict
from dreamd.fusion.reduction import Part
from dreamd.house_address import standbys_of
from dreamd.house_composition import HouseLostError, claim_of, heir_of, lease_trouble, opened, until_lost
from dreamd.people_composition import house_founding, house_people
from dreamd.ports.commit import LedgerError
from dreamd.settings import Settings
from dreamwire.broker_access import AccessError
from dreamwire.schema import BANDS6X2
from dreamwire.sd_notify import ServiceManager
from dreamwire.signing import KeyFileError

LOOK_S: Final = 0.05
SWITCH_S: Final = 0.001
"""gRPC's poller needs the interpreter's lock to hand over a call; Python's own 5 ms would delay a Sever."""
STATUS_S: Final = 1.0
BOOKS_WITHIN_S: Final = 5.0
"""Time for the ledger's waiting writes; the rest is reported as lost."""
GRACE_S: Final = 0.3
"""Time for calls in progress; every sleeper is home by then."""

FRAME_REASONS: Final = (
    *("malformed", "unknown-dreamscape", "not-assigned", "wrong-sender"),
    *(written.value for written in FrameVerdict if not written.sound),
)


async def serve(settings: Settings, announce: Callable[[Ready], None]) -> None:
    """Serve until SIGTERM, SIGINT or SIGHUP; return once every sleeper is home and everything is closed.

    Args:
        settings: the result of `settings.load`.
        announce: called once, when the daemon is ready.

    Raises:
        CannotServe: with the sentence that has the next step.
    """
    sys.setswitchinterval(SWITCH_S)
    allow_descriptors()
    journald = is_journald(sys.stderr, os.environ)
    spool = Spool(sys.stderr, settings.log_format, journald=journald)
    log = open_log(settings.log_format, settings.log_level, spool, journald=journald)
    try:
        state = StateDir(settings.state_dir)
        manager = ServiceManager.of(os.environ, os.getpid())
        try:
            open_daemon = partial(Daemon, settings, state, log, announce, manager)
            daemon = await opened(settings, open_daemon, log, manager)
            if daemon is not None:
                await daemon.open_faces()
                await daemon.run()
        finally:
            manager.close()
            state.close()
    except (StateDirError, KeyFileError, AccessError, LedgerError, CannotListen, AuthorityError) as error:
        raise CannotServe(str(error)) from error
    finally:
        spool.close()


class Daemon:
    """The resources that `serve` opened, and how they are closed."""

    def __init__(
        self,
        settings: Settings,
        state: StateDir,
        log: Log,
        announce: Callable[[Ready], None],
        manager: ServiceManager,
    ) -> None:
        self._settings, self._log, self._announce, self._manager = settings, log, announce, manager
        self._state, self._clock, self._pulse = state, BoottimeClock(), Pulse()
        self._stop, self._planned = asyncio.Event(), False
        self._meters = self._all_meters(settings, state)
        files = SiteBroker(SiteAuthority(state.path))
        key = self._key = open_key(state.path)
        self._site = guarded_site(state.path, settings.hosts, self._clock.now_s, *settings.brokers)
        self._provider = provider_of(settings, in_site=self._site is not None)
        claim = claim_of(settings, key.public.raw, self._site)
        self._ledger = open_ledger(settings.ledger_url, state.path, claim)
        rng = random.SystemRandom()  # assignment ids must not be guessable
        self._link = links_of(
            *(settings, files, key, self._clock, self._meters, self._say),
            owns=lambda: self._ledger.owned,
        )
        aside = self._aside = ThreadAside()
        now_s, in_site = self._clock.now_s(), self._site is not None
        people = house_people(self._ledger, key, now_s, settings, in_site=in_site)
        part_s = settings.recordings_part_s
        self._recordings = RecordingStore(state.path, part_s=part_s, daemon=version("dreamd"))
        self._application = Application(
            *(self._clock, self._link, self._ledger, self._meters, rng, people, aside, self._recordings),
            founding=house_founding(settings.guidelines, self._ledger, now_s, in_site=in_site),
            secret=random_text,
            sign=NoteSigner(key),
        )
        self._engine = engine_of(settings.cluster_address, settings.cluster_houses)
        self._application.shared.join(self._engine, house_name(), settings.cluster_dreamscapes)
        self._rights = rights_of(settings, files, self._application, self._link, self._clock, self._say)
        self._application.journal.subscribe(self._write_down)
        self._application.open(RESTARTED)
        self._failures = self._application.failures
        self._failures.on_failure(self._bug)
        self._aside.on_failure(partial(self._failures.fail, "aside"))
        # One thread reads a clock, and health checks run on HTTP's.
        self._health = DaemonHealth(BoottimeClock(), self._pulse, self._application, self._troubles())
        self._intakes = intakes_of(settings, self._application, self._link, self._clock, self._meters)
        self._grpc: Running | None = None
        self._ways_out: WaysOut | None = None
        self._http: MetricsServer | None = None

    def _troubles(self) -> tuple[Trouble, ...]:
        return (
            lambda: self._link.trouble,
            lambda: self._rights.trouble,
            lambda: lease_trouble(self._ledger),
        )

    def _all_meters(self, settings: Settings, state: StateDir) -> PrometheusMetrics:
        return PrometheusMetrics(
            reasons=FRAME_REASONS,
            causes=[cause.value for cause in Cause],
            codes=[code.value for code in Code],
            bands=[band.name for band in BANDS6X2.phase_bands],
            clauses=refusing_clauses(shipped_bundle()),
            facts=build_info(settings),
            ledger=lambda: self._ledger.failure,
            disk=DiskSpace(space_of(state.path)).newest,
            lease=lambda: self._ledger.lease_left_s,
        )

    async def open_faces(self) -> None:
        """Open gRPC, then HTTP; CannotListen where a port is in use, after closing what was open."""
        settings = self._settings
        try:
            guard = self._guard()
            self._grpc = await serve_grpc(
                *(self._application, settings.grpc_host, settings.grpc_port),
                meters=self._meters.calls,
                refused=self._meters.call_refused,
                guard=guard,
                standbys=lambda: standbys_of(self._ledger.house),
            )
            path = settings.ways_out_socket
            self._ways_out = await serve_ways_out(self._application, path, self._meters.call_refused)
            self._http = self._open_http(guard)
        except CannotListen:
            await self._close_faces()
            self._ledger.close()
            raise

    def _guard(self) -> Guard | None:
        """Access control, where the site was made; None: every caller on this machine may do everything."""
        return guard_of(
            *(self._site, self._application, self._clock),
            key=self._key.public.raw,
            broker_url=self._settings.mqtt_url.partition(",")[0],
            unsafe=lambda: self._rights.trouble,
            settled=self._rights.settled,
            provider=self._provider,
        )

    async def run(self) -> None:
        """Run until a signal or a failure, then shut down in order."""
        stop = self._stop
        loop = asyncio.get_running_loop()
        self._application.ticks.pooled = self._settings.house_pooled_ticks
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(number, self._end_by_plan)
        self._application.house.end_by_plan = self._end_by_plan
        self._ledger.tell(lambda: self._deliver_soon(loop))
        self._engine.listen(partial(self._hear_soon, loop))
        tasks = {
            "drive": lambda: drive(
                self._application, self._clock, self._pulse, self._meters.tick_late, self._manager.alive
            ),
            "lag": lambda: listen_for_lag(self._clock, self._meters.loop_late),
            **self._link.tasks(self._intakes),
            "readiness": self._watch_readiness,
            "service-manager": self._tell_status,
            "rights": self._rights.keep_rights,
            "certificate": lambda: renew_in_time(
                self._site, self._clock.now_s, self._ages, self._meters.certificates_end
            ),
        }
        steady: dict[str, Task] = {
            name: partial(steadily, task, partial(self._failures.fail, name), fatal=CannotZeroError)
            for name, task in tasks.items()
        }
        steady["house"] = lambda: until_lost(self._ledger)
        try:
            with short_pauses(lambda: self._application.registry.tally().dreaming == 0):
                await supervise(steady, stop, self.shutdown, self._step_failed)
        except HouseLostError as error:
            raise CannotServe(str(error)) from error
        except Exception as error:
            self._log.exception("failed")
            raise CannotServe(
                "dreamd has failed after setting every bed to zero; the log has a traceback, please report it"
            ) from error
        self._log.info("ended")

    def _joining(self) -> tuple[str, ...]:
        """Why this house joins no others, where it shares a Dreamscape; its own ones dream on."""
        return (self._engine.trouble,) if self._engine.trouble else ()

    def _hear_soon(self, loop: asyncio.AbstractEventLoop, dreamscape: str, answer: Part) -> None:
        """Have an answer of the engine heard on the application's thread; called on the engine's."""
        hear = partial(self._application.shared.pass_answer, dreamscape, answer)
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(self._failures.attempt, "tick", hear, dreamscape)

    def _deliver_soon(self, loop: asyncio.AbstractEventLoop) -> None:
        """Have commits ended on the application's thread; called on the ledger's."""
        with suppress(RuntimeError):  # the loop is closed: there is nothing left to deliver
            loop.call_soon_threadsafe(self._failures.attempt, "ledger", self._ledger.deliver)

    def shutdown(self) -> tuple[Step, ...]:
        """Close in order: sleepers to zero, then API and HTTP, then the link, then the ledger."""
        self._log.info("shutting_down")
        self._manager.stopping("every bed to zero, then the ledger")
        return (
            Step("zero every bed", self._zero, CONFIRM_WITHIN_S + 0.25),
            Step("close gRPC and HTTP", self._close_faces, 3.0),
            Step("leave the broker", self._link.close, 1.0),
            Step("write the ledger", self._write_books, BOOKS_WITHIN_S),
            Step("close the ledger", self._close_ledger, 1.0),
        )

    def _end_by_plan(self) -> None:
        self._planned = True
        self._stop.set()

    async def _zero(self) -> None:
        heir = heir_of(self._ledger) if self._planned else None
        if heir is not None:
            self._log.info("handing_over", to=heir.address)
        self._application.shutdown(SIGNALLED, hands_over=heir is not None)
        while not self._application.settled:  # noqa: ASYNC110 -- the application is synchronous: it is asked
            await asyncio.sleep(LOOK_S)

    async def _close_faces(self) -> None:
        if self._grpc is not None:
            await self._grpc.stop(GRACE_S)
        if self._ways_out is not None:
            await self._ways_out.close_socket(GRACE_S)
        if self._http is not None:
            self._http.close()

    async def _write_books(self) -> None:
        self._application.close_books()
        self._recordings.finish()
        while not (self._application.written and self._recordings.written):  # noqa: ASYNC110 -- threads write
            await asyncio.sleep(LOOK_S)

    async def _close_ledger(self) -> None:
        self._aside.close()
        await asyncio.to_thread(self._engine.close)
        self._application.close(0.0)

    def _open_http(self, guard: Guard | None) -> MetricsServer:
        host, port, site = self._settings.http_host, self._settings.http_port, self._site
        try:
            return MetricsServer(
                *(host, port),
                metrics=self._meters.pages,
                checks=Checks(
                    self._health.wrong_alive,
                    self._health.wrong_ready,
                    lambda: (
                        *(self._grpc.lanes.notes() if self._grpc else ()),
                        *self._joining(),
                        *self._link.notes(),
                    ),
                ),
                names=(*self._settings.http_names, *(site.names() if site is not None else ())),
                reader=scraper_judge(guard),
                files=None if site is None else Files(site.server_certificate, site.server_key),
            )
        except OSError as error:
            raise CannotListen(
                f"the metrics cannot listen on {host}:{port} ({os.strerror(error.errno or 0)}); "
                "end what listens there or choose another port (--http-port)"
            ) from error

    async def _watch_readiness(self) -> None:
        """Announce the first readiness; pass every change to health checkers."""
        assert self._grpc is not None
        assert self._http is not None
        ready, announced = True, False  # serve_grpc begins with SERVING
        while True:
            now = not self._health.wrong_work()
            if now != ready:
                await self._grpc.serving(ready=now)
                ready = now
            if ready and not announced:
                announced = True
                self._log.info("ready", grpc=self._grpc.port, http=self._http.port)
                self._announce(Ready(self._grpc.port, self._http.port, os.getpid()))
                self._manager.ready(self._health.status())
            await asyncio.sleep(LOOK_S)

    async def _tell_status(self) -> None:
        """Send the daemon's status to the service manager, until the shutdown."""
        while not self._application.closing:
            self._manager.status(self._health.status())
            await asyncio.sleep(STATUS_S)
        await asyncio.Event().wait()

    def _say(self, sentence: str) -> None:
        self._log.warning("broker_unreachable", why=sentence)

    def _ages(self, sentence: str) -> None:
        self._log.warning("certificate_ages", why=sentence)

    def _write_down(self, event: Event) -> None:
        """Write an event of the journal to the log."""
        fields = fields_of(event, self._application.registry.tick_of(event.dreamscape))
        self._log.log(level_of(event.kind), named(event.kind), **fields)

    def _bug(self, failure: Failure) -> None:
        """Log a bug that the daemon survives, with its traceback."""
        self._log.error("bug", step=failure.step, dreamscape=failure.of, exc_info=failure.error)

    def _step_failed(self, failed: StepFailed) -> None:
        self._log.error("shutdown_step_failed", step=failed.name, why=repr(failed.error))
