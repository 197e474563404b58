"""The Letters and Exposure services, through the Python client and the shell."""

import csv
import io
import json
from pathlib import Path

import grpc.aio
import pytest

import dreamapi
from api.test_cli import Shell, shell  # noqa: F401 - a fixture
from dreamapi.v1.consents_pb2 import ConsentGrant
from dreamapi.v1.letters_pb2 import GetLetterRequest
from dreamapi.v1.letters_pb2_grpc import LettersStub
from dreamd.core.letters.night import Night, Span, WindowDose
from fakes.coordination import FakeCoordination
from fakes.views import NOW_S

LINE = "me consent grant merge --modality sound --ceiling 0.1 --adult --sleeper ada"


async def test_letters_are_read_newest_first_and_by_night(
    api: dreamapi.Api, application: FakeCoordination
) -> None:
    """The newest letter, one by its night, all of them; each with text, page, zone and facts."""
    nights = [application.nights.slept("ada", ago) for ago in (3, 2, 1)]
    newest = await api.letters.letter_of("ada")
    assert newest.name == f"sleepers/ada/letters/{nights[2].id}"
    assert newest.begin_time.ToNanoseconds() / 1e9 == pytest.approx(nights[2].begin_s)
    assert newest.text.startswith(b"Your night, ")
    assert newest.html.startswith(b"<!doctype html>")
    assert (newest.language, newest.zone) == ("en", "Europe/Zurich")
    assert json.loads(newest.facts)["lived_min"] == 7.4
    assert (await api.letters.letter_of("sleepers/ada", nights[0].id)).name.endswith(nights[0].id)
    assert [one.name for one in await api.letters.letters_of("ada")] == [
        f"sleepers/ada/letters/{night.id}" for night in reversed(nights)
    ]


async def test_a_night_without_a_letter_is_refused(api: dreamapi.Api, application: FakeCoordination) -> None:
    """No letter yet, another night, and another sleeper's night are LETTER_UNKNOWN."""
    night = application.nights.slept("ada")
    for sleeper, name in (("ben", "-"), ("ada", "20000101T000000Z"), ("ben", night.id)):
        with pytest.raises(dreamapi.LetterUnknown):
            await api.letters.letter_of(sleeper, name)
    assert await api.letters.letters_of("ben") == []


@pytest.mark.parametrize(
    "name",
    ["", "sleepers/ada", "sleepers/ada/letters", "sleepers/ada/letters/today", "sleepers//letters/-", "-"],
)
async def test_a_wrong_name_of_a_letter_is_refused(name: str, channel: grpc.aio.Channel) -> None:
    """A name of another form is an invalid argument."""
    stub = LettersStub(channel)  # type: ignore[no-untyped-call]
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.GetLetter(GetLetterRequest(name=name))
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_dose_tells_both_windows(api: dreamapi.Api, application: FakeCoordination) -> None:
    """Used, limit, left and the return below 80 %; a limit that is not there is absent, not a number."""
    dose = await api.exposure.dose_of("ada")
    assert (dose.day.used_min, dose.day.limit_min) == (7.4, 60.0)
    assert (dose.week.used_min, dose.week.limit_min) == (31.0, 240.0)
    assert (dose.left_min, dose.admitted) == (pytest.approx(52.6), True)
    assert not dose.day.HasField("below_time")
    application.nights.day = WindowDose(50.0, 60.0, NOW_S + 600.0)
    dose = await api.exposure.dose_of("ada")
    assert (dose.admitted, dose.day.below_time.ToNanoseconds() / 1e9) == (False, pytest.approx(NOW_S + 600))
    application.nights.day = WindowDose(50.0)
    application.nights.week = WindowDose(50.0)
    dose = await api.exposure.dose_of("ada")
    assert not dose.day.HasField("limit_min")
    assert not dose.HasField("left_min")


async def test_nights_have_planned_and_lived_dose(api: dreamapi.Api, application: FakeCoordination) -> None:
    """The night that goes on comes first and has no end; a dose that is not known is absent."""
    past = application.nights.slept("ada")
    application.nights.running["ada"] = Night("bed-1", NOW_S - 60.0, NOW_S, lived_min=0.5)
    present, before = await api.exposure.nights_of("ada")
    assert (present.HasField("end_time"), present.HasField("planned_min"), present.lived_min) == (
        *(False, False),
        0.5,
    )
    assert (before.name, before.planned_min, before.lived_min) == (
        f"sleepers/ada/nights/{past.id}",
        60.0,
        7.4,
    )


async def test_a_ledger_that_cannot_be_read_is_said(api: dreamapi.Api, application: FakeCoordination) -> None:
    """A letter that cannot be read now is LEDGER_UNAVAILABLE, not unknown."""
    application.nights.ledger.broken = "the disk is gone"
    with pytest.raises(dreamapi.LedgerUnavailable):
        await api.letters.letter_of("ada")
    with pytest.raises(dreamapi.LedgerUnavailable):
        await api.exposure.nights_of("ada")


# -- from a shell ----------------------------------------------------------------------------------


