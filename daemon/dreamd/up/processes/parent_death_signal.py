"""Run a program that ends when its parent ends: `python -I -S FILE PARENT_PID PROGRAM [ARGUMENT...]`.

A run of `dreamd up` that is itself killed must leave no broker, daemon or pod behind. Linux signals the death
of its parent to a process that asked for it before; this asks, then becomes the program. It is a program of
its own, and not a hook between fork and exec, because the parent has threads (grpc) by then. Standard library
only, started with -I -S: it costs some ten milliseconds.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Tie this process to its parent, then become the program."""
    parent, program = int(sys.argv[1]), sys.argv[2:]
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:
            sys.exit(1)  # it died before the request was made
    os.execvp(program[0], program)  # noqa: S606 -- no shell is the point


if __name__ == "__main__":
    main()
