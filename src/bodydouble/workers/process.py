"""A worker as its owner sees it: a process that is started when it is needed, told, listened to and ended."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

PATIENCE_S = 10.0  # a worker that was told to stop has this long; the pipeline needs about one second


class WorkerProcess:
    """Starts anew whenever the one before has ended; to be told from any thread, listened to by one."""

    def __init__(self, command: Sequence[str], log: Path) -> None:
        """Nothing is started yet.

        Args:
            command: of a program that speaks as `serve` does.
            log: what the process prints to its standard error; that of the last process is kept.
        """
        self._command, self._log = list(command), log
        self._process: subprocess.Popen[str] | None = None
        self._starting = threading.Lock()
        self._closed = False

    @property
    def running(self) -> bool:
        """Whether there is one."""
        return self._process is not None and self._process.poll() is None

    def send(self, message: dict[str, Any]) -> None:
        """Tell it something; what has ended is told nothing."""
        process = self._process
        if process is None or process.stdin is None:
            return
        try:
            process.stdin.write(json.dumps(message) + "\n")
            process.stdin.flush()
        except (OSError, ValueError):  # it has ended; who listens will notice
            pass

    def answers(self, order: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Give an order to a process, started where there is none, and yield what it says of it until it ends."""
        with self._starting:
            if self._closed:
                return
            if not self.running:
                self._start()
        self.send(order)
        assert self._process is not None and self._process.stdout is not None
        for line in self._process.stdout:
            answer = json.loads(line)
            if answer.get("id") == order["id"]:
                yield answer
        self.kill()  # it has closed its output but may not have ended yet, and must not get the next order

    def kill(self) -> None:
        """End it at once; the next order gets a new one."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def close(self) -> None:
        """End it for good."""
        with self._starting:
            self._closed = True
            self.kill()

    def _start(self) -> None:
        self.kill()
        pipe = subprocess.PIPE
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(self._command, stdin=pipe, stdout=pipe, stderr=log, encoding="utf-8")
