"""The channels of recordings: contradicted units, channels that cannot play, and several people."""

from typing import Final

from mutate.mutation import Mutation

_SOUND: Final = "edge/dreamedge/adapters/implants/files/channel_soundness.py"
_UNIT: Final = "edge/dreamedge/core/signal/sampling/unit_judgement.py"
_OWN: Final = "test_units.py"
_PEOPLE: Final = "test_people.py"
_OF_PEOPLE: Final = ("second-person", "two-caps")

UNITS: Final = tuple(
    Mutation(
        f"unit.{name}",
        broken,
        path,
        old,
        new,
        (f"tests/edge/{_PEOPLE if name in _OF_PEOPLE else _OWN}::{test}",),
    )
    for name, broken, path, old, new, test in (
        (
            "contradicted",
            "a recording plays in a unit that its signal contradicts",
            _SOUND,
            "    if not np.isfinite(factors).any():\n",
            "    if False:\n",
            "test_every_reader_refuses_a_contradicted_unit",
        ),
        (
            "noise",
            "noise of an idle input is taken for EEG in another unit",
            _UNIT,
            "    if not (certain or _is_eeg(rms_uv, by_channel, level_uv, tilt)):\n",
            "    if False:\n",
            "test_a_dead_or_noisy_channel_contradicts_no_unit",
        ),
        (
            "live",
            "a live stream is never judged by its first seconds",
            _SOUND,
            "            if self._count >= self._need:\n",
            "            if False:\n",
            "test_a_live_unit_is_judged_by_its_first_seconds",
        ),
        (
            "idle",
            "a constant channel plays and costs its person",
            _SOUND,
            "if place not in idle] or list",
            "if place >= 0] or list",
            "test_a_channel_without_samples_costs_only_itself",
        ),
        (
            "second-person",
            "the second person of a stream is dropped without a word",
            "edge/dreamedge/adapters/implants/people_in_labels.py",
            "    reading = people_in(labels, montage)\n    if reading.readings:\n",
            "    reading = ALONE\n    if reading.readings:\n",
            "test_every_reader_offers_both_people",
        ),
        (
            "two-caps",
            "two caps of 32 contacts are one person",
            "edge/dreamedge/adapters/implants/people_in_labels.py",
            "if len(banks) > each and len(banks) % each == 0 else ALONE",
            "if False else ALONE",
            "test_banks_of_contacts_are_people_by_the_cap",
        ),
    )
)
