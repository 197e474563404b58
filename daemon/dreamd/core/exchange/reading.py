"""A book read from its published document: exactly the members that it has, and nothing else."""

from dreamd.core.exchange.book import Ask, Book, BookError, Offer, Terms, checked
from dreamd.core.exchange.classes import AskClass


def read_book(document: object) -> Book:
    """Return the book of a document as `Book.document` makes it.

    Raises:
        BookError: a member is missing, unknown or wrong; the path names it.
    """
    whole = members(document, "book", ("round", "terms", "offers", "asks"))
    return checked(
        text(whole["round"], "round"),
        Terms(**members(whole["terms"], "terms", Terms.__slots__)),  # type: ignore[arg-type]  # checked there
        [_offer(one, f"offers[{n}]") for n, one in enumerate(listed(whole["offers"], "offers"))],
        [_ask(one, f"asks[{n}]") for n, one in enumerate(listed(whole["asks"], "asks"))],
    )


def _offer(document: object, at: str) -> Offer:
    found = members(document, at, Offer.__slots__)
    features = tuple(text(one, f"{at}.features") for one in listed(found["features"], f"{at}.features"))
    ids = {name: text(found[name], f"{at}.{name}") for name in ("id", "site", "night")}
    numbers = {name: found[name] for name in ("count", "price_cents")}
    return Offer(**ids, **numbers, features=features)  # type: ignore[arg-type]  # numbers are checked with the book


def _ask(document: object, at: str) -> Ask:
    found = members(document, at, ("id", "class", "offers"))
    offers = tuple(text(one, f"{at}.offers") for one in listed(found["offers"], f"{at}.offers"))
    name = text(found["class"], f"{at}.class")
    classes = {one.value: one for one in AskClass}
    if name not in classes:
        raise BookError(f"{at}.class", name, f"one of {', '.join(classes)}")
    return Ask(text(found["id"], f"{at}.id"), classes[name], offers)


def members(document: object, at: str, names: tuple[str, ...]) -> dict[str, object]:
    """Return the members of an object that has exactly these.

    Raises:
        BookError: it is no object, or a member is missing or unknown.
    """
    if not isinstance(document, dict):
        raise BookError(at, document, "an object")
    for name in document:
        if name not in names:
            raise BookError(f"{at}.{name}", document[name], f"no such member; it has {', '.join(names)}")
    for name in names:
        if name not in document:
            raise BookError(f"{at}.{name}", None, "a value; the member is missing")
    return document


def listed(value: object, at: str) -> list[object]:
    """Return a list.

    Raises:
        BookError: it is none.
    """
    if not isinstance(value, list):
        raise BookError(at, value, "a list")
    return value


def text(value: object, at: str) -> str:
    """Return a text.

    Raises:
        BookError: it is none.
    """
    if not isinstance(value, str):
        raise BookError(at, value, "a text")
    return value
