"""A site as real processes: made, served beyond loopback over TLS, enrolled into, and revoked."""

import asyncio
import datetime as dt
import http.client
import json
import os
import sqlite3
import ssl
import subprocess
import sys
import time
import tomllib
import urllib.request
from argparse import Namespace
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import aiomqtt
import grpc.aio
import pytest
from starlette.responses import Response

import dreamapi
from dreamapi.credentials import load_credential
from dreamapi.pinned import PinError, authority_of, pin_of
from dreamd.adapters.ledger.opening import LEDGER_FILE
from dreamd.adapters.site_authority import SiteAuthority
from dreamd.adapters.site_guard import open_to_others
from dreamd.cli import login
from dreamd.core.access.principals import DAY_S
from dreamedge.adapters.credential.enrolment import EnrolmentError, enrol_bed
from dreamedge.adapters.credential.files import KeptPlan, boot_id, write_plan
from dreamedge.core.renewal_schedule import Plan
from dreamwire import topics
from dreamwire.broker_access import Papers, open_access, parse_address
from dreamwire.connection import LoginRefusedError, PromptClient
from dreamwire.signing import VerifyKey
from fakes.waiting import awaited
from mosquitto import MOSQUITTO, Broker, free_port
from oidc_provider import CLIENT, ROLES, SmallProvider
from site_broker import with_port
from site_process import Site, begun, ended, made_site, serving


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site on every address of this machine, beside a broker."""
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed (make system-packages)")
    folder = tmp_path_factory.mktemp("site")
    mqtt_port, grpc_port = free_port(), free_port()
    one = Site(folder, f"localhost:{grpc_port}")
    files = folder / "state" / "access" / "broker"
    line = made_site(one, "--broker-home", str(files))
    conf = files / "mosquitto.conf"
    conf.write_text(with_port(conf.read_text(), mqtt_port))
    broker = Broker(conf, mqtt_port)
    broker.start()
    one.provider = provider = SmallProvider()
    flags = ("--oidc-issuer", provider.issuer, "--oidc-client-id", CLIENT, "--oidc-roles", ROLES)
    serving(one, f"mqtts://localhost:{mqtt_port}", grpc_port, line=line, flags=flags)
    one.join("olga", "--role", "operator", "--site", "*")
    yield one
    ended(one)
    broker.kill()
    provider.stop()


def test_two_people_stand_between_a_stranger_and_a_merge(site: Site) -> None:
    """An administrator enrols and lists no pod; an operator lists pods and enrols no one; both sever."""
    assert site.run("dreamd", "pods", "list", whose="olga").returncode == 0
    assert "operator" in site.run("dreamd", "pods", "list", whose="admin").stderr
    assert "may not call EnrolPrincipal" in site.run("dreamd", "enrol", "eve", whose="olga").stderr
    for whose in ("olga", "admin"):
        assert site.run("dreamd", "sever", "fleet", whose=whose).returncode == 0
    listed = json.loads(site.run("dreamd", "access", "list", "--json", whose="admin").stdout)
    assert {"principals/admin", "principals/olga"} <= {one["name"] for one in listed}


def test_the_local_socket_frees_without_a_credential_and_does_nothing_else(site: Site) -> None:
    """The socket takes a sever and no list, and is open to owner and group alone.

    Nothing that the daemon has written beside it is open to others: it would refuse its own next start.
    """
    socket = site.folder / "state" / "free.sock"
    assert open_to_others(socket.parent, os.geteuid()) == ()
    assert socket.stat().st_mode & 0o777 == 0o660
    server = ("--server", f"unix:{socket}")
    assert site.run("dreamd", "sever", "fleet", *server).returncode == 0
    refused = site.run("dreamd", "pods", "list", *server)
    assert refused.returncode == 1
    assert "pod" not in refused.stdout


async def test_a_stranger_gets_nothing_over_tls_or_in_the_clear(site: Site) -> None:
    """Without a credential a call over TLS is refused, and one in the clear reaches nothing."""
    authority = (site.folder / "state" / "access" / "authority.pem").read_text()
    async with dreamapi.connect(site.server, authority=authority) as api:
        with pytest.raises(dreamapi.CredentialMissing):
            await api.houses.get()
    with pytest.raises(dreamapi.Unreachable):
        async with dreamapi.connect(site.server, connect_s=1.0):
            pass


def test_a_scraper_reads_the_metrics_with_its_credential_alone(site: Site) -> None:
    """Over TLS a bare credential of the method GetHouse scrapes; a stranger, and the revoked, get 401.

    A credential for another method gets 403. Health answers without one.
    """
    tls = ssl.create_default_context(cafile=str(site.folder / "state" / "access" / "authority.pem"))

    def scraped(path: str, credential: str = "") -> tuple[int, str]:
        connection = http.client.HTTPSConnection("localhost", site.http_port, timeout=10.0, context=tls)
        headers = {"Authorization": f"Bearer {credential}"} if credential else {}
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        told = answer.status, answer.read().decode()
        connection.close()
        return told

    line = site.line("prometheus", "--method", "GetHouse", "--site", "*")
    written = site.redeemed("prometheus", line, "--bare")
    bare = written.read_text()
    assert load_credential(written.with_name(f"{written.name}.json")).credential == bare
    assert scraped("/metrics", bare)[0] == 200
    status, told = scraped("/metrics")
    assert (status, "carries no credential" in told) == (401, True)
    lister = load_credential(site.join("lister", "--method", "ListPods", "--site", "*"))
    assert scraped("/metrics", lister.credential)[0] == 403
    assert scraped("/healthz") == (200, "ok\n")
    assert site.run("dreamd", "access", "revoke", "prometheus", whose="admin").returncode == 0
    assert scraped("/metrics", bare)[0] == 401


def test_a_line_of_another_authority_sends_no_code(site: Site, tmp_path: Path) -> None:
    """The pin is checked first: a server of another authority is named, and its line stays good."""
    line = site.line("ward-3", "--role", "auditor")
    server, pin, code = line.split()
    wrong = f"{server} {'0' * len(pin)} {code}"
    told = site.run("dreamd", "redeem", wrong, "--to", str(tmp_path / "x.json"))
    assert told.returncode == 1
    assert "the code was not sent" in told.stderr
    assert site.run("dreamd", "redeem", line, "--to", str(tmp_path / "x.json")).returncode == 0
    with pytest.raises(PinError, match="nothing answers with TLS"):
        authority_of(f"localhost:{free_port()}", pin, connect_s=1.0)


async def test_a_bed_enrols_connects_and_is_out_once_revoked(site: Site) -> None:
    """`dreamedge enrol` writes password, authority, key and a configuration; a second use is refused.

    With them the bed is let in by the broker at once, and is heard. Revoked, it is dropped within 2 s and
    refused after.
    """
    line = site.line("bed-7")
    await asyncio.sleep(1.1)  # a host may redeem one code a second
    told = site.run("dreamedge", "enrol", line, "--state-dir", str(site.folder / "beds"))
    assert told.returncode == 0, told.stderr
    home = site.folder / "beds" / "enrolled" / "bed-7"
    assert (home / "password").read_text().startswith("dreamd_")
    assert (home / "password").stat().st_mode & 0o077 == 0
    config = (home / "bed.toml").read_text()
    assert 'pods = "bed-7"' in config
    assert f'daemon_key = "{VerifyKey.load(site.folder / "state" / "daemon.pub").hex}"' in config
    url = parse_address(tomllib.loads((home / "bed.toml").read_text())["broker"])
    papers = Papers("--x", ca=str(home / "authority.pem"), password_file=str(home / "password"))
    access = open_access(url, papers, "bed-7")
    async with PromptClient(access, lambda _message: None, clean_session=True) as bed:
        await bed.announce(topics.pod_topic("bed-7", "presence"), b"here")
        revoked = await asyncio.to_thread(
            site.run, "dreamd", "access", "revoke", "bed-7", "--reason", "lost", whose="admin"
        )
        assert revoked.returncode == 0, revoked.stderr
        async with asyncio.timeout(2.0):
            await bed.lost()
    with pytest.raises(aiomqtt.MqttError, match="does not accept user bed-7"):
        await PromptClient(access, lambda _message: None).__aenter__()
    await asyncio.sleep(1.1)  # a host may redeem one code a second
    with pytest.raises(EnrolmentError, match="used before"):
        await asyncio.to_thread(enrol_bed, line, site.folder / "beds2")


def browsed(address: str) -> None:
    """Be a browser with an empty jar of cookies, until a page tells to go back to the terminal."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor())
    with browser.open(address, timeout=20.0) as answer:
        assert b"terminal" in answer.read()


