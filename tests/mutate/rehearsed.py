"""The verdict of a rehearsal and the stamps of its evidence: a verdict that passes all proves nothing."""

from typing import Final

from mutate.mutation import Mutation

_BOOKS, _SCENES = "daemon/dreamd/rehearsal/results.py", "daemon/dreamd/rehearsal/scenarios.py"
_TESTS_BOOKS, _TESTS_SCENES = "tests/rehearse/test_results.py", "tests/rehearse/test_scenarios.py"

REHEARSED: Final = (
    Mutation(
        "rehearse.home",
        "a rehearsal passes with a sleeper still coupled",
        _BOOKS,
        "return found and self.account.everyone_home and not self.false_severs",
        "return found and not self.false_severs",
        (f"{_TESTS_BOOKS}::test_it_has_passed_only_with_everyone_found_and_home",),
    ),
    Mutation(
        "rehearse.false",
        "a false sever is never counted",
        _BOOKS,
        "if fall.pod not in self.failing and not fall.of_all and self._counts(fall.cause)",
        "if False",
        (f"{_TESTS_BOOKS}::test_a_healthy_sleeper_severed_for_a_fault_is_false",),
    ),
    Mutation(
        "rehearse.early",
        "a sever before the malfunction began counts as found out",
        _BOOKS,
        "fall.severed.zero_ns >= onset_ns > 0",
        "onset_ns > 0",
        (f"{_TESTS_BOOKS}::test_a_cause_before_the_onset_is_not_found",),
    ),
    Mutation(
        "rehearse.crowd",
        "a crowd is found out although it was never severed",
        _BOOKS,
        "if whole and not self.cue.scene.causes & set(self.dreamscape_causes):",
        "if False:",
        (f"{_TESTS_BOOKS}::test_a_crowd_is_not_found_out_where_the_dreamscape_was_not_severed",),
    ),
    Mutation(
        "rehearse.short",
        "what is too short to be seen is rehearsed, and called undetected",
        _SCENES,
        "if not scene.lasts_least_s <= lasts_s < math.inf:",
        "if False:",
        (f"{_TESTS_SCENES}::test_an_impossible_rehearsal_is_refused_with_the_reason",),
    ),
    Mutation(
        "rehearse.limit",
        "a figure beyond its limit is reported as kept",
        "daemon/dreamd/rehearsal/verdict.py",
        "return Figure(milliseconds(value), label, milliseconds(limit_ms), value <= limit_ms)",
        "return Figure(milliseconds(value), label, milliseconds(limit_ms), True)",
        ("tests/rehearse/test_verdict.py::test_a_limit_that_is_not_kept_is_named_in_the_verdict",),
    ),
    Mutation(
        "rehearse.address",
        "a report that is shown around has the address and password of the broker",
        "daemon/dreamd/rehearsal/origin.py",
        'where = "URL" if "://" in broker else broker',
        "where = broker",
        ("tests/rehearse/test_verdict.py::test_a_report_names_no_host_and_no_address",),
    ),
    Mutation(
        "tether.excluded-evidence",
        "an excluded pod's time to zero is always 0",
        "edge/dreamedge/core/merging/tether.py",
        "decisive = named or self._newest(collective.instant)",
        "decisive = named",
        (
            "tests/edge/test_tether.py::test_a_zero_that_names_no_frame_rests_on_the_newest_its_tick_could_have_seen",
        ),
    ),
    Mutation(
        "rehearsal.act-late",
        "a rehearsal takes a withdrawal that acts late for one that held",
        "daemon/dreamd/rehearsal/consent_acts.py",
        "in_time = self.least_ns <= self.zero_ns <= self.most_ns and",
        "in_time = self.least_ns <= self.zero_ns and",
        ("tests/rehearse/test_consent_acts.py",),
    ),
    Mutation(
        "rehearsal.act-again",
        "a rehearsal takes a sleeper that is coupled again after a withdrawal for one that is out",
        "daemon/dreamd/rehearsal/consent_acts.py",
        "return in_time and all(share <= 0.0 for share in self._shares(self.alone_ns + TICK_NS))",
        "return in_time",
        ("tests/rehearse/test_consent_acts.py",),
    ),
    Mutation(
        "rehearsal.wider-at-once",
        "a rehearsal takes a wider grant that acts before the next assign for one that waited",
        "daemon/dreamd/rehearsal/consent_acts.py",
        "return _narrow(before) and _narrow(waiting) and begins",
        "return _narrow(before) and begins",
        ("tests/rehearse/test_consent_acts.py",),
    ),
)
