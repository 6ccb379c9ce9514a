"""What goes on in a worker: orders come in as lines of JSON, and what becomes of them goes out as such.

In: an order, `{"id": ID, ...}`, or `{"cancel": ID}`. Out, for each order: any number of `{"id", "stage", "done"}`, then
one of `{"id", "end": "done", ...}` with what the task has to tell, `{"id", "end": "cancelled"}` and
`{"id", "end": "failed", "error"}`. A worker ends with its input, so that none is left over when its owner is gone.
"""

from __future__ import annotations

import json
import os
import threading
import traceback
from collections.abc import Callable, Mapping
from queue import SimpleQueue
from typing import Any, TextIO

from bodydouble.errors import Cancelled, InputError
from bodydouble.files import printable

OURS = "this is a mistake of the program, not yours; please report it with what the worker's log says"
# Carries out one order; returns what is to be told of it.
Task = Callable[[dict[str, Any], Callable[[str, float], None], threading.Event], Mapping[str, Any] | None]


def serve(orders: TextIO, answers: TextIO, task: Task) -> None:
    """Carry out orders one after the other; a cancel is heard while one is being carried out."""
    waiting: SimpleQueue[dict[str, Any]] = SimpleQueue()
    cancelled: dict[str, threading.Event] = {}

    def listen() -> None:
        for line in orders:
            order = json.loads(line)
            if "id" in order:
                cancelled[order["id"]] = threading.Event()
                waiting.put(order)
            elif (event := cancelled.get(order["cancel"])) is not None:
                event.set()
        os._exit(0)  # whatever is being computed is for nobody

    def tell(message: dict[str, Any]) -> None:
        print(json.dumps(message), file=answers, flush=True)

    threading.Thread(target=listen, daemon=True).start()
    while True:
        order = waiting.get()
        tell({"id": order["id"], **carry_out(order, tell, cancelled[order["id"]], task)})
        del cancelled[order["id"]]


def carry_out(
    order: dict[str, Any], tell: Callable[[dict[str, Any]], None], cancel: threading.Event, task: Task
) -> dict[str, Any]:
    """How it ended: with the command line's sentences."""

    def progress(stage: str, done: float) -> None:
        if cancel.is_set():
            raise Cancelled(f"cancelled while {stage} was being done")
        tell({"id": order["id"], "stage": stage, "done": round(done, 4)})

    try:
        facts = task(order, progress, cancel) or {}
    except Cancelled:
        return {"end": "cancelled"}
    except Exception as error:
        return {"end": "failed", "error": sentence_of(error)}
    return {**facts, "end": "done"}


def sentence_of(error: Exception) -> str:
    """What is said of an error to whoever gave the order; what is no mistake of theirs also goes to the log."""
    if isinstance(error, InputError):
        return printable(str(error))
    traceback.print_exception(error)
    return f"a file cannot be used: {error.strerror or error}" if isinstance(error, OSError) else OURS


def take_output() -> TextIO:
    """The standard output for answers alone; what libraries print goes to the log."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answers
