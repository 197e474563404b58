"""Moratoria: a call acts at once, lapses to the second, and is lost with no ledger."""

from typing import Final

from mutate.mutation import Mutation

_COURSE, _TESTS_COURSE = "daemon/dreamd/core/moratoria/course.py", "tests/core/test_moratoria.py"
_BOOK, _EXECUTION = (
    "daemon/dreamd/app/moratoria/moratorium_book.py",
    "daemon/dreamd/app/dreamscapes/moratorium_execution.py",
)
_TESTS: Final = "tests/app/test_moratoria.py"

MORATORIA: Final = (
    Mutation(
        "moratoria.own-second",
        "a person seconds their own call",
        _COURSE,
        "if event.person == moratorium.by:",
        "if False:",
        (_TESTS_COURSE,),
    ),
    Mutation(
        "moratoria.lapse",
        "a call without a second acts to its end",
        _COURSE,
        "return min(self.ends_s, self.begins_s + UNSECONDED_S)",
        "return self.ends_s",
        (_TESTS_COURSE,),
    ),
    Mutation(
        "moratoria.one-lifts",
        "one person ends what stands",
        _COURSE,
        "return _ended(heard, event, now_s) if other in asked else heard",
        "return _ended(heard, event, now_s)",
        (_TESTS_COURSE,),
    ),
    Mutation(
        "moratoria.admission",
        "a sleeper is admitted while a moratorium acts",
        "daemon/dreamd/core/dreamscapes/admission.py",
        "no = candidate.moratorium",
        "no = None",
        ("tests/core/test_admission.py",),
    ),
    Mutation(
        "moratoria.sever",
        "a moratorium leaves the merged as they are",
        _EXECUTION,
        "whole = [one for one in living if one.state is DreamscapeState.DREAMING and self._covered(one)]",
        "whole = []",
        (_TESTS,),
    ),
    Mutation(
        "moratoria.lost",
        "a moratorium that a ledger has lost is gone",
        _BOOK,
        "if found is None or not found.moratoria_revision > self._newest:",
        "if found is not None or found is None:",
        (_TESTS,),
    ),
    Mutation(
        "moratoria.begin",
        "a moratorium for later severs nobody when it begins",
        _BOOK,
        "elif max(self._passed_s, one.called_s) < one.begins_s <= now_s:",
        "elif one.begins_s > now_s:",
        (_TESTS,),
    ),
    Mutation(
        "moratoria.pod",
        "a pod merges on in a moratorium",
        "edge/dreamedge/core/moratoria.py",
        "one = self.acting(session_ms) if merge.assigned is not None else None",
        "one = None",
        ("tests/edge/test_agent_severing.py",),
    ),
    Mutation(
        "moratoria.declined",
        "a pod takes an assign in a moratorium",
        "edge/dreamedge/core/agent.py",
        '("moratorium", self._moratoria.acting(session_ms) is not None)',
        '("moratorium", False)',
        ("tests/edge/test_agent_severing.py",),
    ),
)
"""The mutations."""
