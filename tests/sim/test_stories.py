"""Nights from fixed seeds, each with its own faults; and those that found a fault of the product.

`dreamd simulate --seed K` runs one of them again. `make soak` runs two hundred, and the nights in which the
checker or the model was wrong; `make sim` fresh ones until it is stopped.
"""

import argparse
import json
import multiprocessing
import os
import re
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from depth import LONG
from dreamd.cli import simulate
from dreamd.main import main
from dreamd.simulation.checks.violations import Violation
from dreamd.simulation.faults.every_kind import EVERY
from dreamd.simulation.machines.network import NetworkConditions
from dreamd.simulation.scenario import FinalCheck, NightAccount, _well_again, run_scenario
from dreamd.simulation.world import World

CALM = (29, 77, 80, 91, 179)
"""Nights without a fault."""
SEEDS = tuple(range(200)) if LONG else (5, 35, 65, 101, 111, 141, 1835, *CALM)
SHORT_S, WHOLE_S = 45.0, 115.0
"""Three of four nights end while faults go on; one of four must be well again."""
SLOW_S = 600.0 if LONG else 16.0
REGRESSIONS = Path(__file__).with_name("regressions.txt")
OF_THE_PRODUCT = "# of the product"
"""The regressions below this line are in every run; above it are faults of the checker or the model."""


def pods_of(seed: int) -> int:
    """Four to seven pods, for different quorums."""
    return 4 + seed // 4 % 4


def stories() -> list[tuple[int, int, float]]:
    """(seed, pods, seconds) of every night: the fixed ones, then the regressions."""
    text = REGRESSIONS.read_text()
    text = text if LONG else text.partition(OF_THE_PRODUCT)[2].partition("\n")[2]
    lines = [line.split("#")[0].split() for line in text.splitlines()]
    known = [(int(seed), int(pods), float(seconds)) for seed, pods, seconds in filter(None, lines)]
    fixed = [(seed, pods_of(seed), SHORT_S if seed % 4 else WHOLE_S) for seed in SEEDS]
    return list(dict.fromkeys([*fixed, *known]))


@pytest.fixture(scope="module")
def told() -> list[NightAccount]:
    """All nights: many on all cores, few in this process, because another one takes as long to import."""
    if not LONG:
        return [_run_one(story) for story in stories()]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), mp_context=context) as pool:
        return list(pool.map(_run_one, stories(), chunksize=4))


def _run_one(story: tuple[int, int, float]) -> NightAccount:
    return run_scenario(*story)


def test_no_story_holds_what_must_not_be(told: list[NightAccount]) -> None:
    """In all seeds and regressions no invariant is violated; each is one command to replay."""
    broken = [
        f"dreamd simulate --seed {a.seed} --pods {a.pods} --seconds {a.seconds:g}  # {a.violations[0]}"
        for a in told
        if a.violations
    ]
    assert not broken, "\n".join(broken)


def test_the_stories_hold_every_fault_and_many_causes(told: list[NightAccount]) -> None:
    """The seeds include every kind of fault and many causes of severs."""
    faults = sum((Counter(account.faults) for account in told), Counter[str]())
    severs = sum((Counter(account.severs) for account in told), Counter[str]())
    assert set(faults) == set(EVERY)
    assert set(severs) >= {"daemon", "lease", "stalled", "railed", "nonfinite", "silence", "release", "wake"}
    assert sum(not account.faults for account in told) >= 5, "calm nights are among them"


def test_one_seed_is_one_story() -> None:
    """Run twice, a seed gives the same night in every line of every journal."""
    lines: list[list[str]] = [[], []]
    accounts = [run_scenario(7, 5, 60.0, said.append) for said in lines]
    assert accounts[0] == accounts[1]
    assert lines[0] == lines[1] != []


