"""The patches under deploy/stage: silent and leading nothing once live ends."""

from typing import Final

from mutate.mutation import Mutation

_PATCHES: Final = "deploy/stage"

PATCHES: Final = tuple(
    Mutation(f"patch.{name}", broken, f"{_PATCHES}/{file}", old, new, ("tests/stage/test_patches.py",))
    for name, broken, file, old, new in (
        (
            "supercollider-frozen",
            "a stream that has frozen is still live",
            "supercollider/dreamd.scd",
            "var live = moves and:",
            "var live = true and:",
        ),
        (
            "supercollider-severed",
            "a severed Dreamscape is led on",
            "supercollider/breath.scd",
            "if (share > 0 and: { ~dreamdLive })",
            "if (share > 0)",
        ),
        (
            "puredata-frozen",
            "a stream that has frozen is still live",
            "puredata/dreamd.pd",
            "del 1000;",
            "del 100000;",
        ),
        (
            "puredata-gate",
            "a voice sounds on after a sever",
            "puredata/dreamd-voice.pd",
            r"msg 420 85 \$1 50;",
            r"msg 420 85 \$1 5000;",
        ),
        (
            "touchdesigner-severed",
            "a severed Dreamscape is led on",
            "touchdesigner/osc_in_callbacks.py",
            "if share > 0.0 and dreams():",
            "if share > 0.0:",
        ),
    )
)
