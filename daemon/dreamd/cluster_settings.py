"""Settings of the Ray cluster that joins this house with others in one Dreamscape."""

import re
from dataclasses import dataclass
from typing import Final

from dreamd.core.limits import HOUSES_MAX
from dreamd.setting_values import Key, UnfitError
from dreamwire.topics import is_name

NAMES_MAX: Final = 64
HOUSES_MIN: Final = 2
_ADDRESS: Final = re.compile(r"([0-9A-Za-z.:_-]{1,253}:[0-9]{1,5})?")


@dataclass(frozen=True, kw_only=True)
class ClusterSettings:
    """The cluster's part of the settings. cluster_address: empty where this house shares no Dreamscape."""

    cluster_address: str = ""
    cluster_dreamscapes: tuple[str, ...] = ()
    cluster_houses: int = 16


def _address(given: object) -> str:
    """HOST:PORT of the head of a cluster; empty: none."""
    if not isinstance(given, str) or not _ADDRESS.fullmatch(given):
        raise UnfitError
    return given


def _dreamscapes(given: object) -> tuple[str, ...]:
    """Names, from a list or from a text with commas."""
    parts = given.split(",") if isinstance(given, str) else given
    if not isinstance(parts, list | tuple):
        raise UnfitError
    names = tuple(part.strip() for part in parts if isinstance(part, str) and part.strip())
    if len(names) > NAMES_MAX or not all(is_name(name) for name in names):
        raise UnfitError
    return names


def _houses(given: object) -> int:
    if isinstance(given, bool) or not isinstance(given, int | str):
        raise UnfitError
    houses = int(given)
    if not HOUSES_MIN <= houses <= HOUSES_MAX:
        raise UnfitError
    return houses


def wrong_cluster(settings: ClusterSettings) -> str:
    """Why these settings share no Dreamscape although one half of them asks for it; empty: they are whole."""
    if bool(settings.cluster_address) == bool(settings.cluster_dreamscapes):
        return ""
    return (
        "cluster.address and cluster.dreamscapes go together; name the cluster's head and the Dreamscapes "
        "that this house shares over it, or neither"
    )


CLUSTER_KEYS: Final = (
    Key(
        "cluster.address",
        "",
        _address,
        "HOST:PORT of a Ray cluster of which this machine is a node, or nothing",
        "Ray cluster that joins the houses of one Dreamscape; its token lets a process run code there",
    ),
    Key(
        "cluster.dreamscapes",
        (),
        _dreamscapes,
        f"at most {NAMES_MAX} names of Dreamscapes, separated by commas",
        "Dreamscapes that this house shares with the others of the cluster",
    ),
    Key(
        "cluster.houses",
        16,
        _houses,
        f"a number from {HOUSES_MIN} to {HOUSES_MAX}, the same in every house",
        "how many houses share a Dreamscape at most",
    ),
)
"""Keys of the cluster."""