def test_a_hundred_healthy_pods_on_slow_links_are_never_severed() -> None:
    """100 pods at 100 to 300 ms each way are never severed (16 s here, ten minutes by `make soak`)."""
    world = World(3, 100, NetworkConditions(delay_s=(0.05, 0.15)))
    assert world.gather() == ""
    world.run(SLOW_S)
    assert not world.checker.severs
    assert not world.checker.violations
    assert min(pod.share() for pod in world.pods) > 0.14


def test_the_account_is_json_and_says_by_its_status_what_it_found(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`dreamd simulate --json` prints one object with the promised names; status 0 without violations."""
    status = main(["simulate", "--seed", "3", "--pods", "4", "--seconds", "30", "--json"])
    account = json.loads(capsys.readouterr().out)
    assert {"seed", "pods", "seconds", "faults", "severs", "violations"} <= set(account)
    assert (account["seed"], account["pods"], account["violations"], status) == (3, 4, [], 0)


def test_a_night_without_violations_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """The line has beds, length, faults and checks; -v adds the faults and severs by kind; status 0."""
    asked = ["simulate", "--seed", "3", "--pods", "4", "--seconds", "30"]
    assert main(asked) == 0
    line = capsys.readouterr().out
    night = (
        r"a simulated night of 4 pods, 30 s, with (no faults|\d+ faults?); all [\d,]+ safety checks held\n"
    )
    assert re.fullmatch(night, line)
    assert main([*asked, "-v"]) == 0
    first, *more = capsys.readouterr().out.splitlines()
    assert first == line.rstrip()
    assert [words.split()[0] for words in more] == ["seed", "faults", "severs"]


def test_a_violation_is_printed_with_the_command_that_replays_it() -> None:
    """The first line counts violations, each follows with its rule and pod, and the last is the command."""
    violation = Violation(31.5, "tether", "bed-1", "renders 0.15 without a lease")
    account = NightAccount(7, 4, 40.0, {"cut": 1}, {}, (violation,), 1_234)
    night = argparse.Namespace(verbose=False, network=True, held_back=0.0)
    first, broken, replay = simulate._report(account, night)
    assert first == (
        "a simulated night of 4 pods, 40 s, with 1 fault; a safety rule was broken once (1,234 safety checks)"
    )
    assert broken == f"VIOLATION {violation}"
    assert replay == "replay it: dreamd simulate --seed 7 --pods 4 --seconds 40 --network --trace"


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        (["--pods", "2"], "--pods is 2, expected 3 to 500"),
        (["--seconds", "nan"], "--seconds is nan, expected 20 to 86400"),
        (["--held-back", "61"], "--held-back is 61, expected 0 to 60"),
        (["--anchored", "--pods", "3"], "--anchored leaves 2 --pods for the group, expected 3 or more"),
        (["--seeds", "0"], "--seeds is 0, expected 1 or more"),
        (["--seeds", "3", "--trace"], "--trace follows one seed, not many"),
    ],
)
def test_a_flag_out_of_range_is_refused_in_a_sentence(
    flags: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A flag out of range is one sentence with the expected values, and status 2."""
    assert main(["simulate", *flags]) == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize(
    ("latched", "merged", "found"), [("", False, True), ("distress", False, False), ("", True, False)]
)
def test_a_pod_that_stays_alone_without_a_reason_is_found(latched: str, merged: bool, found: bool) -> None:
    """A pod that stays alone without a reason is found.

    A pod that has just recovered is not, nor one that dreamt before and has just lapsed.
    """
    world = World(1, 5)
    assert world.gather() == ""
    world.run(6.0)
    pod, final = world.pods[0], FinalCheck()
    assert pod.share() > 0.0
    pod.device.share_at = lambda _now_ns: float(merged)  # type: ignore[method-assign]
    pod.disk.latched = latched
    final.look(world)
    pod.disk.latched = ""
    pod.device.share_at = lambda _now_ns: 0.0  # type: ignore[method-assign]
    _well_again(world, final)
    told = [(violation.rule, violation.subject) for violation in world.checker.violations]
    assert told == ([("well-again", pod.name)] if found else [])
