"""The watches over harm and exposure-response through the Exposure service, with and without credentials."""

import json
import random
from collections.abc import Iterator
from math import inf, nan
from pathlib import Path

import grpc.aio
import pytest

import dreamapi
from api.test_access import GRANTS, bearer
from api.test_cli import Shell, shell  # noqa: F401 - a fixture
from api.test_guidelines import Site, site  # noqa: F401 - a fixture
from dreamapi.errors import from_rpc
from dreamapi.v1 import exposure_pb2 as exposure
from dreamapi.v1.exposure_pb2_grpc import ExposureStub
from dreamapi.v1.rules_pb2 import ROLE_ADVOCATE, ROLE_CLINICIAN, ROLE_OPERATOR
from dreamd.core.access.caller import Role
from dreamd.core.access.principals import Grant
from dreamd.core.clinic.kept_case import night_of
from dreamd.core.letters.letter import Place
from dreamd.core.refusals import Code
from dreamd.core.surveillance.e_detector import Evidence
from dreamd.core.surveillance.kinds import HarmKind
from dreamd.core.surveillance.watch import THRESHOLD, Alarm, Watch
from dreamd.ports.ledger.personal import PersonalRow
from dreamd.ports.ledger.surveillance import JudgedNight
from dreamd.ports.ledger.transaction import Transaction
from fakes import surveillance
from fakes.coordination import FakeCoordination
from fakes.views import NOW_S

HarmWatch = exposure.HarmWatch
TONIGHT = night_of(NOW_S, Place().zone)
CLINICIAN, ADVOCATE = GRANTS[Role.CLINICIAN], GRANTS[Role.ADVOCATE]
LIFT = exposure.LiftAlarmRequest(kind=exposure.HARM_KIND_DISTRESS)


def watch_over(application: FakeCoordination, *watches: Watch, past: tuple[JudgedNight, ...] = ()) -> None:
    """Give the house these watches and judged nights."""
    people = application.principals
    people.ledger.write(Transaction(watches=watches, judged_nights=past))
    again = surveillance.commands(people, application.revisions)
    application.surveillance.house = again.house


def alarmed(value: float = 12_345.0) -> Watch:
    """A watch over distress whose alarm stands."""
    alarm = Alarm(NOW_S - 60.0, value, 0.0092)
    return Watch(HarmKind.DISTRESS, TONIGHT - 1, 512, 2, 0.0092, Evidence((value,) * 5), 40, alarm)


async def test_a_new_house_is_blind_and_says_how_far_it_is(api: dreamapi.Api) -> None:
    """Without a declared rate and below 500 sleeper-nights each watch is blind: no value, no rate."""
    told = await api.exposure.surveillance()
    assert [one.kind for one in told.watches] == [1, 2, 3]
    assert {one.state for one in told.watches} == {HarmWatch.STATE_BLIND}
    assert (told.clause, told.clause_rate) == ("G-6.1", 0.005)
    for one in told.watches:
        assert not one.HasField("value")
        assert not one.HasField("rate")
        assert (one.threshold, one.gathered, one.gathered_least) == (THRESHOLD, 0, 500)


async def test_a_watch_tells_value_rate_past_and_its_alarm(
    api: dreamapi.Api, application: FakeCoordination
) -> None:
    """The newest nights asked for, blind ones without a number, an overflow without a value."""
    past = (
        JudgedNight(TONIGHT - 3, "distress", 2, 0, 16, nan, nan),
        JudgedNight(TONIGHT - 2, "distress", 2, 1, 16, 4.5, 0.0092),
        JudgedNight(TONIGHT - 1, "distress", 3, 2, 24, inf, 0.0092),
        JudgedNight(TONIGHT - 1, "identity", 3, 0, 24, nan, nan),
    )
    watch_over(application, alarmed(inf), past=past)
    told = await api.exposure.surveillance(nights=2)
    distress = told.watches[0]
    assert (distress.state, distress.own_rate > 0.0, distress.declared) == (
        HarmWatch.STATE_ALARM,
        True,
        False,
    )
    assert distress.above_clause
    assert not distress.HasField("value")
    assert (distress.alarm.rate, distress.alarm.clinician, distress.alarm.advocate) == (0.0092, "", "")
    assert [(one.dreamscapes, one.harmed, one.sleepers) for one in distress.past] == [(2, 1, 16), (3, 2, 24)]
    assert [one.HasField("value") for one in distress.past] == [True, False]
    assert len((await api.exposure.surveillance()).watches[0].past) == 3
    assert distress.past[1].end_time.ToSeconds() % 86_400 == 43_200, "noon"


