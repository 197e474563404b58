"""The Clinic service, through the Python client and the shell."""

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path

import grpc.aio
import pytest

import dreamapi
from api.test_cli import Shell, shell  # noqa: F401 - a fixture
from dreamapi.v1 import clinic_pb2 as clinic
from dreamapi.v1.clinic_pb2_grpc import ClinicStub
from dreamd.core.clinic.kept_case import CaseSitting, MorningTaken
from dreamd.core.clinic.levels import Level
from dreamd.core.clinic.restoration import PullRecord
from dreamd.core.refusals import Code, Refusal
from fakes.coordination import FakeCoordination
from fakes.views import NOW_S

Case = clinic.Case


@pytest.fixture
def ward(application: FakeCoordination) -> FakeCoordination:
    """Three cases: a note, one for today, one for now, opened in this order."""
    for name, sleeper, level in (
        ("c1", "ada", Level.NOTE),
        ("c2", "ben", Level.TODAY),
        ("c3", "cy", Level.NOW),
    ):
        application.clinic.opens(name, sleeper, level)
    return application


@pytest.mark.usefixtures("ward")
async def test_cases_are_listed_in_level_order_by_state_site_and_level(api: dreamapi.Api) -> None:
    """The gravest comes first; lists carry no evidence; a filter leaves the others out."""
    found = await api.clinic.list_cases()
    assert [(one.name, one.level, one.held) for one in found] == [
        ("cases/c3", 1, True),
        ("cases/c2", 2, True),
        ("cases/c1", 4, False),
    ]
    assert found[0].due_time.ToNanoseconds() / 1e9 == pytest.approx(NOW_S + 120.0 + 15 * 60.0)
    assert not found[0].evidence
    assert [one.name for one in await api.clinic.list_cases(level=2)] == ["cases/c2"]
    assert await api.clinic.list_cases(["closed"]) == await api.clinic.list_cases(site="south") == []
    with pytest.raises(dreamapi.InvalidArgument):
        await api.clinic.list_cases(["gone"])


@pytest.mark.usefixtures("ward")
async def test_pages_go_on_where_the_last_one_ended(channel: grpc.aio.Channel) -> None:
    """Pages of one case give every case once, in order; a token of no page is refused."""
    stub, token, found = ClinicStub(channel), "", []  # type: ignore[no-untyped-call]
    while True:
        page = await stub.ListCases(clinic.ListCasesRequest(page_size=1, page_token=token))
        found += [one.name for one in page.cases]
        token = page.next_page_token
        if not token:
            break
    assert found == ["cases/c3", "cases/c2", "cases/c1"]
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.ListCases(clinic.ListCasesRequest(page_token="none"))
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_a_case_is_decided_step_by_step(api: dreamapi.Api, ward: FakeCoordination) -> None:
    """Triage, note, plan and release come back in the case; a step that is not over is refused."""
    answered = await api.clinic.triage("c2", 3, related=True, expected=False)
    assert (answered.level, answered.state, answered.related) == (3, Case.STATE_HELD, True)
    assert answered.HasField("expected")
    assert (await api.clinic.add_note("cases/c2", "rang at seven")).notes[0].text == "rang at seven"
    returning = await api.clinic.plan_return("c2")
    assert (returning.state, returning.step, returning.share) == (Case.STATE_RETURNING, 1, 0.25)
    with pytest.raises(dreamapi.PlanStep):
        await api.clinic.release_person("c2", "well")
    with pytest.raises(dreamapi.WrongState):
        await api.clinic.close_case("c3", "nothing")
    held = await api.clinic.hold_person("c2", "to be sure")
    assert (held.state, held.notes[-1].text) == (Case.STATE_HELD, "to be sure")
    ward.clinic.sat("c2", CaseSitting(20_001, 0.42, True), CaseSitting(20_002, float("nan"), False))
    assert not (await api.clinic.case_of("c2")).HasField("pull")
    record = PullRecord((), (0.1, -0.1, 0.0), 0.42, restored=False, why="two sittings", offered=(20_003,))
    ward.clinic.sat("c2", *ward.clinic.cases["c2"].sittings, pull=record)
    shown = await api.clinic.case_of("c2")
    assert (shown.pull.upper, shown.pull.restored, shown.pull.why) == (0.42, False, "two sittings")
    assert (list(shown.pull.baseline), shown.pull.offered_days[0].seconds) == (
        [0.1, -0.1, 0.0],
        20_003 * 86_400 + 43_200,
    )
    assert [(one.HasField("pull"), one.anchored) for one in shown.sittings] == [(True, True), (False, False)]
    assert (shown.evidence[0].cause, shown.evidence[0].value) == ("distress", 0.5)


async def test_a_sleeper_reads_their_own_case_without_notes(
    api: dreamapi.Api, ward: FakeCoordination
) -> None:
    """One's own case has its evidence, whom to ring, and no clinician's note; else it is CASE_UNKNOWN."""
    await api.clinic.add_note("c2", "between colleagues")
    own = await api.clinic.own_case("ben")
    assert (own.name, len(own.evidence), len(own.notes)) == ("cases/c2", 1, 0)
    assert (own.contact, (await api.clinic.case_of("c2")).contact) == ("020 7946 0018", "")
    with pytest.raises(dreamapi.CaseUnknown):
        await api.clinic.own_case("dan")
    assert ward.clinic.cases["c2"].notes


@pytest.mark.parametrize("name", ["", "c1", "cases/", "cases/a/b", "cases/-"])
async def test_a_wrong_name_of_a_case_is_refused(name: str, channel: grpc.aio.Channel) -> None:
    """A name of another form is an invalid argument."""
    stub = ClinicStub(channel)  # type: ignore[no-untyped-call]
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.GetCase(clinic.GetCaseRequest(name=name))
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


