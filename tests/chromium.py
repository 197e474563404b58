"""A headless Chromium, driven by the DevTools protocol over a pipe: no driver, no websocket, no library.

Messages are JSON ended by a zero byte, ours on the browser's descriptor 3, its own on 4. Calls are answered
in turn; events in between are kept: the page's log, its exceptions, and every address it requested.
"""

import base64
import json
import os
import select
import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Any, Final

BINARY: Final = shutil.which("chromium")
ANSWERS_WITHIN_S: Final = 30.0
FLAGS: Final = (
    *("--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--mute-audio"),
    *("--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--disable-dev-shm-usage", "--remote-debugging-pipe", "--force-color-profile=srgb"),
)


_NAVIGATED: Final = "Inspected target navigated"
"""The browser's answer where the page has gone to another one before the expression had a value."""


class BrowserError(Exception):
    """The browser refused, the page threw, or an awaited condition did not come."""


class Chromium:
    """One browser with one page; `close` ends it. folder: an empty one, its profile. flags: further ones."""

    def __init__(self, folder: Path, *flags: str) -> None:
        assert BINARY is not None
        theirs_in, self._out = os.pipe()
        self._deps, theirs_out = os.pipe()
        # The browser needs descriptors 3 and 4; a shell puts ours there.
        script = f'exec "$0" "$@" 3<&{theirs_in} 4>&{theirs_out}'
        self._process = subprocess.Popen(
            ["/bin/bash", "-c", script, BINARY, *FLAGS, *flags, f"--user-data-dir={folder}", "about:blank"],
            pass_fds=(theirs_in, theirs_out),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._held, self._number, self._session = b"", 0, ""
        self.complaints: list[str] = []
        self.addresses: list[str] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network", "Accessibility"):
            self.call(f"{domain}.enable")

    def close(self) -> None:
        """End the browser and everything it started."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        for end in (self._deps, self._out):
            os.close(end)

    # -- the protocol -----------------------------------------------------------------------------

    def call(self, method: str, **parameters: object) -> dict[str, Any]:
        """Ask, and return the answer."""
        self._number += 1
        message: dict[str, object] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        until_s = time.monotonic() + ANSWERS_WITHIN_S
        while True:
            told = self._next(until_s)
            if told.get("id") != self._number:
                self._keep(told)
            elif "error" in told:
                raise BrowserError(f"{method}: {told['error']}")
            else:
                return dict(told["result"])

    def _next(self, until_s: float) -> dict[str, Any]:
        while b"\0" not in self._held:
            readable, _, _ = select.select([self._deps], [], [], max(0.0, until_s - time.monotonic()))
            piece = os.read(self._deps, 1 << 20) if readable else b""
            if not piece:
                raise BrowserError("the browser does not answer")
            self._held += piece
        message, _, self._held = self._held.partition(b"\0")
        return dict(json.loads(message))

    def _keep(self, told: dict[str, Any]) -> None:
        what = told.get("params", {})
        match told.get("method"):
            case "Runtime.exceptionThrown":
                details = what["exceptionDetails"]
                self.complaints.append(str(details.get("exception", {}).get("description", details["text"])))
            case "Runtime.consoleAPICalled" if what["type"] in ("error", "warning", "assert"):
                self.complaints.append(str([one.get("value") for one in what["args"]]))
            case "Log.entryAdded" if what["entry"]["level"] in ("error", "warning"):
                self.complaints.append(f"{what['entry']['text']} {what['entry'].get('url', '')}")
            case "Network.requestWillBeSent":
                self.addresses.append(what["request"]["url"])

    # -- the page ---------------------------------------------------------------------------------

    def go(self, url: str) -> None:
        """Load this address."""
        self.call("Page.navigate", url=url)
        self.until(f"document.readyState === 'complete' && location.href.startsWith({json.dumps(url)})")

    def forget_page(self) -> None:
        """Leave the page of the test before, which may ask a server that is gone, and its complaints."""
        self.go("about:blank")
        self.complaints.clear()

    def ask(self, script: str) -> Any:  # noqa: ANN401 -- whatever the page says
        """The value of an expression in the page, awaited."""
        told = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in told:
            raise BrowserError(str(told["exceptionDetails"].get("exception", told["exceptionDetails"])))
        return told["result"].get("value")

    def until(self, script: str, within_s: float = 20.0) -> Any:  # noqa: ANN401 -- whatever the page says
        """Wait for an expression to be true, and return it; a page that navigates is asked again."""
        until_s = time.monotonic() + within_s
        while not (value := self._ask_unless_gone(script)):
            if time.monotonic() > until_s:
                raise BrowserError(
                    f"not in {within_s} s: {script}; the page says: {self.text('main')[:1500]}"
                )
            time.sleep(0.03)
        return value

    def _ask_unless_gone(self, script: str) -> Any:  # noqa: ANN401 -- whatever the page says
        try:
            return self.ask(script)
        except BrowserError as error:
            if _NAVIGATED not in str(error):
                raise
            return None

    def text(self, selector: str) -> str:
        """The text of this element."""
        return str(self.ask(f"document.querySelector({json.dumps(selector)})?.innerText ?? ''"))

    def press(self, key: str, *, control: bool = False) -> None:
        """Press and release a key, by its name or its character. control: with Ctrl."""
        codes = {"Tab": 9, "Enter": 13, "Escape": 27, "ArrowRight": 39, "ArrowLeft": 37}
        codes |= {"Space": 32, "ArrowUp": 38, "ArrowDown": 40}
        code = codes.get(key) or ord(key.upper())
        told = {"key": " " if key == "Space" else key, "code": key, "windowsVirtualKeyCode": code}
        told |= {"modifiers": 2} if control else {}
        texts = {"Enter": "\r", "Space": " "} | ({key: key} if len(key) == 1 else {})
        text = {"text": texts[key]} if key in texts else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", **told, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", **told)

    def click(self, x: float, y: float) -> None:
        """Click there."""
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            button = "none" if kind == "mouseMoved" else "left"
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button=button, clickCount=1)

    def size(self, width: int, height: int, *, mobile: bool = False, scale: float = 1.0) -> None:
        """Set the size of the window, or of a telephone."""
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=scale,
            mobile=mobile,
        )

    def prefer(self, **features: str) -> None:
        """Set media features, as prefers_color_scheme='light'."""
        told = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self.call("Emulation.setEmulatedMedia", features=told)

    def shoot(self, path: Path, *, whole: bool = False) -> None:
        """Keep a picture of the window, or of the whole page, as PNG."""
        told = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(told["data"]))
