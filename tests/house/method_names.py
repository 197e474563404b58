"""Public method names, and the unrelated classes that share them; run as a program it lists them.

Rules
- A public method of a public class counts; `close`, dunders and properties do not.
- Classes are related, and count once, if one derives from the other, if one implements the other (a Protocol:
  it has each of its methods, with the same parameters), or if one is the client of the other's API subject.
"""

import ast
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("daemon/dreamd", "edge/dreamedge", "proto/dreamwire", "proto/dreamapi")
CLIENTS = ("Breakers", "Dreamscapes", "Houses", "Pods", "Severs", "WakeOrders")
"""Classes of proto/dreamapi; each serves the Protocol of its name with Api, which it mirrors verb by verb."""


@dataclass(frozen=True)
class Class:
    """One class. methods: parameter names by public method."""

    place: str
    name: str
    bases: tuple[str, ...]
    methods: dict[str, tuple[str, ...]]

    @property
    def is_protocol(self) -> bool:
        """Whether it is a Protocol, or looks like one."""
        return "Protocol" in self.bases

    def implements(self, other: "Class") -> bool:
        """Whether it has every method of that Protocol, with the same parameters."""
        meets = self.place.split("/")[1] == other.place.split("/")[1] or "/simulation/" in self.place
        return other.is_protocol and meets and other.methods.items() <= self.methods.items()

    def serves(self, other: "Class") -> bool:
        """Whether it is the client of that API subject."""
        subject = f"{self.name.removesuffix('s')}sApi" if self.name != "Houses" else "HouseApi"
        return "/dreamapi/" in self.place and self.name in CLIENTS and other.name == subject


def _is_property(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any(isinstance(one, ast.Name) and one.id == "property" for one in function.decorator_list)


def _parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> tuple[str, ...]:
    given = function.args
    return tuple(one.arg.lstrip("_") for one in (*given.posonlyargs, *given.args, *given.kwonlyargs))


def classes(root: Path = ROOT) -> list[Class]:
    """Every public class of the product."""
    found = []
    for room in ROOMS:
        for file in sorted((root / room).rglob("*.py")):
            if "_pb2" in file.name:
                continue
            place, nodes = str(file.relative_to(root)), ast.walk(ast.parse(file.read_text()))
            public = (n for n in nodes if isinstance(n, ast.ClassDef) and not n.name.startswith("_"))
            found += [_read(node, place) for node in public]
    return found


def _read(node: ast.ClassDef, place: str) -> Class:
    bases = (base.value if isinstance(base, ast.Subscript) else base for base in node.bases)
    methods = {
        one.name: _parameters(one)
        for one in node.body
        if isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef)
        and not one.name.startswith("_")
        and one.name != "close"
        and not _is_property(one)
    }
    return Class(place, node.name, tuple(ast.unparse(base) for base in bases), methods)


def related(one: Class, other: Class) -> bool:
    """Whether the first derives from, implements or serves the second."""
    return other.name in one.bases or one.implements(other) or one.serves(other)


def groups(name: str, known: list[Class]) -> list[list[Class]]:
    """The classes with this method, those that are related together."""
    holders = [one for one in known if name in one.methods]
    joined = {id(one): [one] for one in holders}
    for one in holders:
        for other in holders:
            if one is not other and joined[id(one)] is not joined[id(other)] and related(one, other):
                together = joined[id(one)] + joined[id(other)]
                joined.update((id(member), together) for member in together)
    return list({id(group): group for group in joined.values()}.values())


def shared_names(known: list[Class]) -> dict[str, list[list[Class]]]:
    """The groups by method name, the most shared first."""
    names: dict[str, int] = defaultdict(int)
    for one in known:
        for name in one.methods:
            names[name] += 1
    found = {name: groups(name, known) for name, count in names.items() if count > 1}
    return dict(sorted(found.items(), key=lambda item: -len(item[1])))


if __name__ == "__main__":
    for method, sharing in shared_names(classes()).items():
        if len(sharing) > 4:
            print(len(sharing), method)
            for group in sharing:
                print("   ", "; ".join(f"{one.place}:{one.name}" for one in group))
