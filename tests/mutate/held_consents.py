"""The revisions of consent at the pod, and what a daemon reads of them."""

from typing import Final

from mutate.mutation import Mutation

_HELD, _TESTS_HELD = "edge/dreamedge/core/merging/held_consents.py", "tests/edge/test_held_consents.py"
_GATE = "edge/dreamedge/core/consent_gate.py"
_MARKS, _TESTS_MARKS = "edge/dreamedge/adapters/press_marks.py", "tests/edge/test_press_marks.py"
_DISK, _TESTS_DISK = "edge/dreamedge/adapters/pod_disk.py", "tests/edge/test_pod_disk.py"
_TOLD, _TESTS_TOLD = "daemon/dreamd/app/people/pod_consents.py", "tests/app/test_pod_consents.py"

HELD_CONSENTS: Final = (
    Mutation(
        "consent.lower",
        "a pod obeys a revision below the highest it has seen",
        _HELD,
        "        if revision < held.revision:\n            return LOWER\n",
        "",
        (_TESTS_HELD,),
    ),
    Mutation(
        "consent.withdrawn-again",
        "a pod obeys the revision that was withdrawn there",
        _HELD,
        'return WITHDRAWN if held.withdrawn else ""',
        'return ""',
        (_TESTS_HELD,),
    ),
    Mutation(
        "consent.none",
        "a pod that has seen a revision obeys an assign without one",
        _HELD,
        'return MISSING if self._of else ""',
        'return ""',
        (_TESTS_HELD,),
    ),
    Mutation(
        "consent.bound",
        "the subjects of a pod grow without end",
        _HELD,
        "while len(self._of) > SUBJECTS:",
        "while False:",
        (_TESTS_HELD,),
    ),
    Mutation(
        "consent.forgets-withdrawals",
        "a full map forgets a withdrawal before a yes",
        _HELD,
        "next((old for old in others if not old.withdrawn), others[0])",
        "others[0]",
        (_TESTS_HELD,),
    ),
    Mutation(
        "consent.before-the-disk",
        "an assign is obeyed before its revision is on the disk",
        _GATE,
        "if self._consents.durable or not self._orders.binds(message, session_ms):",
        "if True:",
        (_TESTS_HELD,),
    ),
    Mutation(
        "consent.older-waits",
        "an older assign takes the place of a newer one that waits",
        _GATE,
        "if self._waiting is None or message.counter > self._waiting.counter:",
        "if True:",
        (_TESTS_HELD,),
    ),
    Mutation(
        "consent.failed-disk",
        "a pod with a full disk takes an assign that it has not kept",
        _HELD,
        "if self._unreadable or self._failed:",
        "if self._unreadable:",
        (_TESTS_HELD,),
    ),
    Mutation(
        "consent.unreadable",
        "consents that cannot be read are none",
        _DISK,
        "    except (OSError, ValueError, KeyError, TypeError):\n        return None\n    return held",
        "    except (OSError, ValueError, KeyError, TypeError):\n        return ()\n    return held",
        (_TESTS_DISK,),
    ),
    Mutation(
        "consent.button",
        "the withdrawal at the button leaves the revision in force",
        "edge/dreamedge/core/agent.py",
        "effects += self._consents.mark_withdrawn() if cause == WITHDRAW else []",
        "",
        (_TESTS_HELD,),
    ),
    Mutation(
        "consent.modality",
        "sound is rendered to a sleeper that has granted light",
        "edge/dreamedge/adapters/renderers/granted.py",
        "self._granted = cue.modalities is None or self._modality in cue.modalities",
        "self._granted = True",
        (_TESTS_HELD,),
    ),
    Mutation(
        "consent.no-modality",
        "an empty set of modalities counts as all",
        "proto/dreamwire/codec/daemon.py",
        'if not raw.HasField("modalities"):',
        "if not raw.modalities.ByteSize():",
        ("tests/wire/test_golden.py",),
    ),
    Mutation(
        "press.not-marked",
        "a press is forgotten by a kill before the disk has it",
        _DISK,
        "self._marks.mark(button)",
        "pass",
        (_TESTS_MARKS,),
    ),
    Mutation(
        "press.cleared-early",
        "a mark ends before the files that followed are written",
        _DISK,
        "self._put(_PRESSES, None) if others else self._marks.unmark(presses)",
        "self._marks.unmark(presses)",
        (_TESTS_MARKS,),
    ),
    Mutation(
        "press.clears-all",
        "clearing a press ends one that came since",
        _MARKS,
        "for number in range(max(self._cleared, count - _BYTES), count):",
        "for number in range(_BYTES):",
        (_TESTS_MARKS,),
    ),
    Mutation(
        "consent.pod-holds",
        "a grant stays in force while a pod has seen a newer one",
        "daemon/dreamd/core/consent/course.py",
        "_restored(consent, now_s) if isinstance(event, PodHolds) else (consent, ())",
        "(consent, ())",
        ("tests/core/test_consent.py",),
    ),
    Mutation(
        "consent.lost-withdrawal",
        "a withdrawal that only a pod remembers is lost",
        _TOLD,
        "event.kind is PodEventKind.DECLINED and event.cause == WITHDRAWN",
        "False",
        (_TESTS_TOLD,),
    ),
    Mutation(
        "consent.another-sleeper",
        "a late withdrawal ends the consent of the sleeper that lies there now",
        _TOLD,
        "return self._known(event.consent_subject, in_bed) or in_bed",
        "return in_bed",
        (_TESTS_TOLD,),
    ),
)
