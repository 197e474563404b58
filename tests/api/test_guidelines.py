"""The Guidelines service, through the Python client and the shell, without and with access control."""

import json
import struct
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import grpc.aio
import pytest

import dreamapi
from api.test_access import GRANTS, bearer
from api.test_cli import Shell, shell  # noqa: F401 - a fixture
from api.test_consents import cells
from dreamapi.errors import from_rpc
from dreamapi.v1 import guidelines_pb2 as guidelines
from dreamapi.v1.guidelines_pb2_grpc import GuidelinesStub
from dreamapi.v1.rules_pb2 import ROLE_ADVOCATE, ROLE_CLINICIAN, ROLE_OPERATOR
from dreamd.adapters.documents.shipped import shipped_text
from dreamd.adapters.grpc.calls.admission import Admission
from dreamd.adapters.grpc.calls.lanes import TABLE
from dreamd.adapters.grpc.calls.method_rules import check_rules
from dreamd.adapters.grpc.server import Guard, serve_grpc
from dreamd.core.access.caller import Role
from dreamd.core.access.principals import Grant
from dreamd.core.audit.records import record_of
from dreamd.core.guidelines.course import COMMENTS_S
from dreamd.core.guidelines.keys import ADMISSION_FACTS
from dreamd.core.refusals import Code
from dreamd.ports.deferred import Deferred
from dreamd.ports.ledger.guidelines import KeptAdmission
from dreamd.ports.ledger.transaction import Transaction
from dreamd.ports.site_facts import SiteFacts
from fakes.coordination import FakeCoordination
from fakes.views import NOW_S
from fakes.whereabouts import OneSite

Revision = guidelines.Revision
DOSE = 'key = "dose_24h_min"\nlimit = '


def text(revision: int = 2, dose: str = "50.0") -> str:
    """The shipped revision with another number and another dose."""
    shipped = shipped_text().replace("revision = 1", f"revision = {revision}", 1)
    assert f"{DOSE}60\n" in shipped
    return shipped.replace(f"{DOSE}60\n", f"{DOSE}{dose}\n", 1)


async def test_a_revision_goes_from_draft_to_comments(api: dreamapi.Api) -> None:
    """Proposed, opened with its dry run, commented, listed, shown, taken back."""
    draft = await api.guidelines.propose(text(), by="ida")
    assert (draft.name, draft.state, draft.proposer) == ("guidelines/2", Revision.STATE_DRAFT, "ida")
    opened = await api.guidelines.open_revision(2, by="ida")
    assert (opened.state, len(opened.dry_run)) == (Revision.STATE_OPEN, 64)
    said = await api.guidelines.comment(2, "fifty is enough", by="ben")
    assert (said.name, said.by, said.text) == ("guidelines/2/comments/1", "ben", "fifty is enough")
    assert [one.text for one in await api.guidelines.list_comments(2)] == ["fifty is enough"]
    listed = await api.guidelines.list_revisions()
    assert [(one.revision, one.holds, len(one.clauses)) for one in listed] == [(1, True, 0), (2, False, 0)]
    shown = await api.guidelines.get_revision(2)
    assert {one.key: one.limit for one in shown.clauses}["dose_24h_min"] == 50.0
    assert next(one for one in shown.clauses if one.key == "hours").hours == "20:00/09:00"
    assert (await api.guidelines.get_revision()).revision == 1
    gone = await api.guidelines.withdraw_revision(2, by="ida")
    assert gone.state == Revision.STATE_WITHDRAWN


async def test_the_difference_is_told_by_clause(api: dreamapi.Api) -> None:
    """One clause is tightened, with its old and its new limit; 0 is the revision in force."""
    await api.guidelines.propose(text(), by="ida")
    found = await api.guidelines.diff(0, 2)
    assert found.only_tightens
    (one,) = found.differences
    assert one.change == guidelines.Difference.CHANGE_TIGHTENED
    assert (one.old_clause.limit, one.new_clause.limit, one.new_clause.number) == (60.0, 50.0, "3.1")
    assert (await api.guidelines.diff(2, 1)).differences[0].change == guidelines.Difference.CHANGE_LOOSENED
    assert not (await api.guidelines.diff(1, 1)).differences


