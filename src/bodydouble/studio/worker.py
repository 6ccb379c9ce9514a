"""The process that computes: `python -m bodydouble.studio.worker`. It reads and writes lines of JSON.

In: an order (`id`, `makes`, `folder`, `name`, `options`), or `{"cancel": ID}`. Out, for each order: any number of
`{"id", "stage", "done"}`, then one of `{"id", "end": "done"}`, `{"id", "end": "cancelled"}` and
`{"id", "end": "failed", "error"}`. It ends with its input, so that none is left over when the server is gone.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import traceback
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TextIO

from bodydouble.errors import Cancelled, InputError
from bodydouble.files import printable

OURS = "this is a mistake of the program, not yours; please report it with what worker.log says"
Task = Callable[[dict[str, Any], Callable[[str, float], None], threading.Event], None]


def main() -> None:
    """Serve until the input ends."""
    os.environ.setdefault("GLOG_minloglevel", "3")  # as the command line has it
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    answers = _take_output()
    from bodydouble.studio.worker_tasks import run_task

    serve(sys.stdin, answers, run_task)


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
            elif order["cancel"] in cancelled:
                cancelled[order["cancel"]].set()
        os._exit(0)  # whatever is being computed is for nobody

    def tell(message: dict[str, Any]) -> None:
        print(json.dumps(message), file=answers, flush=True)

    threading.Thread(target=listen, daemon=True).start()
    while True:
        order = waiting.get()
        tell({"id": order["id"], **carry_out(order, tell, cancelled[order["id"]], task)})


def carry_out(
    order: dict[str, Any], tell: Callable[[dict[str, Any]], None], cancel: threading.Event, task: Task
) -> dict[str, str]:
    """How it ended: with the command line's sentences."""

    def progress(stage: str, done: float) -> None:
        if cancel.is_set():
            raise Cancelled(f"cancelled while {stage} was being done")
        tell({"id": order["id"], "stage": stage, "done": round(done, 4)})

    try:
        task(order, progress, cancel)
    except Cancelled:
        return {"end": "cancelled"}
    except InputError as error:
        return {"end": "failed", "error": printable(str(error))}
    except OSError as error:
        traceback.print_exc()
        return {"end": "failed", "error": f"a file cannot be used: {error.strerror or error}"}
    except Exception:
        traceback.print_exc()
        return {"end": "failed", "error": OURS}
    return {"end": "done"}


def _take_output() -> TextIO:
    """The standard output for answers alone; what libraries print goes to the log."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answers


if __name__ == "__main__":
    main()
