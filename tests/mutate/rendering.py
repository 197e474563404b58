"""The rendering of nights: asked of each sleeper, silent below five, and of pieces that were led in it."""

from typing import Final

from mutate.mutation import Mutation

_ROOM, _TESTS = "daemon/dreamd/render", "tests/render/test_render.py"

RENDERING: Final = tuple(
    Mutation(f"render.{name}", broken, path, old, new, (test,))
    for name, broken, path, old, new, test in (
        (
            "performs",
            "a night is rendered although a sleeper did not grant perform",
            f"{_ROOM}/permission.py",
            "    if without:",
            "    if False:",
            _TESTS,
        ),
        (
            "intimate",
            "an intimate night is rendered",
            f"{_ROOM}/permission.py",
            "    if manifest.intimate:",
            "    if False:",
            _TESTS,
        ),
        (
            "unknown",
            "a night of which nothing is known is rendered",
            f"{_ROOM}/permission.py",
            "    if grants is None or grants.unperformed is None:",
            "    if grants is None:",
            _TESTS,
        ),
        (
            "rows",
            "a sleeper that gave no answer is rendered",
            f"{_ROOM}/permission.py",
            "people = grants.people | people_with_rows(recording)",
            "people = grants.people",
            _TESTS,
        ),
        (
            "few",
            "the centre of four sleepers is heard",
            f"{_ROOM}/night.py",
            "(included >= INTIMATE_BELOW)",
            "(included >= 0)",
            _TESTS,
        ),
        (
            "chain",
            "a piece is named that was not led in this night",
            f"{_ROOM}/rendering.py",
            "        if wrong:",
            "        if False:",
            _TESTS,
        ),
        (
            "taken-back",
            "perform that was taken back in the night is forgotten",
            "daemon/dreamd/core/consent/research.py",
            "silent |= set() if answer.performs else {number}",
            "silent = silent - {number} if answer.performs else silent | {number}",
            "tests/core/test_research_grants.py",
        ),
        (
            "answered",
            "each recorded sleeper counts as performing",
            "daemon/dreamd/app/dreamscapes/drivers/recorded_people.py",
            "performs = frozenset(standing.research), Scope.PERFORM in standing.scopes",
            "performs = frozenset(standing.research), True",
            "tests/app/test_recorded_people.py",
        ),
    )
)