async def test_the_shell_prints_letters_and_doses(
    shell: Shell,  # noqa: F811 - the fixture
    application: FakeCoordination,
    tmp_path: Path,
) -> None:
    """The letter as text, as a page of its own for the printer, as JSON; doses and nights in words."""
    night = application.nights.slept("ada")
    status, out, _ = await shell("me letter --sleeper ada")
    assert (status, out.splitlines()[0][:11]) == (0, "Your night,")
    assert "\\xa0" not in out
    page = tmp_path / "letter.html"
    assert (await shell(f"me letter {night.id} --html {page} --sleeper ada"))[0] == 0
    assert page.read_text().startswith("<!doctype html>")
    assert page.stat().st_mode & 0o777 == 0o600
    assert json.loads((await shell("me letter --json --sleeper ada"))[1])["zone"] == "Europe/Zurich"
    dose = (await shell("me dose --sleeper ada"))[1].splitlines()
    assert dose[0] == "dose: 7.4 of 60 merge-minutes in 24 hours, 31.0 of 240 in 7 days"
    assert dose[1] == "left: 52.6 merge-minutes"
    assert (await shell("dose ada"))[1].splitlines() == dose
    assert (await shell("me nights --sleeper ada"))[1].splitlines()[1].split()[0] == night.id
    assert (await shell("me nights --sleeper ben"))[1] == "no night yet: one begins with a check-in\n"
    status, _, err = await shell("me letter --sleeper ben")
    assert (status, "there is no letter yet" in err) == (1, True)
    status, _, err = await shell(f"me letter --html {tmp_path}/nowhere/letter.html --sleeper ada")
    assert (status, "cannot be written" in err) == (2, True)


async def test_the_status_names_the_next_step(
    shell: Shell,  # noqa: F811 - the fixture
    application: FakeCoordination,
) -> None:
    """Consent, dose, bed, and the first thing that keeps the sleeper from a merge."""
    lines = (await shell("me status --sleeper ada"))[1].splitlines()
    assert lines[0] == "consent: nothing is granted"
    assert lines[-1] == "next: grant, if you want to merge: dreamd me consent grant SCOPE ..."
    await shell(LINE)
    lines = (await shell("me status --sleeper ada"))[1].splitlines()
    assert lines[0].startswith("consent: given: merge until ")
    assert lines[-2:] == ["bed: none", "next: go to bed: the staff checks you in"]
    application.nights.day = WindowDose(50.0, 60.0, NOW_S + 600.0)
    assert (await shell("me status --sleeper ada"))[1].splitlines()[-1].startswith("next: sleep alone until")
    told = json.loads((await shell("me status --json --sleeper ada"))[1])
    assert (told["dose"]["admitted"], told["pod"]) == (False, None)


async def test_an_export_read_again_gives_what_the_ledger_has(
    shell: Shell,  # noqa: F811 - the fixture
    application: FakeCoordination,
    tmp_path: Path,
) -> None:
    """Every file of an export agrees with what is kept: grants, receipts, nights, letters, doses."""
    nights = [application.nights.slept("ada", ago) for ago in (2, 1)]
    application.nights.slept("ben", bed="bed-9")
    await shell(LINE)
    target = tmp_path / "mine"
    status, out, err = await shell(f"me export {target} --sleeper ada")
    assert (status, err) == (0, "")
    assert (
        out == f"{target}: {sum(path.is_file() for path in target.rglob('*'))} files; begin with README.txt\n"
    )
    assert all(path.stat().st_mode & 0o077 == 0 for path in (target, *target.rglob("*")))
    kept = application.consents.book.consent("ada").grant
    (grant,) = json.loads((target / "grants.json").read_text())
    assert kept is not None
    assert (int(grant["revision"]), grant["ceiling"]) == (kept.revision, kept.ceiling)
    assert [ConsentGrant.Scope.Value(one) for one in grant["scopes"]] == [ConsentGrant.SCOPE_MERGE]
    receipt = json.loads((target / "receipts/consent-1.json").read_text())
    assert json.loads((target / "fhir/consent-1.json").read_text())["resourceType"] == "Consent"
    assert "receipt" in receipt or "signature" in receipt
    rows = list(csv.DictReader(io.StringIO((target / "nights.csv").read_text())))
    assert [(row["night"], float(row["lived_min"]), float(row["planned_min"])) for row in rows] == [
        (night.id, night.lived_min, night.planned_min) for night in reversed(nights)
    ]
    merges = list(csv.DictReader(io.StringIO((target / "merges.csv").read_text())))
    assert len(merges) == 2
    for night in nights:
        told = json.loads((target / f"nights/{night.id}.json").read_text())
        assert (told["begin_s"], told["end_s"]) == (night.begin_s, night.end_s)
        assert tuple(Span(**one) for one in told["spans"]) == night.spans
        assert (target / f"letters/{night.id}.html").read_text().startswith("<!doctype html>")
    readme = (target / "README.txt").read_text()
    assert readme.count("dreamedge cut DIR --pod bed-1 --from ") == 2
    assert not any("bed-9" in path.read_text() for path in target.rglob("*") if path.is_file())
    assert json.loads((target / "dose.json").read_text())["day"]["used_min"] == 7.4
    status, _, err = await shell(f"me export {target} --sleeper ada")
    assert (status, "is not empty; name a new directory" in err) == (2, True)
