"""The first revision of a house: `serve --guidelines FILE`."""

from pathlib import Path

import pytest

from dreamd.adapters.documents.canonical import digest
from dreamd.adapters.documents.shipped import bench_text, founding, shipped_bundle, shipped_text
from dreamd.app.durability.commits import Commits
from dreamd.app.events.journal import Journal
from dreamd.app.guidelines.revisions import Revisions
from dreamd.cli.serve import CannotServe
from dreamd.core.guidelines.bundle import Bundle
from dreamd.people_composition import house_controller, house_founding, letters_place
from dreamd.settings import SettingsError, load
from dreamd.simulation.machines.counting_metrics import CountingMetrics
from dreamwire.signing import SigningKey
from fakes.access import FakeClock
from fakes.ledger import MemoryLedger
from fakes.views import NOW_S


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A revision for beds in which no person lies."""
    path = tmp_path / "guidelines.toml"
    path.write_text(bench_text(), encoding="utf-8")
    return path


def in_force(ledger: MemoryLedger) -> Bundle:
    """The revision that a daemon on this ledger holds to."""
    clock = FakeClock()
    commits = Commits(ledger, clock, Journal(NOW_S), CountingMetrics())
    return Revisions(founding(), ledger, commits, clock).in_force.bundle


def test_without_a_file_the_shipped_revision_holds() -> None:
    """No flag writes nothing, and revision 1 as it ships is in force."""
    ledger = MemoryLedger()
    assert house_founding("", ledger, NOW_S, in_site=False).bundle == shipped_bundle()
    assert ledger.guidelines() == ()
    assert in_force(ledger) == shipped_bundle()


def test_a_files_revision_is_in_force_and_stays_so_with_and_without_the_flag(file: Path) -> None:
    """It is written once; a restart with the same file, or without the flag, finds it in force."""
    ledger = MemoryLedger()
    for given in (str(file), str(file), ""):
        house_founding(given, ledger, NOW_S, in_site=False)
        assert in_force(ledger).number("ramp_s") == 10.0
    (kept,) = ledger.guidelines()
    assert kept.digest == digest(kept.bundle.document())


@pytest.mark.parametrize(
    ("text", "in_site", "told"),
    [
        (bench_text(), True, "two people ratify"),
        ("revision = 1", False, "is no revision"),
        (bench_text().replace("limit = 10.0", "limit = 9.0"), False, "no ratification passes"),
    ],
    ids=["site", "no revision", "beyond a bound"],
)
def test_a_site_and_a_file_that_is_no_revision_are_refused(
    file: Path, text: str, in_site: bool, told: str
) -> None:
    """The start ends with a sentence that names the fault; nothing is written."""
    file.write_text(text, encoding="utf-8")
    ledger = MemoryLedger()
    with pytest.raises(CannotServe, match=told):
        house_founding(str(file), ledger, NOW_S, in_site=in_site)
    assert ledger.guidelines() == ()


def test_another_file_than_the_ledgers_revision_is_refused(file: Path) -> None:
    """A house that has a revision takes no other one by a flag."""
    ledger = MemoryLedger()
    house_founding(str(file), ledger, NOW_S, in_site=False)
    file.write_text(shipped_text(), encoding="utf-8")
    with pytest.raises(CannotServe, match="none is that of --guidelines"):
        house_founding(str(file), ledger, NOW_S, in_site=False)
    with pytest.raises(CannotServe, match="is no revision"):
        house_founding(str(file.with_name("none")), ledger, NOW_S, in_site=False)


def test_letters_are_in_the_zone_of_the_house(tmp_path: Path) -> None:
    """The setting's zone; else that of the machine's clock; UTC where the machine names none."""
    link = tmp_path / "localtime"
    assert letters_place("", "", link).zone_name == "UTC"
    link.symlink_to("/usr/share/zoneinfo/America/New_York")
    assert letters_place("", "extension 12", link).zone_name == "America/New_York"
    assert letters_place("", "extension 12", link).contact == "extension 12"
    assert letters_place("Europe/Zurich", "", link).zone_name == "Europe/Zurich"
    link.unlink()
    link.symlink_to("/usr/share/zoneinfo/Moon/Tycho")
    assert letters_place("", "", link).zone_name == "UTC"


def test_receipts_name_the_house_of_the_settings_and_no_password() -> None:
    """Name, address, contact and country are the settings'; the database stands there without its user."""
    flags = {"house_name": "Haus am See", "house_country": "CH", "ledger_url": "postgresql://ada:s3@db/x?a=b"}
    house = house_controller(load({}, flags).settings, SigningKey.from_seed(b"h" * 32))
    assert (house.name, house.jurisdiction, house.address) == ("Haus am See", "CH", "not stated")
    assert house.storage == "db/x"
    with pytest.raises(SettingsError, match=r"house\.country"):
        load({}, {"house_country": "Switzerland"})