def keep(application: FakeCoordination, doses: tuple[float, ...]) -> None:
    """Keep admissions of one site with these doses, everything else well within the limits, and no others."""
    well = {"adult": 1, "ceiling": 0.1, "people": 8, "ramp_s": 60, "calibrated_s": 200, "calibration_days": 9}
    well |= {"dose_7d_min": 1, "artist_share": 0, "commercial": 0, "minute_of_day": 1320, "rested_h": 99}
    well |= {"planned_min": 10}
    rows = [[dose if fact == "dose_24h_min" else well[fact] for fact in ADMISSION_FACTS] for dose in doses]
    kept = tuple(KeptAdmission(n, NOW_S, "a", struct.pack("<13d", *row)) for n, row in enumerate(rows, 1))
    ledger = application.principals.ledger
    ledger.storage.admissions.clear()
    ledger.write(Transaction(admissions=kept))


async def test_a_dry_run_hides_few_and_counts_many(api: dreamapi.Api, application: FakeCoordination) -> None:
    """Six more are told, four are hidden as an absent count; a text that is not proposed is run."""
    keep(application, (55.0,) * 6 + (10.0,))
    run = await api.guidelines.dry_run(text())
    assert run.admissions == 7
    (moved,) = run.clauses
    assert (moved.clause, moved.site, moved.more, moved.HasField("fewer")) == ("G-3.1", "a", 6, True)
    keep(application, (55.0,) * 4)
    await api.guidelines.propose(text(), by="ida")
    (moved,) = (await api.guidelines.dry_run(2, nights=7)).clauses
    assert not moved.HasField("more")


@pytest.mark.parametrize(
    ("document", "error", "metadata"),
    [
        (text(dose="nan"), dreamapi.InvalidArgument, {"clause": "G-3.1", "field": "document"}),
        (text(dose="1e9"), dreamapi.BeyondBound, {"clause": "G-3.1"}),
        (text(revision=3), dreamapi.InvalidArgument, {"field": "document"}),
        (text().replace("dose_24h_min", "dose_day"), dreamapi.InvalidArgument, {"clause": "G-3.1"}),
        (text().replace('text = "', 'text = "e\u0301', 1), dreamapi.NotCanonical, {}),
        (b"\xff", dreamapi.InvalidArgument, {"field": "document"}),
    ],
)
async def test_a_document_that_is_no_revision_names_its_clause(
    api: dreamapi.Api, document: str | bytes, error: type[dreamapi.Refused], metadata: dict[str, str]
) -> None:
    """NaN, a limit out of bounds, another number, an unknown key, text that is not NFC, bytes: refused."""
    with pytest.raises(error) as caught:
        await api.guidelines.propose(document, by="ida")
    assert metadata.items() <= caught.value.metadata.items()
    assert [one.revision for one in await api.guidelines.list_revisions()] == [1]


@pytest.mark.parametrize(
    ("ask", "field"),
    [
        (lambda api: api.guidelines.get_revision(7), "name"),
        (lambda api: api.guidelines.open_revision(7, by="ida"), "name"),
        (lambda api: api.guidelines.open_revision(0, by="ida"), "name"),
        (lambda api: api.guidelines.diff(1, 7), "new"),
        (lambda api: api.guidelines.diff(7, 1), "old"),
        (lambda api: api.guidelines.dry_run(1, nights=91), "nights"),
        (lambda api: api.guidelines.comment(1, "", by="ida"), ""),
        (lambda api: api.guidelines.dry_run(b""), "name"),
    ],
)
async def test_a_wrong_request_names_its_field(api: dreamapi.Api, ask: object, field: str) -> None:
    """A revision that there is not, or a number out of bounds, is refused by the field that named it."""
    with pytest.raises(dreamapi.Refused) as caught:
        await ask(api)  # type: ignore[operator]
    assert caught.value.metadata.get("field", "") == field


async def test_without_a_credential_no_person_ratifies(
    api: dreamapi.Api,
) -> None:
    """On loopback no caller is a person that the site knows: PERSON_NEEDED, whatever it says."""
    with pytest.raises(dreamapi.PersonNeeded):
        await api.guidelines.propose(text())
    await api.guidelines.propose(text(), by="ida")
    with pytest.raises(dreamapi.PersonNeeded):
        await api.guidelines.ratify(2, role="clinician")


# -- with access control ---------------------------------------------------------------------------


CLINICIAN, ADVOCATE = GRANTS[Role.CLINICIAN], GRANTS[Role.ADVOCATE]


