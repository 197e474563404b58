"""The Reports service, through the Python client and the shell; the folder it publishes, verified offline."""

from pathlib import Path

import grpc.aio
import pytest

import dreamapi
from api.test_cli import Shell, shell  # noqa: F401 - a fixture
from dreamapi.v1.reports_pb2 import PublishReportRequest
from dreamapi.v1.reports_pb2_grpc import ReportsStub
from dreamd.adapters.documents.public_reports import document, sign_report
from dreamd.main import main
from dreamwire.signing import SigningKey
from fakes.coordination import FakeCoordination

FIRST = "2026-11-02"
KEY = SigningKey.generate()


@pytest.fixture
def signing(application: FakeCoordination) -> FakeCoordination:
    """The application signs its reports with KEY."""
    application.reports.sign = lambda found: sign_report(document(found, "House Ash"), KEY)
    return application


async def test_a_report_is_previewed_published_once_and_listed(api: dreamapi.Api) -> None:
    """A preview has cells and no file, a publication has a file; the second one is refused by its day."""
    preview = await api.reports.preview()
    shown = {(cell.site, cell.kind): cell for cell in preview.cells}
    assert (preview.name, preview.file) == (f"reports/{FIRST}", b"")
    assert shown["north", "slept"].people == 10
    assert not shown["north", "merged"].HasField("people")
    kept = await api.reports.publish_report()
    assert (kept.name, kept.file, list(kept.cells)) == (f"reports/{FIRST}", b"signed 2026-11-02", [])
    assert (kept.end_time.ToDatetime() - kept.begin_time.ToDatetime()).days == 28
    assert [one.name for one in await api.reports.list_reports()] == [kept.name]
    with pytest.raises(dreamapi.AlreadyPublished):
        await api.reports.publish_report(FIRST)
    with pytest.raises(dreamapi.TooEarly):
        await api.reports.publish_report()


@pytest.mark.parametrize("name", ["reports", "reports/", "reports/today", "2026-11-02", "reports/2026-1-2"])
async def test_a_wrong_name_of_a_report_is_refused(name: str, channel: grpc.aio.Channel) -> None:
    """A name of another form is an invalid argument."""
    stub = ReportsStub(channel)  # type: ignore[no-untyped-call]
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await stub.PublishReport(PublishReportRequest(name=name))
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT


@pytest.mark.usefixtures("signing")
async def test_a_folder_is_published_whole_and_holds(
    shell: Shell,  # noqa: F811
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The first call publishes; a later one writes the folder again and says why nothing was published."""
    folder, key = tmp_path / "public", tmp_path / "daemon.pub"
    KEY.save_public(key)
    status, out, _ = await shell("report preview")
    assert (status, "hidden" in out, FIRST in out) == (0, True, True)
    status, out, _ = await shell(f"report publish {folder}")
    names = ["feed.atom", f"report-{FIRST}.csv", f"report-{FIRST}.json"]
    assert (status, sorted(Path(line).name for line in out.split())) == (0, names)
    (folder / "feed.atom").unlink()
    status, _, err = await shell(f"report publish {folder}")
    assert (status, "the period is over on" in err) == (1, True)
    assert sorted(path.name for path in folder.iterdir()) == names
    assert (await shell("report list"))[1].startswith(f"{FIRST} to 2026-11-30")
    assert main(["report", "verify", str(folder), "--key", str(key)]) == 0
    assert "holds: 1 reports" in capsys.readouterr().out


@pytest.mark.usefixtures("signing")
async def test_a_changed_folder_does_not_hold(
    shell: Shell,  # noqa: F811
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A changed table, a stray file, a changed report and another key are each named."""
    folder, key, other = tmp_path / "public", tmp_path / "daemon.pub", tmp_path / "other.pub"
    KEY.save_public(key)
    SigningKey.generate().save_public(other)
    await shell(f"report publish {folder}")

    def fault(public: Path = key, where: Path = folder) -> str:
        assert main(["report", "verify", str(where), "--key", str(public)]) == 1
        return capsys.readouterr().err

    assert "another key has signed it" in fault(other)
    assert "holds no report" in fault(where=tmp_path)
    assert "cannot be read" in fault(where=key) or "holds no report" in fault(where=key)
    table = folder / f"report-{FIRST}.csv"
    table.write_text(table.read_text().replace(",10,yes", ",15,yes"))
    assert f"{table.name} was not made from" in fault()
    stray = folder / "report-2026-12-01.csv"
    stray.write_text("")
    assert f"{stray.name} belongs to no signed report" in fault()
    told = folder / f"report-{FIRST}.json"
    told.write_text(told.read_text().replace('"people": 10', '"people": 15'))
    assert f"{told}: the signature does not hold: it was changed since" in fault()
