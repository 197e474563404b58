"""The console over a real night: `dreamd up`, a malfunction, a sever by hand, a killed daemon."""

import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from chromium import BINARY, Chromium
from depth import LONG
from mosquitto import free_port

pytestmark = pytest.mark.skipif(BINARY is None, reason="chromium is not installed (make system-packages)")


@pytest.fixture
def browser() -> Iterator[Chromium]:
    """A browser with an empty profile."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        one = Chromium(Path(folder))
        yield one
        one.close()


def daemon_of(up: subprocess.Popen[str]) -> psutil.Process:
    """The daemon's process of this run."""
    (found,) = (one for one in psutil.Process(up.pid).children(recursive=True) if "serve" in one.cmdline())
    return found


@pytest.mark.skipif(not LONG, reason="DREAMD_LONG: half a minute; the page's own tests are in every run")
def test_an_operator_watches_severs_and_sees_that_the_daemon_is_gone(
    browser: Chromium, tmp_path: Path
) -> None:
    """The page shows a malfunction with its cause, Sever zeroes all, and a killed daemon is reported."""
    ports = [f"--{name}-port={free_port()}" for name in ("mqtt", "grpc", "http", "console")]
    command = [sys.executable, "-m", "dreamd", "up", "--no-view", "--malfunction", "railed@+10", *ports]
    command += ["--duration", "90", "--night", str(tmp_path / "night.svg")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as up:
        assert up.stdout is not None
        lines = iter(up.stdout.readline, "")
        url = next(line.split()[-1] for line in lines if line.split()[:1] == ["console:"])
        try:
            _watch(browser, up, url)
        finally:
            up.send_signal(signal.SIGINT)
            for _ in lines:
                pass
            up.wait(30.0)


def _watch(browser: Chromium, up: subprocess.Popen[str], url: str) -> None:
    browser.size(1280, 800)
    browser.go(url)
    browser.until("/^8 of 8 dream together/.test(document.querySelector('h1').textContent)", 40.0)
    browser.until("/bed-. .* severed: railed/.test(document.getElementById('facts').textContent)", 30.0)
    browser.until("/^7 of 8 dream together/.test(document.querySelector('h1').textContent)")
    assert browser.complaints == []
    browser.ask("document.getElementById('sever').focus()")
    browser.press("Enter")
    browser.until("document.activeElement.id === 'confirm-yes'")
    browser.press("Enter")
    outcome = "document.getElementById('outcome').textContent"
    browser.until(f"/Severed night: 8 zeroed, 8 confirmed/.test({outcome})")
    browser.until("/is severed: .*All 8 are alone/.test(document.querySelector('h1').textContent)")
    browser.until("document.getElementById('rows').textContent.split('merged').length === 1")
    daemon_of(up).kill()
    browser.until("/No connection/.test(document.querySelector('h1').textContent)")
    assert "own tether within 1.5 s" in browser.text("#facts")
    assert browser.ask("document.getElementById('veil').hidden") is False
    browser.until("document.body.dataset.live === 'true'", 20.0)
    assert {address.startswith(url) for address in browser.addresses if address != "about:blank"} == {True}
