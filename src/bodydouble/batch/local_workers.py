"""Workers that are processes of this machine: they stay warm from photo to photo, and are replaced where they die."""

from __future__ import annotations

import os
import time
from collections.abc import Generator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed, wait
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import psutil

from bodydouble.batch import Order, Outcome, Tell
from bodydouble.batch.worker import WORKER
from bodydouble.workers.process import PATIENCE_S, WorkerProcess

WORKER_BYTES = 2_500_000_000  # memory that one may come to take, with a texture of 2048 texels a side
_TRIES = 2  # of an order whose process ends by itself
_DIED = "the process that made its double ended by itself, twice, perhaps for want of memory; try fewer --workers"


def default_count() -> int:
    """As many workers as this process has cores, and as are sure of their memory."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(cores, psutil.virtual_memory().available // WORKER_BYTES))


class LocalWorkers:
    """Processes, and one thread for each that hands it orders."""

    def __init__(self, count: int, logs: Path, command: Sequence[str] = WORKER) -> None:
        """Nothing is started yet.

        Args:
            count: of processes.
            logs: the folder in which what each prints to its standard error goes to worker-1.log and so on.
            command: of a program that speaks as `workers.serve` does.
        """
        self._processes = [WorkerProcess(command, logs / f"worker-{number + 1}.log") for number in range(count)]
        self._idle: SimpleQueue[WorkerProcess] = SimpleQueue()
        for process in self._processes:
            self._idle.put(process)
        self._busy: dict[str, WorkerProcess] = {}  # by an order's id
        self._stopping = False

    def run(self, orders: Sequence[Order], tell: Tell) -> Generator[Outcome, None, None]:
        """See `Workers`."""
        with ThreadPoolExecutor(len(self._processes)) as threads:
            futures = [threads.submit(self._carry_out, order, tell) for order in orders]
            try:
                for future in as_completed(futures):
                    yield future.result()
            finally:
                self._stop(futures)

    def _carry_out(self, order: Order, tell: Tell) -> Outcome:
        process, start = self._idle.get(), time.perf_counter()
        identity = str(order.double)
        message = {
            "id": identity,
            "photo": str(order.photo),
            "double": identity,
            "picture": str(order.picture),
            "settings": dict(order.settings),
        }
        self._busy[identity] = process
        try:
            ending = self._give(process, message, order, tell)
        finally:
            del self._busy[identity]
            self._idle.put(process)
        del ending["end"]
        return Outcome(
            order=order,
            error=ending.pop("error", ""),
            seconds=time.perf_counter() - start,
            facts=ending,
        )

    def _give(self, process: WorkerProcess, message: dict[str, Any], order: Order, tell: Tell) -> dict[str, Any]:
        """How the order ended: what the process says at last, without the order's id."""
        for _ in range(_TRIES):
            for answer in process.answers(message):
                del answer["id"]
                if "end" in answer:
                    return answer
                tell(order, answer["done"])
            if self._stopping:
                break
        return {"end": "failed", "error": _DIED}

    def _stop(self, futures: Sequence[Future[Outcome]]) -> None:
        """Let nobody begin, ask who works to stop, and end who does not."""
        self._stopping = True
        for future in futures:
            future.cancel()
        for identity, process in list(self._busy.items()):
            process.send({"cancel": identity})
        wait([future for future in futures if not future.cancelled()], timeout=PATIENCE_S)
        for process in self._processes:
            process.close()