async def test_the_answers_of_a_morning(api: dreamapi.Api, application: FakeCoordination) -> None:
    """Answers come back with their case; none, and one outside its scale, are refused."""
    kept = application.clinic.opens("c9", "ada", Level.SOON)
    application.clinic.morning = MorningTaken(kept, Level.SOON, physician=True)
    taken = await api.clinic.answer_morning("ada", kss=8, who5=12)
    assert (taken.case, taken.level, taken.physician) == ("cases/c9", 3, True)
    for kss, who5 in ((None, None), (0, None), (10, None), (None, 26), (None, -1)):
        with pytest.raises(dreamapi.InvalidArgument):
            await api.clinic.answer_morning("ada", kss=kss, who5=who5)


@pytest.mark.usefixtures("ward")
async def test_a_report_counts_cases_by_level(api: dreamapi.Api) -> None:
    """Levels, states and causes are counted; an empty span and times without a zone are refused."""
    await api.clinic.triage("c3", 1, related=True, expected=False)
    begin, end = datetime.fromtimestamp(NOW_S, UTC), datetime.fromtimestamp(NOW_S + 999.0, UTC)
    found = await api.clinic.report(begin, end)
    assert [(one.level, one.cases, one.triaged) for one in found.levels] == [
        (1, 1, 1), (2, 1, 0), (3, 0, 0), (4, 1, 0),
    ]  # fmt: skip
    assert not found.levels[1].HasField("to_triage_s")
    assert (dict(found.causes), list(found.unanticipated)) == ({"distress": 3}, ["cases/c3"])
    for one, other in ((end, begin), (begin.replace(tzinfo=None), end)):
        with pytest.raises(dreamapi.InvalidArgument):
            await api.clinic.report(one, other)


async def test_a_watch_begins_with_every_case_and_goes_on_with_changes(
    api: dreamapi.Api, ward: FakeCoordination
) -> None:
    """First all cases in level order, then the one that changed."""
    async with aclosing(api.clinic.watch_cases()) as watch:
        assert [(await anext(watch)).name for _ in range(3)] == ["cases/c3", "cases/c2", "cases/c1"]
        ward.clinic.opens("c4", "dan", Level.NOW)
        assert (await asyncio.wait_for(anext(watch), 5.0)).name == "cases/c4"


async def test_the_ward_works_from_a_shell(
    shell: Shell,  # noqa: F811
    ward: FakeCoordination,
    tmp_path: Path,
) -> None:
    """Each verb answers with the case as it is now; a refusal names the flag or the case."""
    status, out, _ = await shell("clinic cases")
    assert (status, [line.split()[2] for line in out.splitlines()[1:]]) == (0, ["c3", "c2", "c1"])
    assert "late by" in out
    assert "eve" in (await shell("clinic open eve --level 2 --words wept"))[1]
    ward.clinic.cases.pop("by-hand-3")
    status, out, _ = await shell("clinic triage c3 1 --related yes --expected no")
    assert (status, "case c3: level 1 now, cy, held" in out) == (0, True)
    assert (await shell("clinic note c3 slept_well"))[0] == 0
    status, out, _ = await shell("clinic case c3")
    assert ("slept_well" in out, "severed in distress" in out, "0% of the ceiling" in out) == (True,) * 3
    assert (await shell("clinic plan c3"))[0] == 0
    status, _, err = await shell("clinic release c3 --reason well")
    assert (status, "is at step 1 of 3" in err) == (1, True)
    assert (await shell("clinic hold c3 --reason again"))[0] == 0
    status, _, err = await shell("clinic close c1 --reason nothing")
    assert (status, "cannot be closed" in err) == (1, True)
    status, out, _ = await shell("clinic report --from 2020-01-01 --to 2100-01-01")
    assert (status, "unanticipated problems: c3" in out) == (0, True)
    status, _, err = await shell(f"clinic plot c3 {tmp_path / 'c3.svg'}")
    assert (status, err) == (2, "dreamd: c3 has no picture: it has ended, or is of no person\n")
    ward.clinic.sat("c3", CaseSitting(20_001, 0.42, True), pull=PullRecord(restored=None, why="too near"))
    status, out, _ = await shell(f"clinic plot c3 {tmp_path / 'c3.svg'}")
    assert (status, "Not shown as restored: too near." in out) == (0, True)
    assert ">5 Oct: 0.42, after an anchor session<" in (tmp_path / "c3.svg").read_text()
    assert "too near" in (await shell("clinic case c3"))[1]
    ward.refuse("release_person", Refusal(Code.NOT_MEASURED, "two sittings, it takes three"))
    assert "it takes three" in (await shell("clinic release c3 --reason well"))[2]
    ward.clinic.cases.clear()
    assert (await shell("clinic cases"))[1] == "no case waits\n"


async def test_a_sleeper_answers_and_reads_from_a_shell(
    shell: Shell,  # noqa: F811
    ward: FakeCoordination,
) -> None:
    """`me checkin` thanks and names the case and the advice; `me case` shows one's own."""
    ward.clinic.morning = MorningTaken(ward.clinic.cases["c2"], Level.SOON, physician=True)
    status, out, _ = await shell("me checkin --kss 8 --sleeper ben")
    assert (status, "case c2 (dreamd me case)" in out, "physician" in out) == (0, True, True)
    status, _, err = await shell("me checkin --kss 12 --sleeper ben")
    assert (status, "--kss" in err) == (1, True)
    status, out, _ = await shell("me case --sleeper ben")
    assert (status, "case c2" in out) == (0, True)
