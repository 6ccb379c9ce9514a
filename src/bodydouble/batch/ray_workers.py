"""Workers that are processes of a Ray cluster. Photos go there and doubles come back as bytes: no folder is shared.

Bodydouble must be installed on every machine of the cluster, in the same version. Ray carries arguments and results as
pickles between processes of one cluster, which is trusted; no pickle is ever read from a file.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any

from bodydouble.batch import Order, Outcome, Tell
from bodydouble.batch.making import make_from_bytes
from bodydouble.batch.worker import use_one_thread
from bodydouble.errors import InputError
from bodydouble.files import whole_file
from bodydouble.workers.serve import sentence_of

LOCAL = "local"  # the address of a cluster that is started here, and ends with the work
_TRIES = 2  # of an order whose process ends by itself
_CONNECT_S = 10.0  # until a machine has to answer
_DIED = "the cluster's process that made its double ended by itself, twice, perhaps for want of memory"

Answer = tuple[str, float, tuple[bytes, bytes, dict[str, Any]] | None]  # error, seconds, what was made


def answer(name: str, content: bytes, settings: Mapping[str, Any]) -> Answer:
    """What a process of the cluster does: a photo's bytes become a double's."""
    use_one_thread()
    start = time.perf_counter()
    try:
        made = make_from_bytes(name, content, settings)
    except Exception as error:
        return sentence_of(error), time.perf_counter() - start, None
    return "", time.perf_counter() - start, made


class RayWorkers:
    """Tasks of a cluster, each of one core. A cluster that was running before goes on running."""

    def __init__(self, address: str, count: int | None = None, answer: Callable[..., Answer] = answer) -> None:
        """Connect to the cluster.

        Args:
            address: as Ray's own `--address`: HOST:PORT, `auto`, `ray://...`, or "local", which starts one here.
            count: tasks at a time; None: as many as the cluster has cores. A local one gets that many.
            answer: what a task does.

        Raises:
            InputError: Ray is not installed, or there is no cluster at this address.
        """
        try:
            import ray
        except ImportError:
            raise InputError("--ray needs Ray: pip install 'bodydouble[ray]'") from None
        self._ray, self._answer = ray, answer
        _check_reachable(address)
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is sent to anybody
        options = {"num_cpus": count} if address == LOCAL else {}
        try:
            ray.init(address=address, log_to_driver=False, logging_level="ERROR", **options)
        except (ConnectionError, RuntimeError, ValueError) as error:
            raise InputError(f"--ray {address}: no cluster answers there: {error}") from None
        self._count = count or max(1, int(ray.cluster_resources().get("CPU", 1)))

    def run(self, orders: Sequence[Order], tell: Tell) -> Generator[Outcome, None, None]:
        """See `Workers`; how much of a photo is done is not told."""
        ray = self._ray
        task = ray.remote(num_cpus=1, max_retries=_TRIES - 1)(self._answer)
        waiting = list(reversed(orders))
        running: dict[Any, Order] = {}  # by what Ray calls its result
        try:
            while waiting or running:
                while waiting and len(running) < self._count:  # bytes of no more photos than are being made
                    order = waiting.pop()
                    try:
                        content = order.photo.read_bytes()
                    except OSError as error:
                        yield Outcome(order=order, error=sentence_of(error))
                        continue
                    running[task.remote(order.photo.name, content, dict(order.settings))] = order
                for ended in ray.wait(list(running))[0] if running else ():
                    yield self._outcome(running.pop(ended), ended)
        finally:
            for reference in running:
                ray.cancel(reference, force=True)
            ray.shutdown()

    def _outcome(self, order: Order, reference: Any) -> Outcome:
        try:
            error, seconds, made = self._ray.get(reference)
        except self._ray.exceptions.RayError:
            return Outcome(order=order, error=_DIED)
        if made is None:
            return Outcome(order=order, error=error, seconds=seconds)
        double, picture, facts = made
        for path, content in ((order.picture, picture), (order.double, double)):
            with whole_file(path) as temporary:
                temporary.write_bytes(content)
        return Outcome(order=order, seconds=seconds, facts=facts)


def _check_reachable(address: str) -> None:
    """Ray itself tries for minutes. Raises InputError where an address with a port answers nothing."""
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdecimal():
        return
    try:
        socket.create_connection((host, int(port)), timeout=_CONNECT_S).close()
    except (OSError, OverflowError) as error:
        raise InputError(f"--ray {address}: no cluster answers there: {error}") from None
