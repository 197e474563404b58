"""The acts that a page offers a viewer: those that the viewer's roles may order. Pure.

The daemon judges every order anyway. A button that it would refuse for the role is not shown, so that at
night no hand goes to a way out that is none.
"""

from collections.abc import Iterable
from typing import Final

from dreamapi.v1.access_pb2 import Grant, MethodRule, Principal
from dreamapi.v1.rules_pb2 import Role
from dreamd.core.access.admission import UNBOUND
from dreamd.core.access.principals import EVERYWHERE

BUTTONS: Final = {
    "sever": "SeverDreamscape",
    "resume": "ResumeDreamscape",
    "wake": "WakeDreamscape",
    "release": "ReleasePod",
    "wake-bed": "OrderWake",
    "sever-site": "OrderSever",
    "wake-site": "OrderWake",
    "sever-house": "OrderSever",
    "wake-house": "OrderWake",
}
"""The method of each act on the page, by the id of its button."""
WIDE: Final = frozenset({"sever-site", "wake-site", "sever-house", "wake-house"})
"""Acts on a site or the house; a role that is bound to one bed or one Dreamscape does not reach them."""
_UNBOUND: Final = frozenset(Role.Value(f"ROLE_{role.name}") for role in UNBOUND)


def methods_of(viewer: Principal, rules: Iterable[MethodRule]) -> frozenset[str]:
    """The methods that a principal may call, such as `ReleasePod`."""
    found = set()
    for one in rules:
        method = one.method.rpartition("/")[2]
        is_fit = not one.rule.person or viewer.kind == Principal.KIND_PERSON
        if is_fit and any(_may(grant, one, method) for grant in viewer.grants):
            found.add(method)
    return frozenset(found)


def _may(grant: Grant, rule: MethodRule, method: str) -> bool:
    return grant.role in rule.rule.roles and (grant.role != Role.ROLE_SERVICE or method in grant.methods)


def buttons_of(viewer: Principal, methods: frozenset[str]) -> frozenset[str]:
    """The ids of the buttons that a principal with these methods is offered."""
    is_wide = any(
        grant.role in _UNBOUND or (grant.role == Role.ROLE_SERVICE and EVERYWHERE in grant.sites)
        for grant in viewer.grants
    )
    return frozenset(
        button for button, method in BUTTONS.items() if method in methods and (is_wide or button not in WIDE)
    )