@dataclass
class Site:
    """A server with access control, and people with credentials."""

    application: FakeCoordination
    channel: grpc.aio.Channel

    async def ask(self, name: str, method: str, request: object, *grants: Grant) -> object:
        """The answer to a call of this person, or the code of its refusal."""
        token = self.application.principals.known(name, *grants)
        stub = GuidelinesStub(self.channel)  # type: ignore[no-untyped-call]
        try:
            return await getattr(stub, method)(request, metadata=bearer(token))
        except grpc.aio.AioRpcError as error:
            no = from_rpc(error, "here")
            return no.reason if isinstance(no, dreamapi.Refused) else str(no)

    async def proposed(self, dose: str) -> None:
        """Revision 2 with this dose, open since now."""
        propose = guidelines.ProposeRevisionRequest(document=text(dose=dose).encode(), by="a lie")
        made = await self.ask("ida", "ProposeRevision", propose, GRANTS[Role.OPERATOR])
        assert isinstance(made, Revision)
        assert made.proposer == "ida"
        opening = guidelines.OpenRevisionRequest(name="guidelines/2")
        await self.ask("ida", "OpenRevision", opening, GRANTS[Role.OPERATOR])

    async def ratify(self, name: str, *grants: Grant, role: int = 0) -> object:
        """The answer to a ratification."""
        request = guidelines.RatifyRevisionRequest(name="guidelines/2", role=role)  # type: ignore[arg-type]
        return await self.ask(name, "RatifyRevision", request, *grants)


@pytest.fixture
async def site(application: FakeCoordination) -> AsyncIterator[Site]:
    """A server with access control."""
    principals = application.principals
    admission = Admission(check_rules(TABLE), principals.table, OneSite("n"), lambda: NOW_S)
    running = await serve_grpc(application, "127.0.0.1", 0, guard=Guard(admission, SiteFacts()))
    async with grpc.aio.insecure_channel(f"127.0.0.1:{running.port}") as channel:
        yield Site(application, channel)
    await running.stop(0.0)


async def test_two_people_in_two_roles_ratify_a_tightening_at_once(site: Site) -> None:
    """A clinician alone moves nothing; with an advocate it holds, provisionally, and names both."""
    await site.proposed("50.0")
    first = await site.ratify("lena", CLINICIAN)
    assert isinstance(first, Revision)
    assert (first.state, first.clinician, first.holds) == (Revision.STATE_OPEN, "lena", False)
    second = await site.ratify("rosa", ADVOCATE)
    assert isinstance(second, Revision)
    assert (second.state, second.holds, second.provisional) == (Revision.STATE_IN_FORCE, True, True)
    assert site.application.revisions.in_force.bundle.number("dose_24h_min") == 50.0


async def test_one_person_with_both_roles_ratifies_once(site: Site) -> None:
    """The second ratification of the same person is SAME_PERSON, in the role that it names, too."""
    await site.proposed("50.0")
    assert isinstance(await site.ratify("lena", CLINICIAN, ADVOCATE, role=ROLE_CLINICIAN), Revision)
    assert await site.ratify("lena", CLINICIAN, ADVOCATE, role=ROLE_ADVOCATE) == Code.SAME_PERSON.value
    assert site.application.revisions.in_force.bundle.revision == 1


async def test_a_role_that_is_lacking_or_not_one_of_the_two_is_refused(site: Site) -> None:
    """An operator has no say; an advocate cannot sign as a clinician; another role is no field's value."""
    await site.proposed("50.0")
    assert await site.ratify("olga", GRANTS[Role.OPERATOR]) == Code.ROLE_LACKING.value
    assert await site.ratify("rosa", ADVOCATE, role=ROLE_CLINICIAN) == Code.WRONG_ROLE.value
    assert await site.ratify("rosa", ADVOCATE, role=ROLE_OPERATOR) == Code.INVALID_ARGUMENT.value


async def test_a_loosening_waits_for_a_week_of_comments(site: Site) -> None:
    """TOO_EARLY until it has been open for a week; then both ratify and it holds."""
    await site.proposed("60.5")
    assert await site.ratify("lena", CLINICIAN) == Code.TOO_EARLY.value
    site.application.principals.clock.now += COMMENTS_S + 1.0
    await site.ratify("lena", CLINICIAN)
    ratified = await site.ratify("rosa", ADVOCATE)
    assert isinstance(ratified, Revision)
    assert (ratified.state, ratified.holds, ratified.provisional) == (Revision.STATE_IN_FORCE, True, False)


