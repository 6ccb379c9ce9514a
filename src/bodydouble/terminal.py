"""What a program owes to those outside: what a terminal can show, no libraries' chatter, an orderly end when asked."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper

_ENDING = ("SIGTERM", "SIGHUP")  # of which Windows knows the first alone


def escape_what_cannot_be_shown() -> None:
    """From now on, characters that the terminal's encoding lacks are printed escaped instead of ending the program."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


@contextmanager
def interrupted_by_signals() -> Iterator[list[int]]:
    """What asks the program to end raises KeyboardInterrupt, as Ctrl-C does, so that nothing half done stays behind.

    Yields a list that gets the signal's number when one comes. Signals that are ignored (`nohup`) stay so.
    """
    received: list[int] = []

    def interrupt(number: int, _: object) -> None:
        signal.signal(number, signal.SIG_IGN)  # a second one must not cut the tidying short
        received.append(number)
        raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield received
        return
    numbers = [getattr(signal, name) for name in _ENDING if hasattr(signal, name)]
    taken = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]
    for number in taken:
        signal.signal(number, interrupt)
    try:
        yield received
    finally:
        for number in taken:
            signal.signal(number, signal.SIG_DFL)


def silence_libraries() -> None:
    """What MediaPipe's C++ parts log is for their developers; to be called before they are imported."""
    os.environ.setdefault("GLOG_minloglevel", "3")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
