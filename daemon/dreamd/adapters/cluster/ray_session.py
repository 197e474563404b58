"""The connection of this process to Ray: where, under which name, and with which protection.

A process that holds a token of a Ray cluster runs code on its machines. So token authentication is always on,
and a cluster without it is refused. Ray is imported by this call and by no import of this module, for it
costs half a second and 50 MB.

On loopback, everything of Ray's listens on loopback alone. Ray replaces 127.0.0.1 by the machine's address
and then listens on all of them, unless the variable LONE says that there is one machine. It is read once,
when Ray is imported.

Ray ends a driver whose cluster is gone. The daemon is therefore no driver: see `ray_engine`.
"""

import os
from typing import Any, Final

HERE: Final = "local"
"""The address of a cluster that is started here, for this process alone."""
NAMESPACE: Final = "dreamd"
AUTH_MODE: Final = "RAY_AUTH_MODE"
LONE: Final = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"
_LOOPBACK: Final = ("127.0.0.1", "localhost")
_STORE_BYTES: Final = 100 << 20

Ray = Any
"""The module `ray`, which is loaded late."""
Actor = Any
"""A handle of Ray's."""


class ClusterError(Exception):
    """The cluster cannot be used; the message names it, its fault and the next step."""


def connect(address: str, *, cpus: int | None = None) -> Ray:
    """Connect this process to Ray, and return the module.

    Args:
        address: HOST:PORT of a cluster whose node runs on this machine, or HERE.
        cpus: processors of a cluster that is started here; None: all.

    Raises:
        ClusterError: it is not installed, not reached, or not protected by a token.
    """
    mode = os.environ.setdefault(AUTH_MODE, "token")
    if mode.lower() != "token":
        raise ClusterError(
            f"{AUTH_MODE} is {mode!r}: anyone could run code here; set it to token, or not at all"
        )
    if address == HERE or address.rpartition(":")[0] in _LOOPBACK:
        os.environ[LONE] = "0"
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray  # noqa: PLC0415 -- where it is asked for alone
    except ImportError as error:
        raise ClusterError("Ray is not installed; pip install 'dreamd[cluster]'") from error
    here: dict[str, Any] = {
        "num_cpus": cpus,
        "include_dashboard": False,
        "object_store_memory": _STORE_BYTES,
    }
    try:
        ray.init(
            address,
            namespace=NAMESPACE,
            log_to_driver=False,
            configure_logging=False,
            **(here if address == HERE else {}),
        )
    except Exception as error:
        why = " ".join(str(error).split())[:300]
        raise ClusterError(
            f"the Ray cluster at {address} cannot be used: {why or type(error).__name__}; "
            "`ray start` on this machine with the cluster's token joins it"
        ) from error
    return ray