async def test_a_person_signs_in_at_the_provider_on_the_command_line(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    """`dreamd login` keeps a credential in a closed file; revoked, the person signs in no more.

    No code, verifier or credential is in the daemon's log, on the screen or among the process's words.
    """
    provider, path = site.provider, site.folder / "anna.json"
    assert provider is not None
    pin = pin_of((site.folder / "state" / "access" / "authority.pem").read_text())
    program = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "dreamd", "login", "--no-browser"),
        *("--server", site.server, "--pin", pin, "--to", str(path)),
        env={"PATH": os.environ["PATH"], "HOME": str(site.folder)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    assert program.stdout is not None
    told = (await asyncio.wait_for(program.stdout.readline(), 20.0)).decode()
    words = await asyncio.to_thread(Path(f"/proc/{program.pid}/cmdline").read_text)
    await asyncio.to_thread(browsed, told.split()[-1])
    told += (await asyncio.wait_for(program.communicate(), 20.0))[0].decode()
    assert program.returncode == 0, told
    assert path.stat().st_mode & 0o777 == 0o600
    kept = load_credential(path)
    assert kept.principal.startswith("oidc.anna-a.")
    log, form = (site.folder / "stderr").read_text(), provider.forms[-1]
    for secret in (form["code"], form["code_verifier"], kept.credential.rpartition("_")[2]):
        assert secret not in log + told + words
    async with dreamapi.connect(site.server, credential=path) as api:
        assert (await api.access.caller()).display_name == "Anna Å"
        assert [pod.name for pod in await api.pods.list()] == []
    again = Namespace(server="", pin="", to=path, no_browser=True)
    assert await asyncio.to_thread(login.run, again, browsed) == 0
    assert load_credential(path).credential != kept.credential
    async with dreamapi.connect(site.server, credential=site.folder / "admin.json") as api:
        await api.access.revoke(kept.principal)
    assert await asyncio.to_thread(login.run, again, browsed) == 1
    assert "is paused: an administrator revoked its credentials" in capsys.readouterr().err
    provider.lies.refuse = "access_denied"
    assert await asyncio.to_thread(login.run, again, browsed) == 1
    assert "access_denied" in capsys.readouterr().err
    provider.reset()
    provider.lies.answers["/token"] = lambda _request: Response(status_code=503)
    assert await asyncio.to_thread(login.run, again, browsed) == 1
    assert "the provider's token endpoint answered with status 503" in capsys.readouterr().err
    other = Namespace(server="", pin="", to=site.folder / "admin.json", no_browser=True)
    assert await asyncio.to_thread(login.run, other, browsed) == 1
    assert "holds the credential of admin" in capsys.readouterr().err


async def test_a_renewed_certificate_is_served_without_a_restart(site: Site) -> None:
    """After a new server certificate the next connection is shown it, under the same authority."""
    kept = load_credential(site.folder / "olga.json")
    authority = SiteAuthority(site.folder / "state")
    before = authority.served().chain
    assert site.run("dreamd", "init", "--renew", "--state-dir", str(site.folder / "state")).returncode == 1
    credentials = grpc.ssl_channel_credentials(kept.authority.encode())
    assert pin_of(kept.authority) == authority.pin_text()
    authority.reissue(["localhost", "127.0.0.1"], dt.datetime.now(dt.UTC))
    assert authority.served().chain != before
    async with grpc.aio.secure_channel(site.server, credentials) as channel:
        await asyncio.wait_for(channel.channel_ready(), 5.0)


def test_beyond_loopback_nothing_is_served_without_a_site(site: Site, tmp_path: Path) -> None:
    """No site, a certificate without the address, an open key: each ends `serve` with its sentence."""
    told = site.run("dreamd", "serve", "--state-dir", str(tmp_path / "s"), "--grpc-host", "0.0.0.0")
    assert told.returncode == 1
    assert "run dreamd init on this machine" in told.stderr
    assert (
        site.run("dreamd", "init", "--state-dir", str(tmp_path / "s"), "--name", "a.example").returncode == 0
    )
    wrong = ("--grpc-host", "10.9.8.7", "--mqtt-url", "mqtt://b.example")
    told = site.run("dreamd", "serve", "--state-dir", str(tmp_path / "s"), *wrong)
    assert "does not name 10.9.8.7" in told.stderr
    assert "elsewhere and without TLS" in told.stderr
    (tmp_path / "s" / "access" / "server.key").chmod(0o644)
    told = site.run("dreamd", "serve", "--state-dir", str(tmp_path / "s"))
    assert "is open to others" in told.stderr
    told = site.run("dreamd", "init", "--state-dir", str(tmp_path / "s"))
    assert "nothing was changed" in told.stdout


def test_a_round_of_berths_goes_over_a_restart_to_a_berth_given_on(site: Site) -> None:
    """Two people commit and reveal, two sleepers ask for one berth; the one given back goes to the other.

    The daemon restarts between the asks and the close. No pseudonym is in the public file, which verifies.
    """
    site.join("adi", "--role", "advocate")
    for sleeper in ("ada", "ben"):
        site.join(sleeper, "--role", "sleeper", "--sleeper", f"walker-{sleeper}")

    def said(whose: str, *words: str) -> str:
        told = site.run("dreamd", "exchange", *words, whose=whose)
        assert told.returncode == 0, told.stderr
        return told.stdout

    now = dt.datetime.now(dt.UTC)
    closes, night = (now + dt.timedelta(seconds=5)).isoformat(), (now + dt.timedelta(days=1)).date()
    plan = ("plan", "--price-most", "40", "--closes", closes, "--paid-in", "100", "--json")
    name = json.loads(said("olga", *plan))["name"].removeprefix("rounds/")
    berth = ("--site", "north", "--night", str(night), "--count", "1", "--price", "30")
    said("olga", "offer", name, "garden", *berth)
    for whose in ("olga", "adi"):
        said(whose, "commit", name)
    said("olga", "publish", name)
    for sleeper in ("ada", "ben"):
        said(sleeper, "ask", name, "garden")
    other = site.run("dreamd", "exchange", "explain", name, "--sleeper", "walker-ben", whose="ada")
    assert (other.returncode, "is not this sleeper" in other.stderr) == (1, True)
    ended(site)
    begun(site)
    while "takes asks for another" in site.run("dreamd", "exchange", "close", name, whose="olga").stderr:
        time.sleep(0.1)
    for whose in ("adi", "olga"):
        assert list(site.folder.glob(f"{whose}.json.nonce-*"))
        said(whose, "reveal", name)
        assert not list(site.folder.glob(f"{whose}.json.nonce-*"))
    while "cleared" not in said("adi", "round", name):
        time.sleep(0.05)
    has = {sleeper: "has a berth" in said(sleeper, "explain", name) for sleeper in ("ada", "ben")}
    assert sorted(has.values()) == [False, True]
    first, second = sorted(has, key=lambda one: not has[one])
    assert "is cancelled" in said(first, "cancel", name)
    assert "Place 1 cancelled, and you were the first in line" in said(second, "explain", name)
    file = site.folder / "round.json"
    said("ada", "export", name, str(file))
    assert "walker" not in file.read_text()
    assert said("adi", "verify", str(file)).startswith(f"holds: round {name} follows from its book: 2 asks")
    assert ",garden,north,open,30.00,30.00,0.00,6.00,24.00" in said("olga", "account", name)


def aged(site: Site, principal: str, by_s: float) -> None:
    """Let a principal's credentials be older by so much, while no daemon runs."""
    earlier = "update credentials set issued_s = issued_s - ?, expires_s = expires_s - ? where principal = ?"
    with closing(sqlite3.connect(site.folder / "state" / LEDGER_FILE)) as ledger, ledger:
        assert ledger.execute(earlier, (by_s, by_s, principal)).rowcount == 1


def running_bed(config: Path, state: Path) -> subprocess.Popen[bytes]:
    """The agent of an enrolled bed, with a simulated sleeper."""
    words = ("run", "--config", str(config), "--state-dir", str(state), "--journal", str(state / "journal"))
    return subprocess.Popen((sys.executable, "-m", "dreamedge", *words, "--implant", "sim-light"))


async def test_a_bed_renews_its_credential_by_itself_and_is_heard_before_and_after(site: Site) -> None:
    """At half-life the agent renews, the broker takes the new password, and the bed reconnects with it.

    The old secret is then refused by the API and by the broker. Files are closed to others, the journal and
    `dreamedge status` tell it, and the daemon restarted on the way.
    """
    state = site.folder / "beds-8"
    line = await asyncio.to_thread(site.line, "bed-8")
    config = (await asyncio.to_thread(enrol_bed, line, state / "enrolled")).config
    home = config.parent
    old = load_credential(home / "credential.json")
    assert (home / "password").read_text().strip() == old.credential
    ended(site)
    aged(site, "bed-8", 15.5 * DAY_S)
    # The bed's own count: due at once, on the clock of this boot.
    write_plan(home / "credential.json", KeptPlan(Plan(boot_id(), 0.0, 0.0, 1.0)))
    begun(site)
    agent = running_bed(config, state)
    try:
        changed, again = "the new password", "the connection with it"
        await awaited(lambda: (home / "password").read_text().strip() != old.credential, changed, 60.0)
        await awaited(lambda: (state / "journal").read_text().count('"kind": "connected"') == 2, again, 20.0)
        new = load_credential(home / "credential.json")
        assert (home / "password").read_text().strip() == new.credential
        notes = [json.loads(one) for one in (state / "journal").read_text().splitlines()]
        kinds = [note["kind"] for note in notes]
        renewed = kinds.index("credential-renewed")
        assert kinds.index("connected") < renewed
        assert notes[renewed]["left_days"] == 30.0
    finally:
        agent.terminate()
        assert agent.wait(10.0) == 0
    assert {one.stat().st_mode & 0o077 for one in home.glob("*") if one.name != "authority.pem"} == {0}
    with pytest.raises(dreamapi.CredentialExpired):
        async with dreamapi.connect(site.server, credential=old) as api:
            await api.access.caller()
    url = parse_address(old.broker_url)
    for text, taken in ((old.credential, False), (new.credential, True)):
        (home / "tried").touch(0o600)
        (home / "tried").write_text(text)
        papers = Papers("--x", ca=str(home / "authority.pem"), password_file=str(home / "tried"))
        client = PromptClient(open_access(url, papers, "bed-8"), lambda _message: None, clean_session=True)
        if taken:
            async with client:
                pass
        else:
            with pytest.raises(LoginRefusedError, match="does not accept user bed-8"):
                await client.__aenter__()
    told = await asyncio.to_thread(site.run, "dreamedge", "status", "--state-dir", str(state))
    assert told.stdout == "bed-8: 30.0 days left\n"
