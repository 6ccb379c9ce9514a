"""Work that needs nothing of what is being done, on a core that would wait."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import torch


@contextmanager
def second_thread() -> Iterator[ThreadPoolExecutor]:
    """A pool of one thread, which takes over one of PyTorch's threads till the end of the block.

    Beside a third thread on two cores, PyTorch's would spin while they wait for each other. What the pool has not begun
    at the end of the block it leaves out; what it has begun then nobody waits for, so that cancelled work ends at once.
    """
    threads = torch.get_num_threads()
    pool = ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=(1,))
    torch.set_num_threads(max(1, threads - 1))
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        torch.set_num_threads(threads)  # what a thread of the pool sets holds for threads to come as well
