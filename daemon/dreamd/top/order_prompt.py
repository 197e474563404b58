"""Sever and wake from `dreamd top`: the keys of each order, and its question. Pure.

An order takes three keys: `x` (sever) or `w` (wake), its scope, `y`. Every other key ends the question. The
question names the target of the order, so that one Dreamscape is not taken for the house.
"""

from dataclasses import dataclass
from typing import Final

from dreamd.core.safety.scopes import SeverScope

VERBS: Final = {"x": "sever", "w": "wake"}
SCOPES: Final = {
    "b": SeverScope.POD,
    "d": SeverScope.DREAMSCAPE,
    "i": SeverScope.SITE,
    "f": SeverScope.FLEET,
}


@dataclass(frozen=True, slots=True)
class OrderPrompt:
    """An open question. scope: None until it is chosen."""

    verb: str
    scope: SeverScope | None = None


@dataclass(frozen=True, slots=True)
class Reach:
    """The targets that an order may have from here; empty: none, or not known."""

    pod: str = ""
    dreamscape: str = ""
    site: str = ""

    def target(self, scope: SeverScope) -> str:
        """The target of this scope; the fleet has none."""
        named = {
            SeverScope.POD: self.pod,
            SeverScope.DREAMSCAPE: self.dreamscape,
            SeverScope.SITE: self.site,
        }
        return named.get(scope, "")

    def possible(self, scope: SeverScope) -> bool:
        """Whether this scope has a target to sever."""
        return scope is SeverScope.FLEET or bool(self.target(scope))


NOTHING: Final = Reach()


def called(scope: SeverScope, target: str) -> str:
    """The target of an order, in words."""
    if scope is SeverScope.FLEET:
        return "all beds of this house"
    return f"site {target}" if scope is SeverScope.SITE else target


def pressed(asking: OrderPrompt, key: str, reach: Reach) -> tuple[OrderPrompt | None, OrderPrompt | None]:
    """The question after a key, and the order that results; both None: it was cancelled."""
    if asking.scope is None:
        scope = SCOPES.get(key)
        return (
            OrderPrompt(asking.verb, scope) if scope is not None and reach.possible(scope) else None
        ), None
    return None, asking if key == "y" else None


def question(asking: OrderPrompt, reach: Reach) -> str:
    """The line at the foot of the screen."""
    if asking.scope is not None:
        return f"{asking.verb} {called(asking.scope, reach.target(asking.scope))}? y: yes, any other key: no"
    offers = [
        f"{key} {called(scope, reach.target(scope))}"
        for key, scope in SCOPES.items()
        if reach.possible(scope)
    ]
    return f"{asking.verb}: {'  '.join(offers)}  esc no"