async def test_a_wrong_request_names_its_field(api: dreamapi.Api) -> None:
    """Nights below zero, an unknown kind and an unknown role are refused by the field that named them."""
    for ask, field in (
        (api.exposure.surveillance(nights=-1), "nights"),
        (api.exposure.response(nights=-1), "nights"),
        (api.exposure.lift_alarm("pain"), "kind"),
        (api.exposure.lift_alarm("distress", role="operator"), "role"),
    ):
        with pytest.raises(dreamapi.Refused) as caught:
            await ask
        assert caught.value.metadata["field"] == field


async def test_without_a_credential_no_person_lifts_an_alarm(
    api: dreamapi.Api, application: FakeCoordination
) -> None:
    """On loopback no caller is a person that the site knows, so the alarm stands."""
    watch_over(application, alarmed())
    with pytest.raises(dreamapi.PersonNeeded):
        await api.exposure.lift_alarm("distress", role="clinician")
    assert application.surveillance.house.watches[0].alarm is not None


async def lift(site: Site, name: str, *grants: Grant, role: int = 0) -> object:  # noqa: F811
    """The answer to a lifting by this person, or the code of its refusal."""
    token = site.application.principals.known(name, *grants)
    stub = ExposureStub(site.channel)  # type: ignore[no-untyped-call]
    request = exposure.LiftAlarmRequest(kind=LIFT.kind, role=role)  # type: ignore[arg-type]
    try:
        return await stub.LiftAlarm(request, metadata=bearer(token))
    except grpc.aio.AioRpcError as error:
        no = from_rpc(error, "here")
        return no.reason if isinstance(no, dreamapi.Refused) else str(no)


async def test_two_people_in_two_roles_lift_an_alarm(site: Site) -> None:  # noqa: F811
    """A clinician alone lifts nothing and is named; with an advocate it is lifted, with no evidence left."""
    watch_over(site.application, alarmed())
    assert await lift(site, "olga", GRANTS[Role.OPERATOR], role=ROLE_OPERATOR) == Code.ROLE_LACKING.value
    assert await lift(site, "rosa", ADVOCATE, role=ROLE_CLINICIAN) == Code.WRONG_ROLE.value
    half = await lift(site, "lena", CLINICIAN, ADVOCATE, role=ROLE_CLINICIAN)
    assert isinstance(half, HarmWatch)
    assert (half.state, half.alarm.clinician, half.alarm.advocate) == (HarmWatch.STATE_ALARM, "lena", "")
    same = await lift(site, "lena", CLINICIAN, ADVOCATE, role=ROLE_ADVOCATE)
    assert same == Code.SAME_PERSON.value
    done = await lift(site, "rosa", ADVOCATE)
    assert isinstance(done, HarmWatch)
    assert (done.state, done.value, done.HasField("alarm")) == (HarmWatch.STATE_WATCHING, 0.0, False)
    assert await lift(site, "lena", CLINICIAN) == Code.WRONG_STATE.value
    assert site.application.principals.ledger.watches()[0].alarm is None


def mornings(people: int, nights: int, slope: float) -> Iterator[PersonalRow]:
    """Answers of mornings with planned doses drawn by lot; low by a logistic chance."""
    rng = random.Random(18)
    for number in range(people):
        for night in range(nights):
            dose = rng.choice((2.0, 4.0, 8.0, 16.0))
            low = rng.random() < 1.0 / (1.0 + 2.718281828 ** -(slope * dose - 2.5))
            body = {"night": night, "kss": 4, "who5": None, "low": low, "planned_min": dose}
            at_s = NOW_S - (nights - night) * 86_400.0
            yield PersonalRow(f"s-{number}", "morning", at_s, json.dumps(body).encode())


