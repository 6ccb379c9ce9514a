"""The studio's server: an address on 127.0.0.1 with a new token, and a browser that opens it."""

from __future__ import annotations

import secrets
import socket
import webbrowser
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

import uvicorn

from bodydouble.errors import InputError
from bodydouble.folder_lock import lock_folder
from bodydouble.studio.app import build_app
from bodydouble.studio.folder import StudioFolder
from bodydouble.studio.job_queue import JobQueue
from bodydouble.studio.worker import WORKER

HOST = "127.0.0.1"


class Studio:
    """The server with its queue. `address` is known before it serves; `close` ends both."""

    def __init__(self, folder: Path, port: int = 0, worker: Sequence[str] = WORKER) -> None:
        """
        Args:
            folder: where doubles are kept; made if missing.
            port: 0 takes a free one.
            worker: the command of the process that computes.

        Raises:
            InputError: the folder cannot be made or has a studio already, or the port is taken.
        """
        kept = StudioFolder(folder)
        self._lock = lock_folder(folder, f"another studio is open on {folder}; close it, or choose another --folder")
        try:
            self._socket = _listen(port)
        except InputError:
            self._lock.close()
            raise
        port = self._socket.getsockname()[1]
        self.token = secrets.token_urlsafe(24)
        self.address = f"http://{HOST}:{port}/#{self.token}"
        self.queue = JobQueue(kept, worker)
        app = build_app(kept, self.queue, self.token, port)
        config = uvicorn.Config(app, log_level="warning", access_log=False, server_header=False, ws="none")
        self._server = uvicorn.Server(config)

    def serve(self) -> None:
        """Serve until `close` is called or the process is asked to end."""
        try:
            self._server.run(sockets=[self._socket])
        finally:
            self.queue.close()
            self._socket.close()
            self._lock.close()

    def close(self) -> None:
        """Stop serving; from another thread."""
        self._server.should_exit = True


def run_studio(folder: Path, port: int, open_browser: bool, say: Callable[[str], None]) -> None:
    """Say the address, open it where that is wanted, and serve until interrupted.

    Raises:
        InputError: as `Studio` does.
    """
    studio = Studio(folder, port)
    say(studio.address)
    if open_browser:
        webbrowser.open(studio.address)
    with suppress(KeyboardInterrupt):  # the way to close it
        studio.serve()


def _listen(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((HOST, port))
    except (OSError, OverflowError) as error:
        listening.close()
        raise InputError(f"port {port} of this machine cannot be used: {error}; choose another with --port") from error
    listening.listen(64)
    return listening
