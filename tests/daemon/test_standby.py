"""A standby in one process: what it needs, what it says, and how a daemon that lost its house ends."""

import asyncio
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from dreamd.adapters.keys import KEY_FILE, open_key
from dreamd.adapters.ledger.people_keys.keys_file import KEYS_FILE
from dreamd.adapters.ledger.people_keys.stored_keys import StoredKeys
from dreamd.composition import Daemon
from dreamd.core.fleet.house import HouseLease, Waiting
from dreamd.house_composition import HouseLostError, claim_of, lease_trouble, until_lost
from dreamd.ports.houses import HouseRecord, HouseState
from dreamd.settings import SettingsError, load
from dreamd.standby import lacking, unnamed

URL = "postgresql://dreamd@db/dreamd"


def house(key: str = "", until_s: float = 0.0) -> HouseRecord:
    """A house at the time 100."""
    return HouseRecord("Nachthaus", 7, "", "10.0.0.1:50051", key, HouseState.OWNED, until_s, 100.0)


def test_a_lease_is_over_at_its_end() -> None:
    """A lease that ends now does not live, and one that is no number does not either."""
    assert house(until_s=100.5).living
    assert house(until_s=100.5).left_s == 0.5
    assert not house(until_s=100.0).living
    assert not house(until_s=float("nan")).living


def test_a_standby_without_the_key_of_the_house_says_which_file_it_needs(tmp_path: Path) -> None:
    """No key and another house's key are refused, each with the step; a house without an owner asks none."""
    assert lacking(tmp_path, house()) == ""
    assert "the standby lacks" in lacking(tmp_path, house("ab"))
    assert not (tmp_path / KEY_FILE).exists(), "a look makes no key"
    own = open_key(tmp_path).public.raw.hex()
    assert "is not that of the house Nachthaus" in lacking(tmp_path, house("ab"))
    assert lacking(tmp_path, house(own)) == ""


def test_a_standby_counts_the_sleepers_whose_keys_it_lacks(tmp_path: Path) -> None:
    """A file without a sleeper's key is told with the number; one with every key is not."""
    assert unnamed(tmp_path, set()) == ""
    assert unnamed(tmp_path, {"a", "b"}).startswith("2 sleepers have no key")
    assert not (tmp_path / KEYS_FILE).exists(), "a look makes no file"
    keys = StoredKeys(tmp_path / KEYS_FILE)
    ash = keys.allot("ash")
    keys.write_links()
    keys.close()
    assert unnamed(tmp_path, {ash, "b"}).startswith("1 sleeper has no key")
    assert unnamed(tmp_path, {ash}) == ""


def test_a_standby_needs_a_database_and_a_lease_longer_than_a_term_is_unconfirmed() -> None:
    """A standby on a file and a lease of five seconds are refused; the claim has what the settings say."""
    with pytest.raises(SettingsError, match=r"house\.standby needs a ledger that two machines reach"):
        load({}, {"house_standby": "yes"})
    with pytest.raises(SettingsError, match=r"expected seconds from 5\.5 to 60"):
        load({}, {"house_lease_s": "5"})
    with pytest.raises(SettingsError, match="expected yes or no"):
        load({}, {"house_standby": "perhaps"})
    settings = load({}, {"house_standby": "yes", "ledger_url": URL, "house_name": "Nachthaus"}).settings
    assert settings.house_standby
    claim = claim_of(settings, b"\xab")
    assert (claim.house, claim.address, claim.key) == ("Nachthaus", "127.0.0.1:50051", "ab")
    assert claim.lease_s == settings.house_lease_s == 6.0


async def test_a_daemon_that_lost_its_house_ends_with_the_next_step() -> None:
    """A lapsed lease is a trouble that passes; a house of another daemon's ends this one."""
    ledger = SimpleNamespace(owned=True, lost=False)
    assert lease_trouble(ledger) == ""
    ledger.owned = False
    assert "has run out" in lease_trouble(ledger)
    task = asyncio.create_task(until_lost(ledger))
    await asyncio.sleep(0)
    assert not task.done()
    ledger.lost = True
    with pytest.raises(HouseLostError, match="start it again as a standby"):
        await task


HEIR = Waiting("10.0.0.3:50051")
WAITED_FOR = HouseLease("Nachthaus", "10.0.0.1:50051", 7, 4.0, (Waiting("10.0.0.2:50051", "a key"), HEIR))


@pytest.mark.parametrize(
    ("planned", "owned", "house", "hands_over"),
    [
        (True, True, WAITED_FOR, True),
        (False, True, WAITED_FOR, False),
        (True, False, WAITED_FOR, False),
        (True, True, replace(WAITED_FOR, standbys=(Waiting("10.0.0.2:50051", "a key"),)), False),
        (True, True, None, False),
    ],
    ids=["by plan", "by a failure", "without its lease", "to a standby that lacks a key", "of a file"],
)
async def test_a_planned_end_alone_hands_the_house_over(
    planned: bool, owned: bool, house: HouseLease | None, hands_over: bool
) -> None:
    """A daemon that ends by a failure, without its lease, or without an heir, releases its pods instead."""
    asked: list[bool] = []
    ending = SimpleNamespace(
        _planned=planned,
        _ledger=SimpleNamespace(owned=owned, house=house),
        _log=SimpleNamespace(info=lambda _event, **fields: asked.append(fields["to"] == HEIR.address)),
        _application=SimpleNamespace(
            shutdown=lambda _caller, *, hands_over: asked.append(hands_over), settled=True
        ),
    )
    await Daemon._zero(ending)  # type: ignore[arg-type] -- what it reads of a daemon
    assert asked == ([True, True] if hands_over else [False])
