"""A public method name means one thing: a reader, and a search, can follow a call."""

from house.method_names import Class, classes, groups, related, shared_names

MOST = 5


def test_a_public_method_name_stands_in_at_most_five_unrelated_classes() -> None:
    """Else no search finds its calls. `python tests/house/method_names.py` lists the classes."""
    shared = {name: len(found) for name, found in shared_names(classes()).items()}
    assert {name: count for name, count in shared.items() if count > MOST} == {}


def _class(name: str, methods: dict[str, tuple[str, ...]], bases: tuple[str, ...] = ()) -> Class:
    return Class(f"daemon/dreamd/{name.lower()}.py", name, bases, methods)


def test_an_implementation_counts_with_its_protocol() -> None:
    """The same methods with the same parameters are one; another parameter makes it another method."""
    port = _class("Port", {"note": ("self", "line"), "flush": ("self",)}, ("Protocol",))
    alike = _class("Alike", {"note": ("self", "line"), "flush": ("self",), "more": ("self",)})
    other = _class("Other", {"note": ("self", "page"), "flush": ("self",)})
    derived = _class("Derived", {"note": ("self", "x")}, ("Other",))
    assert related(alike, port)
    assert not related(other, port)
    found = groups("note", [port, alike, other, derived])
    assert sorted(sorted(one.name for one in group) for group in found) == [
        ["Alike", "Port"],
        ["Derived", "Other"],
    ]
