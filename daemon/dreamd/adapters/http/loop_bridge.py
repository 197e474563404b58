"""Calls from HTTP's threads to the application, which lives on one thread, the event loop's.

A call is handed over, run there between two turns of the loop, and its answer returned. A caller waits at
most ANSWERS_WITHIN_S: an application that does not answer by then hangs, and the error reports that. The call
decides what happens after its caller has given up: a sever still runs, however late; a resume is dropped,
because one that takes effect a minute later would be a surprise.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from typing import Final, TypeVar

ANSWERS_WITHIN_S: Final = 2.0

T = TypeVar("T")


class NoAnswerError(Exception):
    """The application's thread is stuck, or has ended."""


class LoopBridge:
    """Runs calls on `loop`, from any other thread."""

    def __init__(self, loop: asyncio.AbstractEventLoop, within_s: float = ANSWERS_WITHIN_S) -> None:
        self._loop = loop
        self._within_s = within_s

    def do(self, act: Callable[[], T], *, even_late: bool = False) -> T:
        """Return the value of `act()`, called on the application's thread.

        Raises:
            NoAnswerError: not in time; with `even_late` it will still be done, else it never is.
            Exception: the error of `act`.
        """
        answer: Future[T] = Future()

        def run() -> None:
            if not answer.set_running_or_notify_cancel():
                return
            try:
                answer.set_result(act())
            except Exception as error:  # noqa: BLE001 -- raised again in the thread that asked
                answer.set_exception(error)

        try:
            self._loop.call_soon_threadsafe(run)
        except RuntimeError as error:  # the loop is closed
            raise NoAnswerError from error
        try:
            return answer.result(self._within_s)
        except TimeoutError as error:
            if answer.done():
                raise  # raised by `act` itself
            if not even_late:
                answer.cancel()
            raise NoAnswerError from error