async def test_a_draft_is_its_proposers(site: Site) -> None:
    """Another person cannot open or withdraw it."""
    propose = guidelines.ProposeRevisionRequest(document=text().encode())
    await site.ask("ida", "ProposeRevision", propose, GRANTS[Role.SLEEPER])
    for method, request in (
        ("OpenRevision", guidelines.OpenRevisionRequest(name="guidelines/2")),
        ("WithdrawRevision", guidelines.WithdrawRevisionRequest(name="guidelines/2")),
    ):
        assert await site.ask("eve", method, request, GRANTS[Role.OPERATOR]) == Code.WRONG_ROLE.value


async def test_the_audit_log_names_the_revision_that_was_ratified(site: Site) -> None:
    """The record of a ratification has the person and the revision."""
    await site.proposed("50.0")
    await site.ratify("lena", CLINICIAN)
    part = site.application.audit.part(0)
    assert isinstance(part, Deferred)
    records = [record_of(line) for line in part.answer().lines]  # type: ignore[union-attr]
    found = [(one.principal, one.target, one.outcome) for one in records if one.method == "RatifyRevision"]
    assert found == [("lena", "guidelines/2", "done")]


PROPOSE = ("yes", "yes", "yes", "yes", "yes", "-", "-", "-")
READ = ("yes",) * 8
EXPECTED = {
    "ProposeRevision": PROPOSE,
    "OpenRevision": PROPOSE,
    "CommentOnRevision": PROPOSE,
    "WithdrawRevision": PROPOSE,
    "RatifyRevision": ("-", "pair", "pair", "-", "-", "-", "-", "-"),
    "GetRevision": READ,
    "ListRevisions": READ,
    "ListComments": READ,
    "DiffRevisions": READ,
    "DryRunRevision": ("yes", "yes", "yes", "yes", "yes", "-", "yes", "-"),
}
ROLES = ("sleeper", "clinician", "advocate", "artist", "operator", "service", "auditor", "admin")


def test_the_rules_are_the_table_of_roles() -> None:
    """Sleepers, clinicians, advocates, artists and operators propose; a pair ratifies; everyone reads."""
    found = cells()
    assert {method: tuple(found[method][role] for role in ROLES) for method in EXPECTED} == EXPECTED


# -- from a shell ----------------------------------------------------------------------------------


async def test_the_shell_proposes_opens_comments_and_compares(shell: Shell, tmp_path: Path) -> None:  # noqa: F811
    """Every verb prints words and JSON; `diff` takes numbers for the daemon and files for this machine."""
    file = tmp_path / "two.toml"
    file.write_text(text())
    status, out, _ = await shell(f"guidelines propose {file} --by ida")
    assert (status, out.startswith("revision 2: draft, until ")) == (0, True)
    assert "revision 2: open" in (await shell("guidelines open 2 --by ida"))[1]
    assert "1. ben, " in (await shell("guidelines comment 2 enough --by ben"))[1]
    assert "enough" in (await shell("guidelines comments 2"))[1]
    assert [one["revision"] for one in json.loads((await shell("guidelines list --json"))[1])] == [1, 2]
    assert "G-3.1" in (await shell("guidelines show 2"))[1]
    for line in ("guidelines diff 1 2", "guidelines diff 2", f"guidelines diff {file}"):
        status, out, _ = await shell(line)
        assert (status, "tightened" in out, "it only tightens" in out) == (0, True, True)
    assert "0 admissions were run" in (await shell(f"guidelines dry-run {file} --nights 30"))[1]
    assert json.loads((await shell("guidelines dry-run 2 --json"))[1])["admissions"] == "0"
    assert "withdrawn" in (await shell("guidelines withdraw 2 --by ida"))[1]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("guidelines show 9", "REVISION: expected a known one, 1 to 1"),
        (
            "guidelines propose /nowhere.toml --by ida",
            "/nowhere.toml cannot be read (No such file or directory)",
        ),
        ("guidelines ratify 1", "a revision is ratified by a person"),
        ("guidelines dry-run 1 --nights 91", "--nights: expected 1 to 90"),
    ],
)
async def test_a_wrong_line_is_told_in_its_own_words(shell: Shell, line: str, said: str) -> None:  # noqa: F811
    """A refusal names the word of the command line."""
    status, _, err = await shell(line)
    assert (status > 0, err.startswith(f"dreamd: {said}")) == (True, True), err
