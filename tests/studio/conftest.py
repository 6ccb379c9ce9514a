"""A studio in this process, and a client that says what a browser would say."""

import http.client
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bodydouble.studio.server import Studio

FAKE = (sys.executable, str(Path(__file__).with_name("fake_worker.py")))
QUICK = (sys.executable, str(Path(__file__).with_name("quick_worker.py")))
PATIENCE_S = 300  # for one answer of the server: a machine with much else to do stands still for a minute


@dataclass
class Client:
    """Of one studio."""

    studio: Studio
    thread: threading.Thread

    @property
    def port(self) -> int:
        return int(self.studio.address.split(":")[2].split("/")[0])

    def request(
        self, method: str, path: str, body: bytes | None = None, headers: dict[str, str | None] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of an answer; a header of None is not sent."""
        sent = {"Host": f"127.0.0.1:{self.port}", "Authorization": f"Bearer {self.studio.token}", **(headers or {})}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        connection.putrequest(method, path, skip_host=True)
        for name, value in {**sent, "Content-Length": str(len(body or b""))}.items():
            if value is not None:
                connection.putheader(name, value)
        connection.endheaders(body)
        answer = connection.getresponse()
        told = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        connection.close()
        return told

    def call(self, method: str, path: str, body: bytes | None = None) -> dict[str, Any]:
        """The JSON of an answer that went well."""
        status, _, answer = self.request(method, path, body)
        assert status < 300, answer
        return json.loads(answer)

    def error(self, method: str, path: str, body: bytes | None = None, **headers: str | None) -> tuple[int, str]:
        status, _, answer = self.request(method, path, body, dict(headers))
        return status, json.loads(answer)["error"]

    def state(self) -> dict[str, Any]:
        return self.call("GET", "/api/state")

    def job(self, job: str) -> dict[str, Any]:
        return next(each for each in self.state()["jobs"] if each["id"] == job)

    def wait(self, job: str, *states: str, seconds: float = 60) -> dict[str, Any]:
        """The job, as soon as it is in one of these states."""
        end = time.monotonic() + seconds
        while (found := self.job(job))["state"] not in states:
            assert time.monotonic() < end, found
            time.sleep(0.05)
        return found

    def add(self, content: bytes, name: str = "me.jpg") -> dict[str, Any]:
        return self.call("POST", f"/api/photos?name={name}", content)

    def close(self) -> None:
        self.studio.close()
        self.thread.join(PATIENCE_S)
        assert not self.thread.is_alive()


def open_studio(folder: Path, worker: tuple[str, ...] = FAKE) -> Client:
    studio = Studio(folder, 0, worker)
    thread = threading.Thread(target=studio.serve, daemon=True)
    thread.start()
    return Client(studio, thread)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Client]]:
    """Starts a studio in a folder, by default always the same; all are closed in the end."""
    clients: list[Client] = []

    def start_one(worker: tuple[str, ...] = FAKE, folder: Path = tmp_path / "studio") -> Client:
        clients.append(open_studio(folder, worker))
        return clients[-1]

    yield start_one
    for client in clients:
        client.close()


@pytest.fixture
def client(start: Callable[..., Client]) -> Client:
    return start()
