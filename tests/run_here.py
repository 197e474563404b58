"""A verb of `dreamd`, run in the test's own process: a program of its own takes most of a second."""

import contextlib
import io
import os
import subprocess
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from dreamd.main import main

_one_at_a_time = threading.Lock()


def run_here(words: Sequence[str], variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run `dreamd` with these words, and these variables in place of those of its own name.

    It runs in a thread of its own, because the caller may be within an event loop.
    """
    out, err = io.StringIO(), io.StringIO()
    with _one_at_a_time:
        kept = dict(os.environ)
        for name in [name for name in kept if name.startswith("DREAMD_")]:
            del os.environ[name]
        os.environ.update(variables)
        try:
            with (
                contextlib.redirect_stdout(out),
                contextlib.redirect_stderr(err),
                ThreadPoolExecutor(1) as apart,
            ):
                status = apart.submit(main, words).result()
        except SystemExit as over:
            status = int(over.code or 0)
        finally:
            os.environ.clear()
            os.environ.update(kept)
    return subprocess.CompletedProcess(words, status, out.getvalue(), err.getvalue())
