"""Headless Chromium, driven over its DevTools protocol through a pair of pipes: what a person does on the page."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

from tests.headless import FLAGS

# A camera that is none, and orders through pipes.
OWN_FLAGS = "--use-fake-device-for-media-stream --use-fake-ui-for-media-stream --remote-debugging-pipe".split()


class Page:
    """One tab of a browser of its own."""

    def __init__(self, program: str, profile: Path, size: tuple[int, int] = (1200, 860), dark: bool = False) -> None:
        orders, self._orders = os.pipe()
        self._answers, answers = os.pipe()
        # Chromium reads orders from 3 and answers on 4; the shell puts the pipes there.
        command = 'exec "$@" 3<&"$ORDERS" 4>&"$ANSWERS"'
        self._browser = subprocess.Popen(
            ["bash", "-c", command, "bash", program, *FLAGS, *OWN_FLAGS, f"--user-data-dir={profile}", "about:blank"],
            env={**os.environ, "ORDERS": str(orders), "ANSWERS": str(answers)},
            pass_fds=(orders, answers),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(orders)
        os.close(answers)
        self._number, self._rest, self._session = 0, b"", ""
        self.errors: list[str] = []
        target = next(each for each in self.call("Target.getTargets")["targetInfos"] if each["type"] == "page")
        attached = self.call("Target.attachToTarget", targetId=target["targetId"], flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "DOM", "Log"):
            self.call(f"{domain}.enable")
        self.resize(size, dark)

    def resize(self, size: tuple[int, int], dark: bool = False) -> None:
        width, height = size
        self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.call("Emulation.setEmulatedMedia", features=[scheme])

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        order = {"id": self._number, "method": method, "params": parameters}
        if self._session and not method.startswith(("Target.", "Browser.")):
            order["sessionId"] = self._session
        os.write(self._orders, json.dumps(order).encode() + b"\0")
        while True:
            answer = self._next()
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]
            self._note(answer)

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            more = os.read(self._answers, 1 << 16)
            assert more, "the browser has ended"
            self._rest += more
        line, self._rest = self._rest.split(b"\0", 1)
        return json.loads(line)

    def _note(self, event: dict[str, Any]) -> None:
        if event.get("method") == "Runtime.exceptionThrown":
            self.errors.append(event["params"]["exceptionDetails"].get("exception", {}).get("description", "?"))
        if event.get("method") == "Log.entryAdded" and event["params"]["entry"]["level"] == "error":
            self.errors.append(event["params"]["entry"]["text"] + " " + event["params"]["entry"].get("url", ""))

    def open(self, address: str) -> None:
        """Until the page with its scripts is there."""
        self.call("Page.navigate", url=address)
        self.wait_for("location.protocol == 'http:' && document.readyState == 'complete'")

    def run(self, script: str) -> Any:
        """The value of a JavaScript expression."""
        done = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True, userGesture=True)
        assert "exceptionDetails" not in done, done["exceptionDetails"]
        return done["result"].get("value")

    def wait_for(self, script: str, seconds: float = 120) -> Any:
        """Until an expression has a value that Python, too, takes for true; elements have none."""
        end = time.monotonic() + seconds
        while not (value := self.run(script)):
            assert time.monotonic() < end, f"{script}\n{self.errors}\n{self.run('document.body.innerText')}"
            time.sleep(0.2)
        return value

    def choose_file(self, selector: str, path: Path) -> None:
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.call("DOM.setFileInputFiles", files=[str(path)], nodeId=node)

    def mouse(self, kind: str, x: float, y: float) -> None:
        """The left button: kind is Pressed, Moved (while it is held) or Released."""
        held = kind != "Released"
        self.call(
            "Input.dispatchMouseEvent", type=f"mouse{kind}", x=x, y=y, button="left", buttons=int(held), clickCount=1
        )

    def drag(self, start: tuple[float, float], end: tuple[float, float], steps: int = 6) -> None:
        """With the left button held, in CSS pixels of the window."""
        self.mouse("Pressed", *start)
        for step in range(1, steps + 1):
            x, y = (a + (b - a) * step / steps for a, b in zip(start, end, strict=True))
            self.mouse("Moved", x, y)
        self.mouse("Released", *end)

    def key(self, kind: str, code: str, key: str, shift: bool = False) -> None:
        """Kind is Down or Up."""
        self.call("Input.dispatchKeyEvent", type=f"key{kind}", code=code, key=key, modifiers=8 if shift else 0)

    def middle(self, selector: str) -> tuple[float, float]:
        """Of an element, in CSS pixels of the window."""
        x, y = self.run(
            f"(() => {{ const box = document.querySelector({selector!r}).getBoundingClientRect(); "
            "return [box.x + box.width / 2, box.y + box.height / 2]; })()"
        )
        return x, y

    def download_into(self, folder: Path) -> None:
        self.call("Browser.setDownloadBehavior", behavior="allow", downloadPath=str(folder))

    def picture(self, path: Path, whole: bool = True) -> None:
        """Write the page as .png or .jpg: all of it, or what the window shows."""
        form = {".png": {"format": "png"}, ".jpg": {"format": "jpeg", "quality": 85}}[path.suffix]
        shot = self.call("Page.captureScreenshot", captureBeyondViewport=whole, **form)
        path.write_bytes(base64.b64decode(shot["data"]))

    def close(self) -> None:
        self._browser.terminate()
        self._browser.wait()
        os.close(self._orders)
        os.close(self._answers)