async def test_the_response_is_fitted_from_sealed_mornings_and_refused_where_they_are_few(
    api: dreamapi.Api, application: FakeCoordination
) -> None:
    """19 sleepers tell nothing; 40 tell the planted slope, in bins of five people and more."""
    ledger = application.principals.ledger
    ledger.write(Transaction(personal=tuple(mornings(19, 10, 0.1))))
    with pytest.raises(dreamapi.NotMeasured, match="19 sleepers"):
        await api.exposure.response()
    more = (PersonalRow("s-0", "morning", 1.0, b"torn"), *mornings(40, 10, 0.1))
    ledger.write(Transaction(personal=more))
    told = await api.exposure.response()
    assert (told.sleepers, told.mornings) == (40, 400)
    assert told.slope_low < 0.1 < told.slope_high
    assert told.slope_low > 0.0
    assert sum(one.mornings for one in told.bins) == 400
    assert [(one.from_min, one.to_min) for one in told.bins] == [(2, 2), (4, 4), (8, 8), (16, 16)]
    assert all(
        one.sleepers >= 5 and one.share_low <= one.events / one.mornings <= one.share_high
        for one in told.bins
    )
    assert (await api.exposure.response(nights=5)).mornings == 200


async def test_a_ledger_that_cannot_be_read_refuses_the_response(
    api: dreamapi.Api, application: FakeCoordination
) -> None:
    """The ledger's failure is told, and the next question is asked again."""
    application.principals.ledger.broken = "the disk is gone"
    for _ in range(2):
        with pytest.raises(dreamapi.LedgerUnavailable, match="the disk is gone"):
            await api.exposure.response()


# -- from a shell ----------------------------------------------------------------------------------


async def test_the_shell_shows_the_watches_and_writes_the_plot(
    shell: Shell,  # noqa: F811
    application: FakeCoordination,
    tmp_path: Path,
) -> None:
    """A table with each state, a line for an alarm and for a rate above the clause's, an SVG of mode 644."""
    assert "blind" in (await shell("clinic watch"))[1]
    past = (JudgedNight(TONIGHT - 1, "distress", 3, 2, 24, 12_345.0, 0.0092),)
    watch_over(application, alarmed(), past=past)
    status, out, _ = await shell(f"clinic watch --plot {tmp_path / 'watch.svg'}")
    assert status == 0
    assert "12,345.0" in out
    assert "the alarm of distress and wake stands since" in out
    assert "above the 0.005 of clause G-6.1" in out
    assert (tmp_path / "watch.svg").read_text().startswith("<svg")
    assert (tmp_path / "watch.svg").stat().st_mode & 0o777 == 0o644
    found = json.loads((await shell("clinic watch --json --nights 1"))[1])
    assert found["watches"][0]["state"] == "STATE_ALARM"


async def test_the_shell_shows_the_response_and_refuses_what_cannot_be_done(
    shell: Shell,  # noqa: F811
    application: FakeCoordination,
    tmp_path: Path,
) -> None:
    """Bins and the odds in words; too few mornings, no person and a folder that is not there say why."""
    status, _, err = await shell("clinic response")
    assert (status > 0, "0 sleepers and 0 low check-ins tell no slope" in err) == (True, True)
    application.principals.ledger.write(Transaction(personal=tuple(mornings(40, 10, 0.1))))
    status, out, _ = await shell(f"clinic response --plot {tmp_path / 'dose.svg'}")
    assert (status, "for each 10 merge-minutes more" in out, "16 to 16" in out) == (0, True, True)
    assert (tmp_path / "dose.svg").exists()
    status, _, err = await shell("clinic response --plot /nowhere/dose.svg")
    assert (status > 0, "/nowhere/dose.svg cannot be written" in err) == (True, True)
    status, _, err = await shell("clinic lift-alarm distress")
    assert (status > 0, "an alarm is lifted by people that the site has enrolled" in err) == (True, True)
