"""The guidelines of a festival's house: the shipped revision, with the limits that the scenario sets."""

from collections.abc import Sequence

from dreamd.adapters.documents.canonical import digest
from dreamd.adapters.documents.shipped import shipped_bundle
from dreamd.app.guidelines.revisions import Founding
from dreamd.core.guidelines.bundle import Bundle, make_bundle, make_clause

TEXT = "A limit that this festival sets."


def festival_bundle(limits: Sequence[tuple[str, float | str]]) -> Bundle:
    """Return revision 1 with these limits in the place of the shipped ones.

    Raises:
        BundleError: a limit is not of its key's form, or beyond its bounds.
    """
    shipped, wanted = shipped_bundle(), dict(limits)
    if not wanted:
        return shipped
    clauses = []
    for clause in shipped.clauses:
        key = clause.key.name if clause.key is not None else ""
        if key not in wanted:
            clauses.append(clause)
            continue
        clauses.append(make_clause(clause.document() | {"limit": wanted[key], "text": TEXT}))
    return make_bundle(shipped.revision, clauses, "Guidelines of a festival")


def festival_founding(limits: Sequence[tuple[str, float | str]]) -> Founding:
    """Return the guidelines of a festival's house, in force from its beginning."""
    return Founding(festival_bundle(limits), digest)
